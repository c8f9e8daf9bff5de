package main

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// maxSessions bounds what strangers can make the program keep.
const maxSessions = 10000

// sessions keeps values in memory under a random cookie. They end with the program.
type sessions[T any] struct {
	cookie   string
	lifetime time.Duration
	secure   bool
	sameSite http.SameSite
	now      func() time.Time

	mu     sync.Mutex
	values map[string]session[T]
}

type session[T any] struct {
	value T
	ends  time.Time
}

func newSessions[T any](cookie string, lifetime time.Duration, secure bool, sameSite http.SameSite, now func() time.Time) *sessions[T] {
	return &sessions[T]{cookie: cookie, lifetime: lifetime, secure: secure, sameSite: sameSite, now: now, values: map[string]session[T]{}}
}

// cookieName keeps the cookies of programs on one host apart: browsers share them between ports.
func cookieName(c config, purpose string) string {
	if u, err := url.Parse(c.PublicURL); err == nil && u.Scheme != "https" {
		return "entsorgung_" + purpose + "_" + u.Port()
	}
	return "__Host-entsorgung-" + purpose
}

// begin keeps a value for this browser.
func (s *sessions[T]) begin(w http.ResponseWriter, value T) {
	token := rand.Text()
	s.mu.Lock()
	for old, kept := range s.values {
		if len(s.values) >= maxSessions || s.now().After(kept.ends) {
			delete(s.values, old)
		}
	}
	s.values[token] = session[T]{value: value, ends: s.now().Add(s.lifetime)}
	s.mu.Unlock()
	s.set(w, token, int(s.lifetime.Seconds()))
}

// of gives this browser's value.
func (s *sessions[T]) of(r *http.Request) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var none T
	c, err := r.Cookie(s.cookie)
	if err != nil {
		return none, false
	}
	kept, known := s.values[c.Value]
	if !known || s.now().After(kept.ends) {
		return none, false
	}
	return kept.value, true
}

// replace changes this browser's value.
func (s *sessions[T]) replace(r *http.Request, value T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := r.Cookie(s.cookie)
	if err != nil {
		return
	}
	if kept, known := s.values[c.Value]; known {
		kept.value = value
		s.values[c.Value] = kept
	}
}

// end forgets this browser's value.
func (s *sessions[T]) end(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(s.cookie); err == nil {
		s.mu.Lock()
		delete(s.values, c.Value)
		s.mu.Unlock()
	}
	s.set(w, "", -1)
}

// endWhere forgets the values that match.
func (s *sessions[T]) endWhere(matches func(T) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, kept := range s.values {
		if matches(kept.value) {
			delete(s.values, token)
		}
	}
}

func (s *sessions[T]) set(w http.ResponseWriter, value string, maxAge int) {
	//nolint:gosec // not Secure on plain-http loopback only, where browsers would not keep it
	http.SetCookie(w, &http.Cookie{Name: s.cookie, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: s.secure, SameSite: s.sameSite})
}

const (
	guessWindow = time.Minute
	maxGuesses  = 10
)

// limiter slows down guessing: passwords and order numbers.
type limiter struct {
	now   func() time.Time
	mu    sync.Mutex
	since time.Time
	count int
}

// allow says whether one more guess may be made now.
func (l *limiter) allow() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now().Sub(l.since) > guessWindow {
		l.since, l.count = l.now(), 0
	}
	l.count++
	return l.count <= maxGuesses
}

// forget starts anew after a right guess.
func (l *limiter) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count = 0
}
