package accounts

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

// post is a mail server.
type post struct {
	mails []mail.Message
	fails error
}

func (p *post) Send(_ context.Context, m mail.Message) error {
	p.mails = append(p.mails, m)
	return p.fails
}

func TestNotice_SaysFromWhomAndSendsItAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := &post{}
	w.service.Post = p
	account := w.citizen("clara@example.org")
	must(t, w.service.Notice(t.Context(), account, "Steueramt"))
	if len(p.mails) != 1 || p.mails[0].To != "clara@example.org" || !strings.Contains(p.mails[0].Text, "Steueramt") || !strings.Contains(p.mails[0].Text, "https://emsland.example"+PageMailbox) {
		t.Errorf("mails %+v", p.mails)
	}
	p.fails = mail.ErrRefused
	if err := w.service.Notice(t.Context(), account, "Steueramt"); !errors.Is(err, mail.ErrRefused) {
		t.Errorf("refused mail: %v", err)
	}
	if err := w.service.Notice(t.Context(), uuid.New(), "Steueramt"); problem.From(err).Status != 404 || len(p.mails) != 2 {
		t.Errorf("no account: %v", err)
	}
}
