package mail

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"net/textproto"
	"strings"
)

const (
	maxReport = 64 << 20  // bytes of a message that a mail server hands over: it may hold the mail that came back
	maxStatus = 256 << 10 // bytes of what it says of the recipients
)

// ErrNoReport is the cause of an error when a message says of no mail of this portal's that it has not arrived: an out-of-office reply, say, a delay, or
// spam.
var ErrNoReport = errors.New("not a report of a mail of this portal's that has failed")

// Back is what a report says of a mail that came back.
type Back struct {
	Status string // RFC 3463
	// ID is what stood before the @ of the mail's message id; empty where the report does not hold it.
	ID string
}

// Take reads a message that came to the address for what comes back, and notes what it says. recipient is the address that it came to; empty: it stands
// in the message's header. The cause of an error is ErrNoReport when the message is of no use.
func (r *Returns) Take(ctx context.Context, recipient string, message io.Reader) (Back, error) {
	m, err := netmail.ReadMessage(bufio.NewReader(io.LimitReader(message, maxReport)))
	if err != nil {
		return Back{}, fmt.Errorf("%w: no message", ErrNoReport)
	}
	to := recipient
	for _, name := range []string{"X-Original-To", "Delivered-To", "Envelope-To", "To"} {
		to += " " + strings.Join(m.Header[name], " ")
	}
	hash, ours := r.addressOf(to)
	if !ours {
		return Back{}, fmt.Errorf("%w: its recipient names none", ErrNoReport)
	}
	back, err := failure(m)
	if err != nil {
		return Back{}, err
	}
	return back, r.returned(ctx, hash, back.Status)
}

// failure gives the status of the first recipient of a delivery status notification (RFC 3464) to whom the mail has not gone and will not go, and which
// mail that is. This portal's mails have one recipient each.
func failure(m *netmail.Message) (back Back, err error) {
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") {
		return back, fmt.Errorf("%w: no delivery status notification", ErrNoReport)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	found := false
	for {
		part, err := parts.NextPart()
		switch {
		case err != nil && found: // the mail itself is not held, or a message is broken off
			return back, nil
		case err != nil:
			return back, fmt.Errorf("%w: no delivery status", ErrNoReport)
		}
		content := io.Reader(part)
		if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "base64") { // against RFC 3464, but some do
			content = base64.NewDecoder(base64.StdEncoding, part)
		}
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "message/delivery-status", "message/global-delivery-status":
			if back.Status, err = failed(io.LimitReader(content, maxStatus)); err != nil {
				return back, err
			}
			found = true
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
			if found { // as it stands behind the status
				back.ID = idOf(io.LimitReader(content, maxStatus))
				return back, nil
			}
		}
	}
}

// idOf gives what stands before the @ of a mail's message id; empty when it has none.
func idOf(mail io.Reader) string {
	fields, _ := textproto.NewReader(bufio.NewReader(io.MultiReader(mail, strings.NewReader("\r\n\r\n")))).ReadMIMEHeader() // as far as it can be read
	id, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(fields.Get("Message-Id")), "<>"), "@")
	return id
}

// failed reads the groups of fields of a delivery status: of the message, then of each recipient.
func failed(content io.Reader) (string, error) {
	groups := textproto.NewReader(bufio.NewReader(io.MultiReader(content, strings.NewReader("\r\n\r\n"))))
	for {
		fields, err := groups.ReadMIMEHeader()
		if strings.EqualFold(bare(fields.Get("Action")), "failed") {
			return bare(fields.Get("Status")), nil
		}
		if err != nil {
			return "", fmt.Errorf("%w: nothing has failed", ErrNoReport)
		}
	}
}

// bare is a field without comments: "5.1.1 (bad destination mailbox address)".
func bare(field string) string {
	field, _, _ = strings.Cut(field, "(")
	field, _, _ = strings.Cut(strings.TrimSpace(field), " ")
	return field
}
