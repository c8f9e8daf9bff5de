package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portalverbund/server/platform/mail"
)

// running starts the stand-in and gives a sender to it and the address of its page.
func running(t *testing.T, folder string) (*mail.Sender, string) {
	t.Helper()
	store, err := openStore(folder)
	must(t, err)
	smtpListener, err := listenHere(t.Context(), "127.0.0.1:0")
	must(t, err)
	httpListener, err := listenHere(t.Context(), "127.0.0.1:0")
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, slog.New(slog.DiscardHandler), store, smtpListener, httpListener) }()
	t.Cleanup(func() {
		stop()
		must(t, <-done)
	})
	config, err := mail.ParseURL("smtp+plain://"+smtpListener.Addr().String(), "Landkreis <portal@emsland.example>")
	must(t, err)
	sender, err := mail.NewSender(config)
	must(t, err)
	return sender, "http://" + httpListener.Addr().String()
}

func get(t *testing.T, address string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	must(t, err)
	response, err := http.DefaultClient.Do(r)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, response.Header, string(body)
}

func listed(t *testing.T, address string) []letter {
	t.Helper()
	_, _, body := get(t, address)
	var list struct{ Items []letter }
	must(t, json.Unmarshal([]byte(body), &list))
	return list.Items
}

const link = "http://localhost:8080/registrieren/bestaetigen#token=abc_-123"

func TestMail_IsKeptListedAndShown(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	sender, page := running(t, folder)
	must(t, sender.Send(t.Context(), mail.Message{To: "clara@example.org", Subject: "Bitte bestätigen: ümlaut", Text: "Grüße\n\n" + link + ".\n<script>alert(1)</script>\n"}))
	must(t, sender.Send(t.Context(), mail.Message{To: "bert@example.org", Subject: "Anderes", Text: "x"}))
	mails := listed(t, page+"/api/mails?to=Clara@example.org")
	if len(mails) != 1 || mails[0].Subject != "Bitte bestätigen: ümlaut" || !strings.Contains(mails[0].Text, link) || mails[0].To[0] != "clara@example.org" {
		t.Fatalf("%+v", mails)
	}
	if all := listed(t, page+"/api/mails"); len(all) != 2 || all[0].To[0] != "bert@example.org" {
		t.Errorf("%+v", all)
	}
	status, header, body := get(t, page+"/mails/"+mails[0].ID)
	if status != http.StatusOK || !strings.Contains(body, `<a href="`+link+`">`) || strings.Contains(body, "<script") || !strings.Contains(body, "Grüße") {
		t.Errorf("%d %s", status, body)
	}
	if csp := header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'self'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if _, _, start := get(t, page+"/"); !strings.Contains(start, "Attrappe") || !strings.Contains(start, `lang="de"`) || !strings.Contains(start, "/mails/"+mails[0].ID) {
		t.Errorf("%s", start)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	must(t, err)
	info, err := os.Stat(files[0])
	must(t, err)
	if len(files) != 2 || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", files, info.Mode())
	}
	again, err := openStore(folder)
	must(t, err)
	if kept := again.list(""); len(kept) != 2 || kept[0].Subject != "Anderes" {
		t.Errorf("after a new start: %+v", kept)
	}
}

func TestPages_UnknownMail_404WithWords(t *testing.T) {
	t.Parallel()
	_, page := running(t, t.TempDir())
	if status, _, body := get(t, page+"/mails/x"); status != http.StatusNotFound || !strings.Contains(body, "Diese Mail gibt es nicht") {
		t.Errorf("%d %s", status, body)
	}
}

func TestPages_ByAnotherName_AreRefused(t *testing.T) {
	t.Parallel()
	_, page := running(t, t.TempDir())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page+"/api/mails", nil)
	must(t, err)
	r.Host = "evil.example"
	response, err := http.DefaultClient.Do(r)
	must(t, err)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("%d", response.StatusCode)
	}
}

func TestListenHere_OnlyLoopback(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.org:0"} {
		if l, err := listenHere(t.Context(), address); err == nil {
			_ = l.Close()
			t.Errorf("%s is allowed", address)
		}
	}
}

func TestParts_FindsLinksWithoutThePointBehind(t *testing.T) {
	t.Parallel()
	got := parts("Siehe https://a.example/x?y=1. Und (http://b.example/).")
	var links []string
	for _, p := range got {
		if p.URL != "" {
			links = append(links, p.URL)
		}
	}
	if strings.Join(links, " ") != "https://a.example/x?y=1 http://b.example/" {
		t.Errorf("%q", links)
	}
}

func TestStore_KeepsTheNewest(t *testing.T) {
	t.Parallel()
	s, err := openStore(t.TempDir())
	must(t, err)
	for range maxKept + 3 {
		must(t, s.keep([]string{"a@example.org"}, []byte("Subject: x\r\n\r\ny")))
	}
	if n := len(s.list("")); n != maxKept {
		t.Errorf("%d kept", n)
	}
	files, err := filepath.Glob(filepath.Join(s.folder, "*.eml"))
	must(t, err)
	if len(files) != maxKept {
		t.Errorf("%d files", len(files))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
