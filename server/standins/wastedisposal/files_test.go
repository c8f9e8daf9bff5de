package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestPhotos_FetchedOnceThePortalHasThem_AndShownToTheStaffOnly(t *testing.T) {
	t.Parallel()
	county := newCounty(t)
	x := newSetup(t, t.TempDir(), county.URL)
	id, photo, content := uuid.New(), uuid.New(), "\xff\xd8\xffein Sofa"
	hash := sha256.Sum256([]byte(content))
	with := strings.TrimSuffix(strings.TrimSpace(body(id, "pending")), "}") + fmt.Sprintf(`,"attachments":[{"id":"%s","name":"Sofa.jpg","mediaType":"image/jpeg","size":%d,"sha256":"%s"}]}`,
		photo, len(content), hex.EncodeToString(hash[:]))
	if status, answer := x.deliver(t, id.String(), with, time.Now(), nil); status != http.StatusOK {
		t.Fatalf("status %d %s", status, answer)
	}
	path := "/auftraege/" + id.String() + "/fotos/" + photo.String()
	put := func(content string) {
		county.set(func() { county.files = map[string]string{id.String() + "/" + photo.String(): content} })
	}
	if err := x.fetchAll(t.Context()); err == nil {
		t.Error("content to go on without a photo that the portal does not have yet")
	}
	put("something else")
	if err := x.fetchAll(t.Context()); err == nil {
		t.Error("took another file for the photo")
	}
	put(content)
	if err := x.fetchAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, _ := x.get(t, path); status != http.StatusNotFound {
		t.Errorf("status %d without signing in", status)
	}
	x.post(t, "/dienst/anmelden", url.Values{"passwort": {password}})
	if status, got := x.get(t, path); status != http.StatusOK || got != content {
		t.Errorf("status %d, %q", status, got)
	}
	if _, page := x.get(t, "/"); !strings.Contains(page, `src="`+path+`"`) {
		t.Error("the page does not show the photo")
	}
}

func TestNotice_SameOrder_SameBytes(t *testing.T) {
	t.Parallel()
	n := notice{Day: "2026-12-03", At: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	o := order{Reference: "EE-00001", Number: "MEP-1"}
	o.Data.Items.Objects = []object{{Kind: "sofa", Count: 2, Note: "rot, 3 m – „Łódź“"}}
	one, err := writeNotice(o, n)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := writeNotice(o, n)
	if !bytes.Equal(one, two) || !bytes.HasPrefix(one, []byte("%PDF-")) {
		t.Error("an upload that is repeated would be another file")
	}
}
