package jsonl

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestRead_EachLine_NumberKindOrReason(t *testing.T) {
	t.Parallel()
	text := "\ufeff{\"kind\":\"a\"}\r\n\n  \n{\"kind\":\"b\",\"x\":\"" + strings.Repeat("y", 100_000) + "\"}\n[]\n{\"x\":1}\n{\"kind\":1}\n" +
		"{\"kind\":\"" + strings.Repeat("z", MaxLine) + "\"}\n\xff{}\n{\"kind\":\"last\"}"
	var got []Line
	for line, err := range Read(strings.NewReader(text)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	want := []struct {
		number     int
		kind, skip string
	}{
		{1, "a", ""}, {4, "b", ""}, {5, "", "not a JSON object"}, {6, "", "no kind"}, {7, "", "can't be read"}, {8, "", "longer than"}, {9, "", "UTF-8"}, {10, "last", ""},
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].Number != w.number || got[i].Kind != w.kind || !strings.Contains(got[i].Skip, w.skip) || w.skip == "" && got[i].Skip != "" {
			t.Errorf("line %d: %d %q %q", i, got[i].Number, got[i].Kind, got[i].Skip)
		}
	}
}

func TestRead_SourceDies_ErrorWithTheLine(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	died := errors.New("died")
	go func() {
		_, _ = io.WriteString(writer, "{\"kind\":\"a\"}\n{\"kind\":")
		_ = writer.CloseWithError(died)
	}()
	var last error
	lines := 0
	for _, err := range Read(reader) {
		lines++
		last = err
	}
	if lines != 2 || !errors.Is(last, died) || !strings.Contains(last.Error(), "line 2") {
		t.Errorf("%d lines, %v", lines, last)
	}
}

func TestRead_EndlessLine_MemoryStaysBounded(t *testing.T) {
	t.Parallel()
	endless := io.LimitReader(zeros{}, 64<<20)
	for line, err := range Read(endless) {
		if err != nil || line.Skip == "" || len(line.Payload) != 0 {
			t.Errorf("%d bytes kept, %q, %v", len(line.Payload), line.Skip, err)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}

func FuzzRead_AnyInput_LinesInOrder(f *testing.F) {
	f.Add("{\"kind\":\"a\"}\n\n[]\n")
	f.Add("\ufeff\r\n{")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for line, err := range Read(strings.NewReader(text)) {
			if err != nil {
				t.Fatal(err)
			}
			if line.Number <= last || line.Skip == "" && line.Kind == "" {
				t.Fatalf("%+v after line %d", line, last)
			}
			last = line.Number
		}
		if most := strings.Count(text, "\n") + 1; last > most {
			t.Fatalf("line %d of %d", last, most)
		}
	})
}
