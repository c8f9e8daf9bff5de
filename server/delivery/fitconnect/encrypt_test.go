package fitconnect

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"runtime"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func newKey(t *testing.T) (*rsa.PrivateKey, jose.JSONWebKey) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return private, jose.JSONWebKey{Key: &private.PublicKey, KeyID: "k"}
}

// What is encrypted where it lies is what go-jose reads, at every length around the ends of chunks and of base64.
func TestEncryptLarge_EveryLength_IsReadByGoJose(t *testing.T) {
	t.Parallel()
	private, key := newKey(t)
	for _, size := range []int{0, 1, 2, 3, 15, 16, 17, chunk - 1, chunk, chunk + 1, 3*chunk + 2} {
		want := make([]byte, size)
		_, _ = rand.Read(want)
		s, err := encryptLarge(key, "application/pdf", append(make([]byte, 0, size+Room), want...))
		if err != nil {
			t.Fatal(err)
		}
		first, _ := io.ReadAll(s.reader())
		text, err := io.ReadAll(s.reader()) // again, as after a token that was refused
		if err != nil || int64(len(text)) != s.length() || !bytes.Equal(first, text) || Tag(string(text)) != s.tag {
			t.Fatalf("%d bytes: %d characters, said %d; %v", size, len(text), s.length(), err)
		}
		parsed, err := jose.ParseEncryptedCompact(string(text), []jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{jose.A256GCM})
		if err != nil {
			t.Fatal(err)
		}
		got, err := parsed.Decrypt(private)
		if err != nil || !bytes.Equal(got, want) || parsed.Header.KeyID != "k" || parsed.Header.ExtraHeaders["cty"] != "application/pdf" {
			t.Errorf("%d bytes: read %d, header %+v, %v", size, len(got), parsed.Header, err)
		}
	}
	if _, err := encryptLarge(key, "application/pdf", []byte("no room")); err == nil {
		t.Error("memory without room is taken")
	}
}

// Beyond the attachment itself, encrypting and reading it takes little memory, whatever its size.
func TestEncryptLarge_TakesNoFurtherMemory(t *testing.T) {
	_, key := newKey(t)
	const size = 32 << 20
	plain := make([]byte, size, size+Room)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := encryptLarge(key, "application/pdf", plain)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, s.reader()); err != nil || n != s.length() {
		t.Fatal(n, err)
	}
	runtime.ReadMemStats(&after)
	if more := after.TotalAlloc - before.TotalAlloc; more > size/16 {
		t.Errorf("%d bytes more for %d", more, size)
	}
}

func TestCovers_AreasOfEveryLevelWrittenShortOrFilledUp(t *testing.T) {
	t.Parallel()
	for area, want := range map[string]bool{
		"034540000000": true, "03454": true, "030000000000": true, "03": true, "034540035035": true, "034540035": true, "034540035000": true,
		"034550000000": false, "034540036000": false, "": false, "0345400350351": false, "120645410": false,
	} {
		if got := covers(area, "034540035035"); got != want {
			t.Errorf("%q: %v", area, got)
		}
	}
}
