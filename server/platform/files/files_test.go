package files

import (
	"mime"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanName_WhateverADeviceSends_ASafeName(t *testing.T) {
	t.Parallel()
	kind := Kind{"application/pdf", ".pdf", "%PDF-"}
	for name, want := range map[string]string{
		"lageplan.pdf":                  "lageplan.pdf",
		"Lageplan (2).PDF":              "Lageplan (2).pdf",
		"virus.pdf.exe":                 "virus.pdf.pdf",
		"Bescheid vom 01.02.2026":       "Bescheid vom 01.02.2026.pdf",
		"../../etc/passwd":              "passwd.pdf",
		`C:\Users\clara\Hund.pdf`:       "Hund.pdf",
		"/":                             "Anlage.pdf",
		"":                              "Anlage.pdf",
		"...":                           "Anlage.pdf",
		".htaccess":                     "htaccess.pdf",
		".pdf":                          "Anlage.pdf",
		"a\x00b\r\nc.pdf":               "ab c.pdf",
		"rechnung\u202efdp.exe":         "rechnungfdp.pdf",
		"a<b>:c|d?e*f\"g.pdf":           "a_b__c_d_e_f_g.pdf",
		"  viele   Leerzeichen .pdf":    "viele Leerzeichen.pdf",
		"Mu\u0308ller.pdf":              "Müller.pdf",
		"kaputt\xff.pdf":                "kaputt.pdf",
		"名前.pdf":                        "名前.pdf",
		strings.Repeat("ü", 200) + ".x": strings.Repeat("ü", 75) + ".pdf",
	} {
		if got := CleanName(name, kind); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

func FuzzCleanName_AnyName_NoFolderNoControl(f *testing.F) {
	f.Add("../a\x00b.pdf")
	f.Add("\u202e.\\/.")
	f.Fuzz(func(t *testing.T, name string) {
		got := CleanName(name, Kind{Extension: ".pdf"})
		if strings.ContainsAny(got, "/\\\x00\r\n\"<>:|?*") || !utf8.ValidString(got) || len(got) > maxNameBytes+4 || len(got) < 5 || got[0] == '.' || got[0] == ' ' {
			t.Errorf("%q became %q", name, got)
		}
		if again := CleanName(got, Kind{Extension: ".pdf"}); again != got {
			t.Errorf("%q became %q, then %q", name, got, again)
		}
	})
}

func TestDisposition_AnyName_IsAnAttachmentThatBrowsersUnderstand(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"lageplan.pdf":  `attachment; filename="lageplan.pdf"`,
		"Impfpass.pdf":  `attachment; filename="Impfpass.pdf"`,
		"mein plan.pdf": `attachment; filename="mein plan.pdf"`,
		"Hündin.pdf":    `attachment; filename="H_ndin.pdf"; filename*=utf-8''H%C3%BCndin.pdf`,
		"100 %.pdf":     `attachment; filename="100 _.pdf"`,
		"€ „a“ (b).png": `attachment; filename="_ _a_ (b).png"; filename*=utf-8''%E2%82%AC%20%E2%80%9Ea%E2%80%9C%20%28b%29.png`,
	} {
		got := Disposition(name)
		if got != want {
			t.Errorf("%q: %s\nwant %s", name, got, want)
		}
		if kind, params, err := mime.ParseMediaType(got[:strings.LastIndex(got, ";")]); strings.Contains(got, "*=") && (err != nil || kind != "attachment" || params["filename"] == "") {
			t.Errorf("%q: %v", got, err)
		}
	}
}
