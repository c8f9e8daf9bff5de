package files

import "io"

// Noticed notices when the end of a file has been read, once.
type Noticed struct {
	io.ReadSeekCloser

	Size    int64
	WhenAll func()

	position int64
}

// Read reads on.
func (n *Noticed) Read(p []byte) (int, error) {
	read, err := n.ReadSeekCloser.Read(p)
	n.position += int64(read)
	if n.position >= n.Size && n.WhenAll != nil && (read > 0 || n.Size == 0) {
		n.WhenAll()
		n.WhenAll = nil
	}
	return read, err
}

// Seek moves on without reading.
func (n *Noticed) Seek(offset int64, whence int) (int64, error) {
	position, err := n.ReadSeekCloser.Seek(offset, whence)
	n.position = position
	return position, err
}
