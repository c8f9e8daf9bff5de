package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

const maxKept = 500 // mails; the oldest go

// letter is a mail as it is shown.
type letter struct {
	ID      string    `json:"id"`
	From    string    `json:"from"`
	To      []string  `json:"to"`
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"`
}

// store keeps mails as files, named by ids that sort by time.
type store struct {
	folder string
	mu     sync.RWMutex
	mails  []letter // newest first
}

// openStore opens a folder and reads what is in it.
func openStore(folder string) (*store, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder for mails: %w", err)
	}
	s := &store{folder: folder}
	kept := os.DirFS(folder)
	files, err := fs.Glob(kept, "*.eml")
	if err != nil {
		return nil, fmt.Errorf("folder for mails: %w", err)
	}
	slices.Sort(files)
	for _, file := range files {
		content, err := fs.ReadFile(kept, file)
		if err != nil {
			return nil, fmt.Errorf("read mail: %w", err)
		}
		id := strings.TrimSuffix(file, ".eml")
		if l, err := parse(id, nil, content); err == nil {
			s.mails = slices.Insert(s.mails, 0, l)
		}
	}
	return s, nil
}

// keep writes a mail to its file; it is shown once it is there whole.
func (s *store) keep(to []string, content []byte) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	l, err := parse(id.String(), to, content)
	if err != nil {
		return err
	}
	path := filepath.Join(s.folder, id.String()+".eml")
	if err := os.WriteFile(path+".part", content, 0o600); err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = slices.Insert(s.mails, 0, l)
	for len(s.mails) > maxKept {
		last := s.mails[len(s.mails)-1]
		s.mails = s.mails[:len(s.mails)-1]
		if err := os.Remove(filepath.Join(s.folder, last.ID+".eml")); err != nil {
			return fmt.Errorf("remove an old mail: %w", err)
		}
	}
	return nil
}

// list gives the mails to an address, or all, newest first.
func (s *store) list(to string) []letter {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := []letter{}
	for _, l := range s.mails {
		if to == "" || slices.ContainsFunc(l.To, func(address string) bool { return strings.EqualFold(address, to) }) {
			found = append(found, l)
		}
	}
	return found
}

// find gives one mail.
func (s *store) find(id string) (letter, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, l := range s.mails {
		if l.ID == id {
			return l, true
		}
	}
	return letter{}, false
}

// parse reads a mail and its text (RFC 5322, with the encodings of RFC 2045).
func parse(id string, to []string, content []byte) (letter, error) {
	m, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		return letter{}, fmt.Errorf("read mail: %w", err)
	}
	words := new(mime.WordDecoder)
	l := letter{ID: id, To: to}
	if l.Subject, err = words.DecodeHeader(m.Header.Get("Subject")); err != nil {
		l.Subject = m.Header.Get("Subject")
	}
	if l.From, err = words.DecodeHeader(m.Header.Get("From")); err != nil {
		l.From = m.Header.Get("From")
	}
	if len(l.To) == 0 {
		if addresses, err := m.Header.AddressList("To"); err == nil {
			for _, a := range addresses {
				l.To = append(l.To, a.Address)
			}
		}
	}
	if l.At, err = m.Header.Date(); err != nil {
		l.At = time.Now()
	}
	l.At = l.At.UTC()
	body, encoding := m.Body, m.Header.Get("Content-Transfer-Encoding")
	if kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type")); err == nil && kind == "multipart/alternative" {
		// The parts say the same, the plainest first (RFC 2046, section 5.1.4).
		part, err := multipart.NewReader(m.Body, parameters["boundary"]).NextRawPart()
		if err != nil {
			return letter{}, fmt.Errorf("read mail: %w", err)
		}
		body, encoding = part, part.Header.Get("Content-Transfer-Encoding")
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return letter{}, fmt.Errorf("read mail: %w", err)
	}
	l.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
	return l, nil
}
