// Package mail sends plain-text mails by SMTP, out of the job queue: a mail is enqueued in the transaction of what causes
// it, sealed, and sent once that is committed. What a mail says belongs to the room that sends it.
package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	gomail "github.com/wneessen/go-mail"
)

// TLSMode says how the connection to the mail server is protected.
type TLSMode string

// Modes of protection. Plain is for a server on this machine only.
const (
	StartTLS TLSMode = "starttls" // begins in clear, refuses to go on without TLS
	TLS      TLSMode = "tls"      // TLS from the first byte
	Plain    TLSMode = "plain"
)

const (
	defaultTimeout = 15 * time.Second
	maxSubject     = 200             // characters
	maxText        = 100_000         // bytes
	sealedTimeout  = 3 * time.Minute // a sealed mail brings files
)

// returnLocal is what may stand before the @ of the address for mails that come back: a token stands behind it, and a local part has 64 characters at
// most (RFC 5321, 4.5.3.1.1).
var returnLocal = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,19}$`)

// ErrInvalid is the cause of an error when a mail must not be sent as it is: an address that is none, or line breaks where
// a header would take them for another header.
var ErrInvalid = errors.New("not a valid mail")

// ErrRefused is the cause of an error when the mail server refuses a mail for good.
var ErrRefused = errors.New("refused by the mail server")

// Config says which server sends the mails, and in whose name.
type Config struct {
	Host     string
	Port     int
	User     string // empty: no authentication
	Password string
	TLS      TLSMode
	From     string        // address, or name and address
	Portal   func() string // name of the portal now, which stands above mails; nil: none
	DKIM     *DKIM         // nil: mails are signed by the mail server, or not at all
	ReturnTo string        // address that mails come back to; empty: to the sender's
	Returns  *Returns      // nil: what comes back is not noted
	Timeout  time.Duration // of sending one mail; default 15 s
	Now      func() time.Time
}

// ParseURL reads the server of a Config from an address: smtp://user:password@host:587 (STARTTLS), smtps://host:465, or
// smtp+plain://127.0.0.1:1025.
func ParseURL(address, from string) (Config, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return Config{}, errors.New("mail server: not an address such as smtp://user:password@host:587") // err holds the password
	}
	c := Config{Host: u.Hostname(), From: from}
	switch u.Scheme {
	case "smtp":
		c.TLS, c.Port = StartTLS, 587
	case "smtps":
		c.TLS, c.Port = TLS, 465
	case "smtp+plain":
		c.TLS, c.Port = Plain, 25
	default:
		return Config{}, fmt.Errorf("mail server: %q is not smtp, smtps or smtp+plain", u.Scheme)
	}
	if u.Port() != "" {
		if c.Port, err = strconv.Atoi(u.Port()); err != nil {
			return Config{}, fmt.Errorf("mail server: port %q", u.Port())
		}
	}
	if u.User != nil {
		c.User = u.User.Username()
		c.Password, _ = u.User.Password()
	}
	return c, nil
}

// Message is a mail to one person. It goes as plain text, with the same as HTML beside it.
type Message struct {
	To      string // address
	Subject string
	Text    string
	// Language of the text (BCP 47); empty: German, or in several languages.
	Language string `json:",omitempty"`
	// Asked: somebody has just asked for it and waits. It goes also where mails came back: it may arrive now.
	Asked bool `json:",omitempty"`
}

// Sealed is a mail whose content only its recipient can read (S/MIME, RFC 8551).
type Sealed struct {
	To      string // address
	Subject string // is not encrypted
	ID      string // the same for each attempt; what stands before the @ of the message id
	CMS     []byte // EnvelopedData in DER
}

// checkHead refuses what could become a header of its own.
func checkHead(recipient, subject string) error {
	to, err := netmail.ParseAddress(recipient)
	if err != nil || to.Address != recipient {
		return fmt.Errorf("%w: recipient", ErrInvalid)
	}
	if subject == "" || len([]rune(subject)) > maxSubject || strings.ContainsFunc(subject, unicode.IsControl) {
		return fmt.Errorf("%w: subject", ErrInvalid)
	}
	return nil
}

func (m Message) check() error {
	if err := checkHead(m.To, m.Subject); err != nil {
		return err
	}
	if m.Text == "" || len(m.Text) > maxText || strings.ContainsRune(m.Text, 0) {
		return fmt.Errorf("%w: text", ErrInvalid)
	}
	return nil
}

// Sender sends mails by SMTP.
type Sender struct {
	config Config
	from   *netmail.Address
	back   [2]string // what stands before and behind the @ of the address that mails come back to
	domain string
	client []gomail.Option
}

// NewSender checks the configuration; it does not connect.
func NewSender(c Config) (*Sender, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("mail sender %q: not an address", c.From)
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Portal == nil {
		c.Portal = func() string { return "" }
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	s := &Sender{config: c, from: from, domain: domain}
	if c.ReturnTo != "" {
		local, host, _ := strings.Cut(c.ReturnTo, "@")
		if a, err := netmail.ParseAddress(c.ReturnTo); err != nil || a.Address != c.ReturnTo || !returnLocal.MatchString(local) {
			return nil, fmt.Errorf("address for mails that come back %q: at most 20 letters, digits, points and dashes stand before the @", c.ReturnTo)
		}
		s.back = [2]string{local, host}
	}
	s.client = []gomail.Option{gomail.WithPort(c.Port), gomail.WithTimeout(c.Timeout), gomail.WithHELO(domain)}
	switch c.TLS {
	case StartTLS:
		s.client = append(s.client, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		s.client = append(s.client, gomail.WithSSL())
	case Plain:
		s.client = append(s.client, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("mail server: unknown protection %q", c.TLS)
	}
	if c.User != "" {
		s.client = append(s.client, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	if _, err := gomail.NewClient(c.Host, s.client...); err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return s, nil
}

// Send hands a mail to the server. The error never holds the address or the text; its cause is ErrRefused or ErrInvalid
// when sending again is no use. To an address from which mails came back none goes unless somebody waits for it, which is no error.
func (s *Sender) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	if s.config.Returns != nil && !m.Asked {
		if since, err := s.config.Returns.Stopped(ctx, m.To); err != nil || since != nil {
			return err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make message id: %w", err)
	}
	letter, err := s.letter(m.To, m.Subject, id.String())
	if err != nil {
		return err
	}
	shown, err := html(m, s.config.Portal())
	if err != nil {
		return err
	}
	letter.SetBoundary(id.String()) // the same each time that it is written, as the signature wants it
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	letter.AddAlternativeString(gomail.TypeTextHTML, shown)
	return s.deliver(ctx, m.To, letter, s.config.Timeout)
}

// SendSealed hands an encrypted mail to the server, like Send.
func (s *Sender) SendSealed(ctx context.Context, m Sealed) error {
	if err := checkHead(m.To, m.Subject); err != nil {
		return err
	}
	if len(m.CMS) == 0 || m.ID == "" || strings.ContainsFunc(m.ID, func(r rune) bool { return r != '-' && r != '.' && !unicode.IsDigit(r) && (r < 'a' || r > 'z') }) {
		return fmt.Errorf("%w: sealed content", ErrInvalid)
	}
	letter, err := s.letter(m.To, m.Subject, m.ID)
	if err != nil {
		return err
	}
	err = letter.AttachReader("smime.p7m", bytes.NewReader(m.CMS), gomail.WithFileContentType("application/pkcs7-mime; smime-type=enveloped-data"))
	if err != nil {
		return fmt.Errorf("%w: sealed content", ErrInvalid)
	}
	return s.deliver(ctx, m.To, letter, sealedTimeout, gomail.WithTimeout(sealedTimeout))
}

func (s *Sender) deliver(ctx context.Context, to string, letter *gomail.Msg, within time.Duration, more ...gomail.Option) error {
	if s.config.DKIM != nil {
		if err := s.config.DKIM.sign(letter, s.domain); err != nil {
			return err
		}
	}
	client, err := gomail.NewClient(s.config.Host, append(slices.Clip(s.client), more...)...)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	sending, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err = client.DialAndSendWithContext(sending, letter)
	if status, refused := refusal(err); refused && s.config.Returns != nil {
		if err := s.config.Returns.returned(ctx, s.config.Returns.hash(to), status); err != nil {
			return err
		}
	}
	return withoutAddress(err)
}

// refusal gives the status with which a server has refused a recipient for good; false for other errors.
func refusal(err error) (string, bool) {
	var sending *gomail.SendError
	if !errors.As(err, &sending) || sending.IsTemp() || sending.ErrorCode() < 500 {
		return "", false
	}
	status := sending.EnhancedStatusCode()
	return status, status != "" || sending.Reason == gomail.ErrSMTPRcptTo
}

// letter is a mail without content.
func (s *Sender) letter(to, subject, id string) (*gomail.Msg, error) {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	letter.FromMailAddress(s.from)
	if err := letter.To(to); err != nil {
		return nil, fmt.Errorf("%w: recipient", ErrInvalid)
	}
	if s.back[0] != "" {
		back := s.back[0] + "@" + s.back[1]
		if s.config.Returns != nil {
			back = s.back[0] + "+" + s.config.Returns.token(to) + "@" + s.back[1]
		}
		if err := letter.EnvelopeFrom(back); err != nil {
			return nil, fmt.Errorf("%w: address for mails that come back", ErrInvalid)
		}
	}
	letter.Subject(subject)
	letter.SetDateWithValue(s.config.Now())
	letter.SetMessageIDWithValue(id + "@" + s.domain)
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office replies
	return letter, nil
}

// withoutAddress keeps of an error what helps the operator, and drops what the server said about the recipient.
func withoutAddress(err error) error {
	if err == nil {
		return nil
	}
	var sending *gomail.SendError
	if !errors.As(err, &sending) {
		return fmt.Errorf("send mail: %w", err) // connecting, TLS or signing in: knows no recipient
	}
	if !sending.IsTemp() && sending.ErrorCode() >= 500 {
		return fmt.Errorf("send mail: %w (%s, SMTP %d %s)", ErrRefused, sending.Reason, sending.ErrorCode(), sending.EnhancedStatusCode())
	}
	return fmt.Errorf("send mail: %s (SMTP %d %s)", sending.Reason, sending.ErrorCode(), sending.EnhancedStatusCode())
}
