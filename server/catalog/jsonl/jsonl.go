// Package jsonl reads catalog files of this product: JSON Lines, one entry a line, with its kind.
package jsonl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"
)

// MaxLine is how long a line may be, in bytes. Longer ones are skipped without being held in memory.
const MaxLine = 1 << 20

// Line is an entry of a catalog file: its payload, or why it can't be taken.
type Line struct {
	Number   int // from 1
	Kind     string
	Payload  json.RawMessage // a JSON object
	Skip     string          // why the line can't be taken; empty if it can
	Warnings []string        // what of it was left out
}

// Read gives the entries of a catalog file one after the other. The error is the source's, and ends the sequence.
func Read(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for line, err := range Objects(r) {
			if err == nil && line.Skip == "" {
				line.Kind, line.Skip = kindOf(line.Payload)
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

func kindOf(payload json.RawMessage) (kind, skip string) {
	var head struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(payload, &head); err != nil {
		return "", "can't be read: " + err.Error()
	}
	if head.Kind == "" {
		return "", "has no kind"
	}
	return head.Kind, ""
}

// Objects gives each line that is not empty and holds a JSON object; other lines say in Skip what is wrong. The payload is
// the caller's to keep.
func Objects(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		buffered := bufio.NewReaderSize(r, 64<<10)
		for number := 1; ; number++ {
			text, tooLong, err := readLine(buffered)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Line{Number: number}, fmt.Errorf("line %d: %w", number, err))
				return
			}
			if number == 1 {
				text = bytes.TrimPrefix(text, []byte("\ufeff"))
			}
			text = bytes.TrimSpace(text)
			if len(text) > 0 || tooLong {
				line := Line{Number: number, Payload: text}
				switch {
				case tooLong:
					line.Payload, line.Skip = nil, fmt.Sprintf("is longer than %d KiB", MaxLine>>10)
				case !utf8.Valid(text):
					line.Skip = "is not UTF-8"
				case text[0] != '{' || !json.Valid(text):
					line.Skip = "is not a JSON object"
				}
				if !yield(line, nil) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// readLine reads up to the end of the line. Of a line that is too long it keeps nothing.
func readLine(r *bufio.Reader) (text []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(text)+len(part) > MaxLine {
			text, tooLong = nil, true
		}
		if !tooLong {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, tooLong, err
		}
	}
}
