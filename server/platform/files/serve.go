package files

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"time"
)

// Serve answers with a file, or the range of it that r asks for (RFC 9110, 14), as Send does, and says the hash of the whole file, given in
// hexadecimal, as its ETag and as Repr-Digest (RFC 9530). Afterwards the content is closed.
func Serve(w http.ResponseWriter, r *http.Request, name, sha256 string, content io.ReadSeekCloser) error {
	defer func() { _ = content.Close() }() // it was only read
	hash, err := hex.DecodeString(sha256)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Content-Disposition", Disposition(name))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "private, no-store")
	header.Set("ETag", `"`+sha256+`"`)
	header.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(hash)+":")
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// ValidHash says whether a text is a SHA-256 in hexadecimal, as messages carry it.
func ValidHash(text string) bool {
	hash, err := hex.DecodeString(text)
	return err == nil && len(hash) == 32
}
