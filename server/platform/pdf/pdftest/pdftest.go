// Package pdftest reads papers back as a screen reader does: by their tree of tags, with a reader that others have written.
package pdftest

import (
	"bytes"
	"io"
	"strings"
	"testing"

	reader "github.com/ledongthuc/pdf"
)

// Node is an element of a paper's tree, in the order in which it is read.
type Node struct {
	Role, Scope, Language string
	Text                  string // of its own marked content
	Links                 int    // annotations that belong to it
	Kids                  []Node
}

// Paper is what was read.
type Paper struct {
	Language, Title, Metadata string
	Tagged, ShowsTitle        bool
	Pages                     int
	Root                      Node
	Artifacts                 string // what is shown and not read
}

// Text gives a line for each part of the paper, and for each row of a table one with a colon between its cells.
func (p Paper) Text() string { return strings.Join(p.Root.lines(), "\n") }

func (n Node) lines() []string {
	switch n.Role {
	case "Document", "Table", "THead", "TBody", "L":
		var all []string
		for _, k := range n.Kids {
			all = append(all, k.lines()...)
		}
		return all
	case "TR":
		var cells []string
		for _, k := range n.Kids {
			cells = append(cells, k.whole())
		}
		return []string{strings.Join(cells, ": ")}
	}
	return []string{n.whole()}
}

func (n Node) whole() string {
	text := n.Text
	for _, k := range n.Kids {
		text += k.whole()
	}
	return text
}

// All gives the elements with a role, in order.
func (n Node) All(role string) []Node {
	var found []Node
	if n.Role == role {
		found = append(found, n)
	}
	for _, k := range n.Kids {
		found = append(found, k.All(role)...)
	}
	return found
}

// Text reads a paper and gives its text.
func Text(t testing.TB, content []byte) string {
	t.Helper()
	return Read(t, content).Text()
}

// Read reads a paper. The test fails where something is shown that is neither part of the tree nor marked as decoration, where a page does not lead back to the
// tree, and where a letter is told by no Unicode.
func Read(t testing.TB, content []byte) Paper {
	t.Helper()
	r, err := reader.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatalf("not a PDF: %v", err)
	}
	root := r.Trailer().Key("Root")
	p := Paper{
		Language: root.Key("Lang").RawString(), Title: r.Trailer().Key("Info").Key("Title").Text(), Tagged: root.Key("MarkInfo").Key("Marked").Bool(),
		ShowsTitle: root.Key("ViewerPreferences").Key("DisplayDocTitle").Bool(), Pages: r.NumPage(),
	}
	if meta := root.Key("Metadata"); meta.Kind() == reader.Stream {
		data, err := io.ReadAll(meta.Reader())
		if err != nil {
			t.Fatal(err)
		}
		p.Metadata = string(data)
	}
	marked := map[mark]string{}
	for i := 1; i <= p.Pages; i++ {
		p.Artifacts += shown(t, r.Page(i), i, marked)
	}
	tree := &tree{t: t, marked: marked, pages: r, used: map[mark]bool{}}
	p.Root = tree.node(root.Key("StructTreeRoot").Key("K").Index(0))
	for m := range marked {
		if !tree.used[m] {
			t.Errorf("page %d: content %d is in no element", m.page, m.id)
		}
	}
	parents(t, r, root.Key("StructTreeRoot").Key("ParentTree").Key("Nums"))
	return p
}

// mark is marked content of a page.
type mark struct {
	page int
	id   int64
}

// shown reads the text of a page by its marks, and gives what is decoration.
func shown(t testing.TB, page reader.Page, number int, marked map[mark]string) (artifacts string) {
	t.Helper()
	var font *reader.Font
	var open []*mark // nil for decoration
	var actual []string
	add := func(text string) {
		switch {
		case len(open) == 0:
			t.Errorf("page %d: %q is neither in the tree nor decoration", number, text)
		case open[len(open)-1] == nil:
			artifacts += text
		default:
			marked[*open[len(open)-1]] += text
		}
	}
	reader.Interpret(page.V.Key("Contents"), func(stack *reader.Stack, op string) {
		var args []reader.Value
		for stack.Len() > 0 {
			args = append(args, stack.Pop()) // the last first
		}
		switch op {
		case "BDC":
			switch {
			case !args[0].Key("MCID").IsNull():
				m := mark{number, args[0].Key("MCID").Int64()}
				if _, twice := marked[m]; twice {
					t.Errorf("page %d: content %d is there twice", number, m.id)
				}
				marked[m] = ""
				open = append(open, &m)
			case args[1].Name() == "Artifact":
				open = append(open, nil)
			default:
				add(args[0].Key("ActualText").Text())
				actual = append(actual, "")
				open = append(open, nil)
			}
		case "EMC":
			open = open[:len(open)-1]
			actual = actual[:max(len(actual)-1, 0)]
		case "Tf":
			f := page.Font(args[1].Name())
			font = &f
		case "Tj":
			if len(actual) > 0 {
				return // told otherwise
			}
			text := font.Encoder().Decode(args[0].RawString())
			if text == "" || strings.ContainsRune(text, '\ufffd') {
				t.Errorf("page %d: %X is no text", number, args[0].RawString())
			}
			add(text)
		}
	})
	if len(open) != 0 {
		t.Errorf("page %d: marks are left open", number)
	}
	return artifacts
}

type tree struct {
	t      testing.TB
	pages  *reader.Reader
	marked map[mark]string
	used   map[mark]bool
}

func (tree *tree) node(v reader.Value) Node {
	n := Node{Role: v.Key("S").Name(), Scope: v.Key("A").Key("Scope").Name(), Language: v.Key("Lang").RawString()}
	kids := v.Key("K")
	for i := range kids.Len() {
		k := kids.Index(i)
		switch {
		case k.Key("Type").Name() == "MCR":
			m := mark{tree.number(k.Key("Pg")), k.Key("MCID").Int64()}
			text, there := tree.marked[m]
			if !there || tree.used[m] {
				tree.t.Errorf("%s: content %d of page %d is not there, or belongs to two elements", n.Role, m.id, m.page)
			}
			tree.used[m] = true
			n.Text += text
		case k.Key("Type").Name() == "OBJR":
			n.Links++
			if k.Key("Obj").Key("Contents").Text() == "" {
				tree.t.Error("a link says nothing")
			}
		default:
			n.Kids = append(n.Kids, tree.node(k))
		}
	}
	return n
}

// number finds a page by the number that leads from it to the tree.
func (tree *tree) number(page reader.Value) int { return int(page.Key("StructParents").Int64()) + 1 }

// parents checks that each page has its list of elements.
func parents(t testing.TB, r *reader.Reader, nums reader.Value) {
	t.Helper()
	lists := map[int64]int{}
	for i := 0; i+1 < nums.Len(); i += 2 {
		lists[nums.Index(i).Int64()] = nums.Index(i + 1).Len()
	}
	for i := range r.NumPage() {
		if lists[r.Page(i+1).V.Key("StructParents").Int64()] == 0 {
			t.Errorf("nothing leads from page %d to the tree", i+1)
		}
	}
}
