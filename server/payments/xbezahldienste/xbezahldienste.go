// Package xbezahldienste speaks XBezahldienste 1.0.0 (FITKO), by which portals place payments at the services of administrations: ePayBL, pmPayment, epay21 and
// others. What differs between them is how a portal proves itself: by OAuth 2.0 client credentials (pmPayment), HTTP Basic (epay21), or a client certificate
// (ePayBL). The standard knows neither notifications nor refunds nor a list of transactions; a list is asked for where the operator names its address.
package xbezahldienste

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"portalverbund/api/types"
	"portalverbund/server/payments"
	"portalverbund/server/platform/outbound"
)

// Limits of the standard.
const (
	maxPurpose     = 27
	maxDescription = 250
	timeout        = 15 * time.Second
	maxAnswer      = 1 << 20
	maxList        = 32 << 20
)

// Settings are what an operator has of their payment service. Of the ways to prove the portal at most one is given.
type Settings struct {
	URL          string `json:"url"`          // up to and without /paymenttransaction
	OriginatorID string `json:"originatorId"` // the portal
	EndPointID   string `json:"endPointId"`   // the authority
	TokenURL     string `json:"tokenUrl"`     // OAuth 2.0 client credentials
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	User         string `json:"user"` // HTTP Basic
	Password     string `json:"password"`
	Certificate  string `json:"certificate"` // file with a client certificate (PEM)
	Key          string `json:"key"`         // file with its key (PEM)
	ListURL      string `json:"listUrl"`     // of a list of transactions, which is no part of the standard

	pair *tls.Certificate // in place of the files
}

// Client is a payments.Provider.
type Client struct {
	s    Settings
	http *http.Client
}

var _ payments.Provider = (*Client)(nil)

var identifier = regexp.MustCompile(`^[\w-]{1,36}$`)

