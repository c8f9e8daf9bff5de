package service

import (
	"io"
	"net/http"
	"time"

	"golang.org/x/crypto/ocsp"
)

// What Behaviour.OCSP may be.
const (
	RevokedCertificate = "revoked"
	NoAnswer           = "away"

	maxQuestion = 64 << 10 // bytes
	answerLife  = time.Hour
)

// ocsp tells whether a certificate of the authority was revoked (RFC 6960).
func (s *Service) ocsp(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxQuestion))
	if err != nil {
		http.Error(w, "cannot be read", http.StatusBadRequest)
		return
	}
	question, err := ocsp.ParseRequest(body)
	if err != nil {
		http.Error(w, "no question", http.StatusBadRequest)
		return
	}
	now, how := s.o.Now(), s.behaviour().OCSP
	if how == NoAnswer {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	answer := ocsp.Response{Status: ocsp.Good, SerialNumber: question.SerialNumber, ThisUpdate: now, NextUpdate: now.Add(answerLife), IssuerHash: question.HashAlgorithm}
	if how == RevokedCertificate {
		answer.Status, answer.RevokedAt = ocsp.Revoked, now.Add(-time.Hour)
	}
	by := s.o.Keys.authority
	signed, err := ocsp.CreateResponse(by.between, by.between, answer, by.betweenKey)
	if err != nil {
		http.Error(w, "cannot be signed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/ocsp-response")
	_, _ = w.Write(signed) // the asker is told by a broken line
}
