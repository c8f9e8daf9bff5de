package accounts

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/crypto/argon2"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// weakKey is the hash of testPassword with parameters of old.
func weakKey() string {
	return base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(testPassword), []byte("saltsaltsaltsalt"), 1, 8192, 1, 32))
}

func (w *world) setHash(id uuid.UUID, hash string) {
	w.t.Helper()
	must(w.t, w.service.updateAccount(w.t.Context(), id, map[string]any{"password_hash": hash}))
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	s := New(Config{Self: types.PortalReference{Name: "Landkreis Emsland"}})
	context := append(emailWords("clara.beispiel@example.org"), "Clara", "Beispiel")
	for password, want := range map[string]string{
		"vier Kühe grasen am Emsdeich":                                       "",
		"äöüäöüßßäöxy":                                                       "", // characters count, not bytes
		"日本語のパスワードは長い方が良い":                                                   "",
		strings.Repeat("lang ", 200):                                         "password-common", // one word over and over has few different characters
		"ein Satz mit 64 Zeichen, der wirklich lang ist und Leerzeichen hat": "",
		"elf Zeichen":                   "minLength",
		"":                              "minLength",
		"a" + strings.Repeat("ü", 600):  "maxLength",
		"passwort1234":                  "password-common",
		"Passwort 1234":                 "password-common",
		"PASSWORT-PASSWORT":             "password-common",
		"hallohallohallo":               "password-common",
		"sonnenschein99":                "password-common",
		"aaaaaaaaaaaaaa":                "password-common",
		"abababababab":                  "password-common",
		"abcdefghijklmn":                "password-common",
		"qwertzuiopüasd":                "password-common",
		"1234567890123":                 "password-common",
		"leavemealone":                  "password-breached",
		"Leave me alone 1987":           "password-breached",
		"Chicken-Wing101":               "password-breached",
		"iloveyou!!!!":                  "password-breached",
		"HunterHunter22":                "password-breached",
		"leave me all alone":            "",
		"leavemealone19876":             "", // so many digits are another password
		"ClaraBeispiel1":                "password-context",
		"clara.beispiel":                "password-context",
		"Landkreis Emsland 7":           "password-context",
		"Clara Beispiel mag Kühe sehr!": "",
		"nur\x00ein böses Byte":         "maxLength",
	} {
		err := s.checkPassword(password, context)
		got := ""
		if err != nil {
			got = problem.From(err).Fields[0].Code
		}
		if got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}

// TestBreached_List_IsInOrder: the search halves it.
func TestBreached_List_IsInOrder(t *testing.T) {
	t.Parallel()
	if len(breached)%breachedBytes != 0 || len(breached)/breachedBytes < 40_000 {
		t.Fatalf("%d bytes", len(breached))
	}
	for i := breachedBytes; i < len(breached); i += breachedBytes {
		if breached[i-breachedBytes:i] >= breached[i:i+breachedBytes] {
			t.Fatalf("not in order at %d", i)
		}
	}
}

func TestHash_AllOfThePasswordCounts(t *testing.T) {
	t.Parallel()
	h := newHasher(2)
	long := strings.Repeat("abcdefgh ", 12) // bcrypt would stop after 72 bytes
	hash, err := h.hash(t.Context(), long+"x")
	must(t, err)
	for password, want := range map[string]bool{long + "x": true, long + "y": false, long: false} {
		got, outdated, err := h.verify(t.Context(), hash, password)
		must(t, err)
		if got != want || outdated {
			t.Errorf("…%q: %v, outdated %v", password[len(password)-2:], got, outdated)
		}
	}
}

func TestHash_SamePasswordFromAnotherKeyboard(t *testing.T) {
	t.Parallel()
	h := newHasher(2)
	hash, err := h.hash(t.Context(), "K\u00fche am Deich")
	must(t, err)
	if right, _, err := h.verify(t.Context(), hash, "Ku\u0308he am Deich"); !right || err != nil {
		t.Errorf("a composed and a decomposed umlaut differ: %v", err)
	}
}

func TestHash_DamagedHash_IsAnErrorNotAMatch(t *testing.T) {
	t.Parallel()
	h := newHasher(2)
	for _, hash := range []string{"", "$argon2id$", "$2b$12$abc", "$argon2id$v=19$m=4294967295,t=2,p=1$c2FsdA$a2V5a2V5a2V5a2V5a2V5", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$"} {
		if right, _, err := h.verify(t.Context(), hash, "x"); err == nil || right {
			t.Errorf("%q: %v", hash, right)
		}
	}
}

func TestFoldEmail(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		"Clara@Example.ORG":                       "clara@example.org",
		" clara@example.org ":                     "clara@example.org",
		"clara+amt@example.org":                   "clara+amt@example.org",
		"clara@müller.example":                    "clara@xn--mller-kva.example",
		"straße@example.org":                      "",
		"clara":                                   "",
		"clara@":                                  "",
		"@example.org":                            "",
		"clara@localhost":                         "",
		"a b@example.org":                         "",
		"clara@example.org\r\nBcc: x":             "",
		"Clara <clara@example.org>":               "",
		"\"a\"@example.org":                       "",
		"a@b@example.org":                         "",
		"clara@example..org":                      "",
		strings.Repeat("a", 250) + "@example.org": "",
		"clara@exa\u200bmple.org":                 "clara@example.org",
		"clara@example.org,bert@example.org":      "",
		"clara@example.org\x00":                   "",
	} {
		got, err := foldEmail(email)
		if (err != nil) != (want == "") || got != want {
			t.Errorf("%q: %q, %v", email, got, err)
		}
	}
}

func TestNetworkOf_OneNetworkOneBucket(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7":            "192.0.2.7",
		"::ffff:192.0.2.7":     "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::1":      "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
		"":                     "",
	} {
		if got := networkOf(address); got != want {
			t.Errorf("%q: %q", address, got)
		}
	}
}