// New checks the settings and makes a Client. options are those of calls to other machines.
func New(s Settings, options outbound.Options) (*Client, error) {
	if u, err := url.Parse(s.URL); err != nil || u.Host == "" {
		return nil, errors.New("xbezahldienste: the address is not valid")
	}
	if !identifier.MatchString(s.OriginatorID) || !identifier.MatchString(s.EndPointID) {
		return nil, errors.New("xbezahldienste: originatorId and endPointId must be given")
	}
	s.URL = strings.TrimRight(s.URL, "/")
	options.Timeout, options.MaxResponse = timeout, maxAnswer
	if s.ListURL != "" {
		options.MaxResponse = maxList
	}
	if s.Certificate != "" {
		certificate, err := tls.LoadX509KeyPair(s.Certificate, s.Key)
		if err != nil {
			return nil, fmt.Errorf("xbezahldienste: read client certificate: %w", err)
		}
		s.pair = &certificate
	}
	if s.pair != nil {
		proves := &tls.Config{MinVersion: tls.VersionTLS12}
		if options.TLS != nil { // whom we believe stays
			proves = options.TLS.Clone()
		}
		proves.Certificates = []tls.Certificate{*s.pair}
		options.TLS = proves
	}
	client := outbound.Client(options)
	if s.TokenURL != "" {
		client = &http.Client{
			Transport: newBearer(s, client), Timeout: timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Client{s: s, http: client}, nil
}

// Dial makes a Client of what administrators have set.
func Dial(c payments.Connection, options outbound.Options) (*Client, error) {
	s := Settings{URL: c.URL, OriginatorID: c.OriginatorID, EndPointID: c.EndPointID, ListURL: c.ListURL}
	switch c.Authentication {
	case types.PaymentByOAuth:
		s.TokenURL, s.ClientID, s.ClientSecret = c.TokenURL, c.ClientID, c.Secret
	case types.PaymentByBasic:
		s.User, s.Password = c.ClientID, c.Secret
	case types.PaymentByCertificate:
		pair, err := tls.X509KeyPair([]byte(c.Certificate), []byte(c.Secret))
		if err != nil {
			return nil, fmt.Errorf("xbezahldienste: read client certificate: %w", err)
		}
		s.pair = &pair
	default:
		return nil, fmt.Errorf("xbezahldienste: authentication %q is not known", c.Authentication)
	}
	return New(s, options)
}

// Words of the interface. grosAmount and the word for paid are written so in the standard.
type (
	item struct {
		ID             string            `json:"id"`
		Reference      string            `json:"reference"`
		Description    string            `json:"description"`
		TaxRate        json.Number       `json:"taxRate"`
		Quantity       int               `json:"quantity"`
		TotalNetAmount json.Number       `json:"totalNetAmount"`
		TotalTaxAmount json.Number       `json:"totalTaxAmount"`
		SingleNet      json.Number       `json:"singleNetAmount"`
		SingleTax      json.Number       `json:"singleTaxAmount"`
		BookingData    map[string]string `json:"bookingData,omitempty"`
	}
	request struct {
		RequestID        string      `json:"requestId"`
		RequestTimestamp string      `json:"requestTimestamp"`
		Currency         string      `json:"currency"`
		GrosAmount       json.Number `json:"grosAmount"`
		Purpose          string      `json:"purpose"`
		Description      string      `json:"description"`
		RedirectURL      string      `json:"redirectUrl"`
		Items            []item      `json:"items"`
	}
	information struct {
		TransactionID          string `json:"transactionId"`
		TransactionRedirectURL string `json:"transactionRedirectUrl"`
		PaymentMethod          string `json:"paymentMethod"`
		Status                 string `json:"status"`
	}
	transaction struct {
		PaymentInformation information `json:"paymentInformation"`
		PaymentRequest     request     `json:"paymentRequest"`
	}
	functionalError struct {
		FunctionalCode string `json:"functionalCode"`
	}
)

// Open places a payment (POST /paymenttransaction/{originatorId}/{endPointId}). Who pays is not told: the provider asks them itself.
func (c *Client) Open(ctx context.Context, o payments.Order) (payments.Transaction, error) {
	amount := json.Number(o.Amount.Decimal())
	body, err := json.Marshal(request{
		RequestID: o.RequestID.String(), RequestTimestamp: o.At.UTC().Format(time.RFC3339), Currency: payments.Currency, GrosAmount: amount,
		Purpose: cut(plain("KZ "+o.Reference), maxPurpose), Description: cut(o.Purpose, maxDescription), RedirectURL: o.ReturnURL,
		Items: []item{{
			ID: "1", Reference: o.Reference, Description: cut(o.Purpose, maxDescription), TaxRate: "0", Quantity: 1, TotalNetAmount: amount, TotalTaxAmount: "0.00", SingleNet: amount,
			SingleTax: "0.00", BookingData: map[string]string{"haushaltsstelle": o.Budget, "kassenzeichen": o.Reference, "notifyUrl": o.NotifyURL},
		}},
	})
	if err != nil {
		return payments.Transaction{}, fmt.Errorf("place payment: %w", err)
	}
	t, err := c.call(ctx, http.MethodPost, c.place(), bytes.NewReader(body))
	if err != nil {
		return payments.Transaction{}, fmt.Errorf("place payment: %w", err)
	}
	return t, nil
}

// Ask reads a payment (GET /paymenttransaction/{originatorId}/{endPointId}/{transactionId}).
func (c *Client) Ask(ctx context.Context, id string) (payments.Transaction, error) {
	t, err := c.call(ctx, http.MethodGet, c.place()+"/"+url.PathEscape(id), nil)
	if err != nil {
		return payments.Transaction{}, fmt.Errorf("read payment: %w", err)
	}
	return t, nil
}

// List reads the paid transactions of some days: a JSON list at the operator's address, with the parameters from and to.
func (c *Client) List(ctx context.Context, from, to time.Time) ([]payments.Transaction, error) {
	if c.s.ListURL == "" {
		return nil, payments.ErrNoList
	}
	query := url.Values{"from": {from.Format(time.DateOnly)}, "to": {to.Format(time.DateOnly)}}
	var list []transaction
	if err := c.do(ctx, http.MethodGet, c.s.ListURL+"?"+query.Encode(), nil, &list); err != nil {
		return nil, fmt.Errorf("read list of payments: %w", err)
	}
	out := make([]payments.Transaction, 0, len(list))
	for _, t := range list {
		one, err := t.read()
		if err != nil {
			return nil, fmt.Errorf("read list of payments: %w", err)
		}
		if one.Status == payments.Paid {
			out = append(out, one)
		}
	}
	return out, nil
}

func (c *Client) place() string {
	return c.s.URL + "/paymenttransaction/" + url.PathEscape(c.s.OriginatorID) + "/" + url.PathEscape(c.s.EndPointID)
}

func (c *Client) call(ctx context.Context, method, address string, body io.Reader) (payments.Transaction, error) {
	var t transaction
	if err := c.do(ctx, method, address, body, &t); err != nil {
		return payments.Transaction{}, err
	}
	return t.read()
}

// do calls the provider. Its functional errors become those of payments; of any other error it is open whether it had an effect. Nothing of an answer gets
// into an error's text.
func (c *Client) do(ctx context.Context, method, address string, body io.Reader, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(c.proven(req))
	if err != nil {
		return withoutAnswer(err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	if res.StatusCode >= http.StatusMultipleChoices {
		return refusal(method, res)
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	return nil
}

// withoutAnswer keeps what an authorisation server answered out of the log: it may repeat what it was sent.
func withoutAnswer(err error) error {
	var token *oauth2.RetrieveError
	if errors.As(err, &token) && token.Response != nil {
		return fmt.Errorf("the provider gives no access token: status %d", token.Response.StatusCode)
	}
	return err
}

func refusal(method string, res *http.Response) error {
	var f functionalError
	_ = json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&f) // without one, the status says it
	switch {
	case res.StatusCode == http.StatusUnauthorized: // about this portal and not about what it asks: the same request may be taken later
		return errors.New("the provider does not know this portal: status 401")
	case f.FunctionalCode == "PAYMENT_EXISTS":
		return payments.ErrPlaced
	case method == http.MethodGet && res.StatusCode == http.StatusNotFound:
		return payments.ErrNoTransaction
	}
	switch f.FunctionalCode {
	case "NO_VALID_ORIGINATOR_OR_ENDPOINT", "NO_VALID_ORIGINATOR_OR_DESTINATION", "CALCULATION_ERROR", "BOOKING_DATA_MISSING", "VALIDATION_ERROR", "FORBIDDEN":
		return fmt.Errorf("%s: %w", f.FunctionalCode, payments.ErrRefused)
	}
	return fmt.Errorf("status %d", res.StatusCode)
}

func (t transaction) read() (payments.Transaction, error) {
	amount, err := payments.ParseDecimal(t.PaymentRequest.GrosAmount.String())
	if err != nil {
		return payments.Transaction{}, errors.New("the answer has no amount in euros and cents")
	}
	out := payments.Transaction{
		ID: t.PaymentInformation.TransactionID, RequestID: t.PaymentRequest.RequestID, Amount: amount, Currency: t.PaymentRequest.Currency,
		PayURL: t.PaymentInformation.TransactionRedirectURL, Method: t.PaymentInformation.PaymentMethod,
	}
	switch t.PaymentInformation.Status {
	case "INITIAL":
		out.Status = payments.Initial
	case "PAYED": //nolint:misspell // so the standard
		out.Status = payments.Paid
	case "FAILED":
		out.Status = payments.Failed
	case "CANCELED":
		out.Status = payments.Cancelled
	default:
		return out, errors.New("the answer has no status of the standard")
	}
	if out.ID == "" || len(out.ID) > 44 {
		return out, errors.New("the answer has no transaction id")
	}
	if !regexp.MustCompile(`^[A-Z_]{0,20}$`).MatchString(out.Method) {
		out.Method = "OTHER"
	}
	return out, nil
}

// plain leaves what the standard allows in a purpose.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (r == ' ' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return ' '
	}, text)
}

func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit])
}
