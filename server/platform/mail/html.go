package mail

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"
	"strings"
)

// A mail's text stands beside it as HTML, for programs that show only that well: the same words, with the portal's name above them, and with links that can be
// pressed. It loads nothing, and has no pictures: nobody is told that somebody has read a mail.

// address finds web addresses; what ends a sentence does not belong to them.
var address = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)]`)

// block is a paragraph, or a list.
type block struct {
	Lines []line
	List  bool
}

// line is a line of text, in which some pieces are links.
type line []piece

type piece struct{ Text, Link string }

type page struct {
	Language, Portal, Subject string
	Blocks                    []block
}

// Colours keep a contrast of 4.5 and more on white, and programs that show mails dark may turn them round.
var pageTemplate = template.Must( //nolint:gochecknoglobals // it is read once, and never changed
	template.New("mail").Parse(`<!doctype html>
<html lang="{{.Language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Subject}}</title>
</head>
<body style="margin:0;padding:24px 16px;font-family:'Fira Sans',Arial,sans-serif;font-size:16px;line-height:1.5">
<div role="article" lang="{{.Language}}" aria-label="{{.Subject}}" style="max-width:600px;margin:0 auto">
{{- with .Portal}}
<p style="margin:0 0 16px;padding-bottom:12px;border-bottom:2px solid;font-weight:bold">{{.}}</p>
{{- end}}
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">{{.Subject}}</h1>
{{- range .Blocks}}
{{- if .List}}
<ul style="margin:0 0 16px;padding-left:24px">
{{- range .Lines}}
<li>{{template "line" .}}</li>
{{- end}}
</ul>
{{- else}}
<p style="margin:0 0 16px">{{range $i, $l := .Lines}}{{if $i}}<br>{{end}}{{template "line" $l}}{{end}}</p>
{{- end}}
{{- end}}
</div>
</body>
</html>
{{define "line"}}{{range .}}{{if .Link}}<a href="{{.Link}}" style="overflow-wrap:anywhere">{{.Text}}</a>{{else}}{{.Text}}{{end}}{{end}}{{end}}`))

// html gives a mail's text as a page.
func html(m Message, portal string) (string, error) {
	p := page{Language: m.Language, Portal: portal, Subject: m.Subject}
	if p.Language == "" {
		p.Language = "de"
	}
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\n\n") {
		p.Blocks = append(p.Blocks, blocks(paragraph)...)
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return "", fmt.Errorf("write mail: %w", err)
	}
	return b.String(), nil
}

// blocks takes lines that begin with a dash together as lists.
func blocks(paragraph string) (out []block) {
	for text := range strings.SplitSeq(paragraph, "\n") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		item, isItem := strings.CutPrefix(text, "– ")
		if len(out) == 0 || out[len(out)-1].List != isItem {
			out = append(out, block{List: isItem})
		}
		last := &out[len(out)-1]
		last.Lines = append(last.Lines, pieces(item))
	}
	return out
}

func pieces(text string) (out line) {
	for text != "" {
		at := address.FindStringIndex(text)
		if at == nil {
			return append(out, piece{Text: text})
		}
		if at[0] > 0 {
			out = append(out, piece{Text: text[:at[0]]})
		}
		found := text[at[0]:at[1]]
		out, text = append(out, piece{Text: found, Link: found}), text[at[1]:]
	}
	return out
}
