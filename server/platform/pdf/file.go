package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

const producer = "Portalverbund"

// file is the file as it is being put together: objects, and where each begins.
type file struct {
	bytes.Buffer
	starts []int // by number, from 1
}

// next gives the number of another object, which is written later.
func (f *file) next() int {
	f.starts = append(f.starts, 0)
	return len(f.starts)
}

// put writes an object.
func (f *file) put(number int, format string, args ...any) {
	f.starts[number-1] = f.Len()
	fmt.Fprintf(f, "%d 0 obj\n", number)
	fmt.Fprintf(f, format, args...)
	f.WriteString("\nendobj\n")
}

// stream writes an object with data, compressed.
func (f *file) stream(number int, entries string, data []byte) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(data) // into memory
	_ = z.Close()
	f.put(number, "<<%s /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream", entries, packed.Len(), packed.Bytes())
}

// unicodeText writes a text string (ISO 32000-1, 7.9.2.2).
func unicodeText(text string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "%04X", unit)
	}
	b.WriteByte('>')
	return b.String()
}

// ascii writes a string of letters that are the same everywhere.
func ascii(text string) string {
	var b strings.Builder
	b.WriteByte('(')
	for _, c := range []byte(text) {
		if strings.IndexByte(`()\`, c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	b.WriteByte(')')
	return b.String()
}

// file puts the paper together.
func (p *Paper) file() ([]byte, error) {
	f := &file{}
	f.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	catalog, pages, info, meta, tree, resources := f.next(), f.next(), f.next(), f.next(), f.next(), f.next()
	sheets := make([]int, len(p.pages))
	for i := range sheets {
		sheets[i] = f.next()
	}
	p.number(f, p.root)
	for i := range p.links {
		p.links[i].object = f.next()
	}
	f.put(catalog, "<</Type /Catalog /Pages %d 0 R /Lang %s /MarkInfo <</Marked true>> /StructTreeRoot %d 0 R /Metadata %d 0 R /ViewerPreferences <</DisplayDocTitle true>>>>",
		pages, ascii(p.head.Language), tree, meta)
	f.put(pages, "<</Type /Pages /Count %d /Kids [%s]>>", len(sheets), references(sheets))
	at := p.head.At.UTC()
	f.put(info, "<</Title %s /Author %s /Producer %s /CreationDate (D:%sZ)>>", unicodeText(p.head.Title), unicodeText(p.head.Author), unicodeText(producer), at.Format("20060102150405"))
	packet := p.metadata(at)
	f.put(meta, "<</Type /Metadata /Subtype /XML /Length %d>>\nstream\n%s\nendstream", len(packet), packet)
	for i, sheet := range sheets {
		p.sheet(f, sheet, pages, resources, i)
	}
	p.tree(f, tree, sheets)
	var fonts strings.Builder
	for _, each := range []*face{p.regular, p.bold} {
		number, err := each.embed(f)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&fonts, "/%s %d 0 R ", each.name, number)
	}
	f.put(resources, "<</Font <<%s>>>>", fonts.String())
	id := sha256.Sum256(f.Bytes())
	start := f.Len()
	fmt.Fprintf(f, "xref\n0 %d\n0000000000 65535 f \n", len(f.starts)+1)
	for _, offset := range f.starts {
		fmt.Fprintf(f, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(f, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R /ID [<%X> <%X>]>>\nstartxref\n%d\n%%%%EOF\n", len(f.starts)+1, catalog, info, id[:16], id[:16], start)
	return f.Bytes(), nil
}

func references(numbers []int) string {
	var b strings.Builder
	for i, n := range numbers {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%d 0 R", n)
	}
	return b.String()
}

// sheet writes a page and its content.
func (p *Paper) sheet(f *file, number, pages, resources, index int) {
	content := f.next()
	var links []int
	for _, l := range p.links {
		if l.page == index {
			links = append(links, l.object)
		}
	}
	annotations := ""
	if links != nil {
		annotations = " /Annots [" + references(links) + "]"
	}
	f.put(number, "<</Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Resources %d 0 R /Contents %d 0 R /StructParents %d /Tabs /S%s>>",
		pages, pageWidth, pageHeight, resources, content, index, annotations)
	f.stream(content, "", p.pages[index].content.Bytes())
}

// number gives each element the number of an object.
func (p *Paper) number(f *file, e *element) {
	e.object = f.next()
	for _, k := range e.kids {
		if k.element != nil {
			p.number(f, k.element)
		}
	}
}

// tree writes the structure tree, and what leads from the content of pages to it (ISO 32000-1, 14.7.4.4).
func (p *Paper) tree(f *file, number int, sheets []int) {
	parents := f.next()
	f.put(number, "<</Type /StructTreeRoot /K [%d 0 R] /ParentTree %d 0 R /ParentTreeNextKey %d>>", p.root.object, parents, len(p.pages)+len(p.links))
	p.branch(f, p.root, number, sheets)
	var nums strings.Builder
	for i, at := range p.pages {
		marked := make([]int, len(at.marked))
		for j, e := range at.marked {
			marked[j] = e.object
		}
		fmt.Fprintf(&nums, "%d [%s]\n", i, references(marked))
	}
	for i, l := range p.links {
		key := len(p.pages) + i
		fmt.Fprintf(&nums, "%d %d 0 R\n", key, l.element.object)
		f.put(l.object, "<</Type /Annot /Subtype /Link /Rect [%.2f %.2f %.2f %.2f] /Border [0 0 0] /F 4 /Contents %s /StructParent %d /A <</S /URI /URI %s>>>>",
			l.left, l.bottom, l.right, l.top, unicodeText(l.text), key, ascii(l.address))
	}
	f.put(parents, "<</Nums [%s]>>", nums.String())
}

func (p *Paper) branch(f *file, e *element, parent int, sheets []int) {
	var kids strings.Builder
	for _, k := range e.kids {
		switch {
		case k.element != nil:
			fmt.Fprintf(&kids, "%d 0 R ", k.element.object)
		case k.link > 0:
			fmt.Fprintf(&kids, "<</Type /OBJR /Obj %d 0 R /Pg %d 0 R>> ", p.links[k.link-1].object, sheets[p.links[k.link-1].page])
		default:
			fmt.Fprintf(&kids, "<</Type /MCR /Pg %d 0 R /MCID %d>> ", sheets[k.page-1], k.mark)
		}
	}
	more := ""
	if e.attributes != "" {
		more = " /A <<" + e.attributes + ">>"
	}
	if e.language != "" {
		more += " /Lang " + ascii(e.language)
	}
	f.put(e.object, "<</Type /StructElem /S /%s /P %d 0 R /K [%s]%s>>", e.role, parent, kids.String(), more)
	for _, k := range e.kids {
		if k.element != nil {
			p.branch(f, k.element, e.object, sheets)
		}
	}
}

// metadata says in XMP what the paper is, and that it is meant to follow PDF/UA-1.
func (p *Paper) metadata(at time.Time) string {
	escape := func(text string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(text)) // into memory
		return b.String()
	}
	return `<?xpacket begin="` + "\ufeff" + `" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + escape(p.head.Title) + `</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>` + escape(p.head.Author) + `</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>` + escape(p.head.Language) + `</rdf:li></rdf:Bag></dc:language>
<xmp:CreateDate>` + at.Format(time.RFC3339) + `</xmp:CreateDate><pdf:Producer>` + producer + `</pdf:Producer><pdfuaid:part>1</pdfuaid:part>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`
}

// embed writes a font as far as it is used, and gives its number.
func (f *face) embed(out *file) (int, error) {
	data, err := f.subset()
	if err != nil {
		return 0, fmt.Errorf("embed %s: %w", f.called, err)
	}
	number, descendant, descriptor, program, unicode := out.next(), out.next(), out.next(), out.next(), out.next()
	name := "PVBUND+" + f.called
	out.put(number, "<</Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R>>", name, descendant, unicode)
	out.put(descendant, "<</Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor %d 0 R"+
		" /CIDToGIDMap /Identity /DW 0 /W [0 [%s]]>>", name, descriptor, f.widths())
	out.put(descriptor, "<</Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [-544 -303 1302 980] /ItalicAngle 0 /Ascent 905 /Descent -212 /CapHeight 729 /StemV 80"+
		" /FontFile2 %d 0 R>>", name, program)
	out.stream(program, fmt.Sprintf(" /Length1 %d", len(data)), data)
	out.stream(unicode, "", []byte(f.toUnicode()))
	return number, nil
}
