package adapter

import (
	"context"
	"io"
	"iter"
)

// HeadSize is how much of a file a Format gets to see to tell whether it is one of its own, in bytes.
const HeadSize = 64 << 10

// Format is a kind of files that can be imported.
type Format struct {
	ID    string // such as xzufi
	Title Words
	// Origin, where there is one, is the name under which the catalog keeps where entries of such files come from; else it is
	// the file's name.
	Origin string
	// Detect says by the beginning of a file, at most HeadSize bytes, whether it is of this format.
	Detect func(head []byte) bool
	// Read gives what the file says, without holding all of it in memory. Records carry their Line; At is the file's name.
	Read func(ctx context.Context, name string, content io.Reader) iter.Seq2[Record, error]
}
