package service

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestKeepKeys_SecondStart_SameKeys_AndBrokenOnesAreMadeAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fit", "keys.pem")
	first, err := KeepKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := KeepKeys(path)
	if err != nil || !bytes.Equal(first.RootPEM(), again.RootPEM()) || !first.decryption.Equal(again.decryption) || !first.service.Equal(again.service) || !first.signing.Equal(again.signing) {
		t.Errorf("other keys at the second start, %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if anew, err := KeepKeys(path); err != nil || bytes.Equal(first.RootPEM(), anew.RootPEM()) {
		t.Errorf("a file that is broken off is taken, %v", err)
	}
}
