package blob

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The format of an object (all that is kept of it):
//
//	header   "PVB1" and a random salt of 32 bytes
//	pieces   each 64 KiB of content, the last one less or empty, sealed with AES-256-GCM (16 bytes more)
//
// The key of an object is HKDF-SHA-256 of the store's secret, the salt and the object's name: an object does not open under
// another name. The nonce of a piece is its number (11 bytes, big endian) and 1 for the last piece, else 0 (the STREAM
// construction): pieces cannot be left out, cut off, repeated or put in another order unnoticed.
const (
	magic      = "PVB1"
	saltSize   = 32
	headerSize = int64(len(magic) + saltSize)
	pieceSize  = 64 << 10
	tagSize    = 16
	sealedSize = pieceSize + tagSize
)

var errChanged = errors.New("the object was changed, or was kept with another secret")

// sealer encrypts what is written to it. Close writes the last piece.
type sealer struct {
	w      io.Writer
	aead   cipher.AEAD
	buffer []byte // up to one piece, with room for its tag
	piece  int64
}

func newSealer(w io.Writer, secret [32]byte, name string) (*sealer, error) {
	header := append([]byte(magic), make([]byte, saltSize)...)
	_, _ = rand.Read(header[len(magic):]) // never fails
	aead, err := openHeader(header, secret, name)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(header); err != nil {
		return nil, err
	}
	return &sealer{w: w, aead: aead, buffer: make([]byte, 0, sealedSize)}, nil
}

// Write takes content. A full piece is written only when more follows, for the last one is marked.
func (s *sealer) Write(p []byte) (int, error) {
	taken := len(p)
	for len(p) > 0 {
		if len(s.buffer) == pieceSize {
			if err := s.flush(false); err != nil {
				return 0, err
			}
		}
		n := min(pieceSize-len(s.buffer), len(p))
		s.buffer = append(s.buffer, p[:n]...)
		p = p[n:]
	}
	return taken, nil
}

// Close writes the last piece, and not more: the writer below stays open.
func (s *sealer) Close() error { return s.flush(true) }

func (s *sealer) flush(last bool) error {
	nonce := nonceOf(s.piece, last)
	if _, err := s.w.Write(s.aead.Seal(s.buffer[:0], nonce[:], s.buffer, nil)); err != nil {
		return err
	}
	s.buffer, s.piece = s.buffer[:0], s.piece+1
	return nil
}

func openHeader(header []byte, secret [32]byte, name string) (cipher.AEAD, error) {
	if string(header[:len(magic)]) != magic {
		return nil, errChanged
	}
	key, err := hkdf.Key(sha256.New, secret[:], header[len(magic):], "object "+name, 32)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

func nonceOf(piece int64, last bool) [12]byte {
	var nonce [12]byte
	binary.BigEndian.PutUint64(nonce[3:11], uint64(piece))
	if last {
		nonce[11] = 1
	}
	return nonce
}

// plainSize computes the size of the content and the number of pieces from the size of the object.
func plainSize(kept int64) (size, pieces int64, err error) {
	body := kept - headerSize
	pieces = (body + sealedSize - 1) / sealedSize
	size = body - pieces*tagSize
	if body < tagSize || (pieces > 1 && size <= (pieces-1)*pieceSize) {
		return 0, 0, errChanged
	}
	return size, pieces, nil
}

// reader decrypts an object piece by piece, from any position.
type reader struct {
	from     func(offset int64) (io.ReadCloser, error) // opens the object at an offset
	aead     cipher.AEAD
	size     int64 // of the content
	pieces   int64
	position int64

	source io.ReadCloser // the object, at the piece called next
	next   int64
	buffer []byte // room for one sealed piece
	plain  []byte // content of the piece called loaded, in buffer
	loaded int64  // -1: none
}

// Read gives content from the present position. An error says that the object was changed.
func (r *reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.position >= r.size && (r.size > 0 || r.loaded == 0) {
		return 0, io.EOF
	}
	if err := r.load(r.position / pieceSize); err != nil {
		return 0, err
	}
	n := copy(p, r.plain[min(r.position%pieceSize, int64(len(r.plain))):])
	r.position += int64(n)
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Seek moves the position, as io.Seeker describes. Nothing is read until Read.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.position
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start of an object")
	}
	r.position = offset
	return offset, nil
}

// Close ends reading.
func (r *reader) Close() error {
	if r.source == nil {
		return nil
	}
	err := r.source.Close()
	r.source = nil
	return err
}

func (r *reader) load(piece int64) error {
	if piece == r.loaded {
		return nil
	}
	if r.buffer == nil {
		r.buffer = make([]byte, sealedSize)
	}
	if r.source == nil || r.next != piece {
		if err := r.Close(); err != nil {
			return err
		}
		source, err := r.from(headerSize + piece*sealedSize)
		if err != nil {
			return fmt.Errorf("read object: %w", err)
		}
		r.source, r.next = source, piece
	}
	last := piece == r.pieces-1
	length := int64(sealedSize)
	if last {
		length = r.size - piece*pieceSize + tagSize
	}
	r.loaded = -1
	if _, err := io.ReadFull(r.source, r.buffer[:length]); err != nil {
		return fmt.Errorf("read object: %w", err)
	}
	nonce := nonceOf(piece, last)
	plain, err := r.aead.Open(r.buffer[:0], nonce[:], r.buffer[:length], nil)
	if err != nil {
		return fmt.Errorf("read object: %w", errChanged)
	}
	r.plain, r.loaded, r.next = plain, piece, piece+1
	return nil
}
