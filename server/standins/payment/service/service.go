// Package service is a payment service, "Bezahldienst (Beispiel)", behind XBezahldienste 1.0.0: access tokens by OAuth 2.0 client credentials, HTTP Basic or client
// certificates, whichever a portal is to prove itself by, transactions that are placed and read, a page where people pay, cancel or fail, and what the standard does not have but many services do: notifications and a list
// of what was paid. No money moves. Its owner can make it fail before or after it has done something, answer late, and lie about amounts.
package service

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Statuses of the standard.
const (
	Initial  = "INITIAL"
	Paid     = "PAYED" //nolint:misspell // so the standard
	Failed   = "FAILED"
	Canceled = "CANCELED"
)

const (
	tokenLife = 5 * time.Minute
	maxBody   = 64 << 10
	maxKept   = 100_000 // transactions
)

// Ways in which a portal proves itself.
const (
	ByToken       = "" // an access token, got with id and secret
	ByPassword    = "basic"
	ByCertificate = "certificate" // in TLS; the secret is the certificate's fingerprint: its SHA-256, in hex
)

// Client is a portal that may place payments, proven in one way and no other.
type Client struct {
	ID, Secret string
	Originator string
	By         string
}

// Options are what New needs.
type Options struct {
	PublicURL string // where people reach it
	Clients   []Client
	File      string           // where transactions are kept; empty: in memory only
	Now       func() time.Time // default: the machine's clock
}

// Amounts are texts with two decimals, as they are sent; cents here are whole numbers.
type (
	item struct {
		ID             string            `json:"id"`
		Quantity       int               `json:"quantity"`
		TotalNetAmount json.Number       `json:"totalNetAmount"`
		TotalTaxAmount json.Number       `json:"totalTaxAmount"`
		BookingData    map[string]string `json:"bookingData,omitempty"`
	}
	// Request is what a portal places.
	Request struct {
		RequestID        string      `json:"requestId"`
		RequestTimestamp string      `json:"requestTimestamp"`
		Currency         string      `json:"currency"`
		GrosAmount       json.Number `json:"grosAmount"`
		Purpose          string      `json:"purpose"`
		Description      string      `json:"description"`
		RedirectURL      string      `json:"redirectUrl"`
		Items            []item      `json:"items"`
	}
	// Information is what is told of a transaction.
	Information struct {
		TransactionURL         string `json:"transactionUrl"`
		TransactionRedirectURL string `json:"transactionRedirectUrl,omitempty"`
		TransactionID          string `json:"transactionId"`
		TransactionReference   string `json:"transactionReference,omitempty"`
		TransactionTimestamp   string `json:"transactionTimestamp"`
		PaymentMethod          string `json:"paymentMethod,omitempty"`
		Status                 string `json:"status"`
	}
	// Transaction is one payment.
	Transaction struct {
		PaymentInformation Information `json:"paymentInformation"`
		PaymentRequest     Request     `json:"paymentRequest"`
	}
)

type kept struct {
	Transaction

	Originator string    `json:"originator"`
	EndPoint   string    `json:"endPoint"`
	Received   int64     `json:"received"` // cents that were paid
	PaidAt     time.Time `json:"paidAt"`
	Notify     string    `json:"notify,omitempty"`
}

// Faults are what goes wrong next, each so many times.
type Faults struct {
	Before, After int           // calls of portals that fail before, or after they had an effect
	Delay         time.Duration // of each answer to portals
	Quiet         bool          // no notifications
	Twice         bool          // notifications come twice
}

// Service is the payment service. It is safe for use by several goroutines.
type Service struct {
	o    Options
	http *http.Client

	mu     sync.Mutex
	tokens map[string]token
	kept   map[string]*kept
	order  []string // ids, the oldest first
	placed map[string]string
	faults Faults
}

type token struct {
	originator string
	until      time.Time
}

// New makes a Service and reads what it had kept.
func New(o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	s := &Service{o: o, http: &http.Client{Timeout: 5 * time.Second}, tokens: map[string]token{}, kept: map[string]*kept{}, placed: map[string]string{}}
	if o.File == "" {
		return s, nil
	}
	data, err := os.ReadFile(o.File)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read transactions: %w", err)
	}
	var all []*kept
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("read transactions: %w", err)
	}
	for _, k := range all {
		s.keep(k)
	}
	return s, nil
}

func (s *Service) keep(k *kept) {
	id := k.PaymentInformation.TransactionID
	s.kept[id] = k
	s.order = append(s.order, id)
	s.placed[k.Originator+" "+k.PaymentRequest.RequestID] = id
	if len(s.order) > maxKept {
		gone := s.order[0]
		s.order = s.order[1:]
		delete(s.placed, s.kept[gone].Originator+" "+s.kept[gone].PaymentRequest.RequestID)
		delete(s.kept, gone)
	}
}

// save writes all transactions into the file, in the lock.
func (s *Service) save() error {
	if s.o.File == "" {
		return nil
	}
	all := make([]*kept, 0, len(s.order))
	for _, id := range s.order {
		all = append(all, s.kept[id])
	}
	data, err := json.Marshal(all)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.o.File), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(s.o.File+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(s.o.File+".new", s.o.File)
}

// SetFaults says what goes wrong from now on.
func (s *Service) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Handler answers portals and people.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/token", s.token)
	mux.HandleFunc("POST /paymenttransaction/{originator}/{endPoint}", s.faulty(s.place))
	mux.HandleFunc("GET /paymenttransaction/{originator}/{endPoint}/{id}", s.faulty(s.read))
	mux.HandleFunc("GET /status/{originator}/{endPoint}", s.authorised(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	mux.HandleFunc("GET /liste/{originator}/{endPoint}", s.authorised(s.list))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	s.pages(mux)
	return http.NewCrossOriginProtection().Handler(mux)
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the reader has gone when it fails
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "status": status, "title": http.StatusText(status), "functionalCode": code}) // as above
}

// token gives an access token (RFC 6749, section 4.4).
func (s *Service) token(w http.ResponseWriter, r *http.Request) {
	id, password, _ := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	password, _ = url.QueryUnescape(password)
	for _, c := range s.o.Clients {
		if c.By != ByToken || c.ID != id || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(password)) != 1 {
			continue
		}
		if r.FormValue("grant_type") != "client_credentials" {
			answer(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
			return
		}
		value := rand.Text()
		s.mu.Lock()
		s.tokens[value] = token{originator: c.Originator, until: s.o.Now().Add(tokenLife)}
		for known, t := range s.tokens {
			if s.o.Now().After(t.until) {
				delete(s.tokens, known)
			}
		}
		s.mu.Unlock()
		w.Header().Set("Cache-Control", "no-store")
		answer(w, http.StatusOK, map[string]any{"access_token": value, "token_type": "Bearer", "expires_in": int(tokenLife.Seconds())})
		return
	}
	w.Header().Set("WWW-Authenticate", "Basic")
	answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
}

// prover gives the originator that a request proves to come from; false when it proves none.
func (s *Service) prover(r *http.Request) (originator string, known bool) {
	if value, isToken := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); isToken {
		s.mu.Lock()
		defer s.mu.Unlock()
		t, known := s.tokens[value]
		return t.originator, known && !s.o.Now().After(t.until)
	}
	if id, password, isBasic := r.BasicAuth(); isBasic {
		return s.client(ByPassword, func(c Client) bool {
			return c.ID == id && subtle.ConstantTimeCompare([]byte(c.Secret), []byte(password)) == 1
		})
	}
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return "", false
	}
	shown := Fingerprint(r.TLS.PeerCertificates[0].Raw) // that its key is there, the handshake has shown
	return s.client(ByCertificate, func(c Client) bool { return c.Secret == shown })
}

func (s *Service) client(by string, is func(Client) bool) (originator string, known bool) {
	at := slices.IndexFunc(s.o.Clients, func(c Client) bool { return c.By == by && is(c) })
	if at < 0 {
		return "", false
	}
	return s.o.Clients[at].Originator, true
}

// Fingerprint is the SHA-256 of a certificate (DER), in hex.
func Fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// authorised lets in the originator in the path.
func (s *Service) authorised(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch originator, known := s.prover(r); {
		case !known:
			refuse(w, http.StatusUnauthorized, "FORBIDDEN")
		case originator != r.PathValue("originator"):
			refuse(w, http.StatusForbidden, "NO_VALID_ORIGINATOR_OR_ENDPOINT")
		default:
			next(w, r)
		}
	}
}

// faulty answers late, or fails before or after the effect.
func (s *Service) faulty(next http.HandlerFunc) http.HandlerFunc {
	return s.authorised(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		delay, before, after := s.faults.Delay, s.faults.Before > 0, false
		if before {
			s.faults.Before--
		} else if s.faults.After > 0 {
			s.faults.After--
			after = true
		}
		s.mu.Unlock()
		if delay > 0 {
			select {
			case <-time.After(delay):
			case <-r.Context().Done():
				return
			}
		}
		switch {
		case before:
			refuse(w, http.StatusServiceUnavailable, "UNSPECIFIED")
		case after:
			next(nowhere{}, r)
			panic(http.ErrAbortHandler) // the connection breaks off without an answer
		default:
			next(w, r)
		}
	})
}

// nowhere is an answer that is lost.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}

var (
	requestID = regexp.MustCompile(`^[\w-]{1,36}$`)
	purpose   = regexp.MustCompile(`^[\w\s-]{1,27}$`)
	decimal   = regexp.MustCompile(`^\d{1,6}(\.\d{1,2})?$`)
)

// cents reads an amount as it is sent.
func cents(n json.Number) (int64, bool) {
	if !decimal.MatchString(string(n)) {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return 0, false
	}
	r.Mul(r, big.NewRat(100, 1))
	return r.Num().Int64(), r.IsInt()
}

// place takes a payment.
func (s *Service) place(w http.ResponseWriter, r *http.Request) {
	var in Request
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	if err := decoder.Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "VALIDATION_ERROR")
		return
	}
	total, ok := cents(in.GrosAmount)
	back, err := url.Parse(in.RedirectURL)
	if !ok || total <= 0 || err != nil || back.Host == "" || !requestID.MatchString(in.RequestID) || !purpose.MatchString(in.Purpose) || in.Currency != "EUR" ||
		len(in.Items) == 0 || len(in.Items) > 99 || len([]rune(in.Description)) > 250 || len(in.RedirectURL) > 2082 {
		refuse(w, http.StatusBadRequest, "VALIDATION_ERROR")
		return
	}
	sum := int64(0)
	for _, i := range in.Items {
		net, ok1 := cents(i.TotalNetAmount)
		tax, ok2 := cents(i.TotalTaxAmount)
		if !ok1 || !ok2 {
			refuse(w, http.StatusBadRequest, "VALIDATION_ERROR")
			return
		}
		sum += net + tax
	}
	if sum != total {
		refuse(w, http.StatusBadRequest, "CALCULATION_ERROR")
		return
	}
	if in.Items[0].BookingData["kassenzeichen"] == "" {
		refuse(w, http.StatusBadRequest, "BOOKING_DATA_MISSING")
		return
	}
	id := strings.ToLower(rand.Text()) // 26 characters, 130 bits: whoever knows the address of the page may pay
	k := &kept{
		Originator: r.PathValue("originator"), EndPoint: r.PathValue("endPoint"), Notify: in.Items[0].BookingData["notifyUrl"],
		Transaction: Transaction{PaymentRequest: in, PaymentInformation: Information{
			TransactionURL: s.o.PublicURL + r.URL.Path + "/" + id, TransactionRedirectURL: s.o.PublicURL + "/bezahlen/" + id, TransactionID: id,
			TransactionReference: in.Items[0].BookingData["kassenzeichen"], TransactionTimestamp: s.o.Now().UTC().Format(time.RFC3339), Status: Initial,
		}},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.placed[k.Originator+" "+in.RequestID]; taken {
		refuse(w, http.StatusConflict, "PAYMENT_EXISTS")
		return
	}
	s.keep(k)
	if err := s.save(); err != nil {
		refuse(w, http.StatusInternalServerError, "UNSPECIFIED")
		return
	}
	answer(w, http.StatusCreated, k.Transaction)
}

// read tells of a payment.
func (s *Service) read(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.kept[r.PathValue("id")]
	if !known || k.Originator != r.PathValue("originator") || k.EndPoint != r.PathValue("endPoint") {
		refuse(w, http.StatusNotFound, "VALIDATION_ERROR")
		return
	}
	answer(w, http.StatusOK, k.told())
}

// told is a transaction as it is told: the amount is what was paid.
func (k *kept) told() Transaction {
	t := k.Transaction
	if t.PaymentInformation.Status != Initial {
		t.PaymentInformation.TransactionRedirectURL = ""
	}
	if t.PaymentInformation.Status == Paid {
		t.PaymentRequest.GrosAmount = json.Number(fmt.Sprintf("%d.%02d", k.Received/100, k.Received%100))
	}
	return t
}

// list tells what was paid on some days.
func (s *Service) list(w http.ResponseWriter, r *http.Request) {
	from, err1 := time.ParseInLocation(time.DateOnly, r.FormValue("from"), time.Local)
	to, err2 := time.ParseInLocation(time.DateOnly, r.FormValue("to"), time.Local)
	if err1 != nil || err2 != nil {
		refuse(w, http.StatusBadRequest, "VALIDATION_ERROR")
		return
	}
	out := []Transaction{}
	s.mu.Lock()
	for _, id := range s.order {
		k := s.kept[id]
		if k.Originator == r.PathValue("originator") && k.EndPoint == r.PathValue("endPoint") && k.PaymentInformation.Status == Paid &&
			!k.PaidAt.Before(from) && k.PaidAt.Before(to.AddDate(0, 0, 1)) {
			out = append(out, k.told())
		}
	}
	s.mu.Unlock()
	answer(w, http.StatusOK, out)
}

// Finish ends a transaction that is open, as somebody does at its page: paid with an amount (0: what is asked), failed or cancelled. It gives the address to go
// back to; false when there is no such open transaction.
func (s *Service) Finish(id, status, method string, received int64) (back string, ok bool) {
	s.mu.Lock()
	k, known := s.kept[id]
	if !known || k.PaymentInformation.Status != Initial || !slices.Contains([]string{Paid, Failed, Canceled}, status) {
		s.mu.Unlock()
		return "", false
	}
	k.PaymentInformation.Status = status
	if status == Paid {
		if received <= 0 {
			received, _ = cents(k.PaymentRequest.GrosAmount)
		}
		k.Received, k.PaidAt, k.PaymentInformation.PaymentMethod = received, s.o.Now(), method
	}
	_ = s.save() // it is there in memory; the next one writes it
	notify, times := k.Notify, 1
	if s.faults.Quiet {
		times = 0
	} else if s.faults.Twice {
		times = 2
	}
	s.mu.Unlock()
	if notify != "" {
		for range times {
			go s.notify(notify)
		}
	}
	return k.PaymentRequest.RedirectURL, true
}

// Amend makes another amount of what was paid, as a chargeback does: a difference for those who compare. 0 takes the transaction out of the list.
func (s *Service) Amend(id string, received int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, known := s.kept[id]; known && k.PaymentInformation.Status == Paid {
		if k.Received = received; received <= 0 {
			k.PaidAt = time.Time{}
		}
		_ = s.save() // as above
	}
}

// ForgetTokens makes every access token invalid, as when the program is started anew.
func (s *Service) ForgetTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// Plant adds a transaction that no portal has placed: another difference.
func (s *Service) Plant(originator, endPoint string, amount int64) string {
	id := strings.ToLower(rand.Text())
	k := &kept{Originator: originator, EndPoint: endPoint, Received: amount, PaidAt: s.o.Now()}
	k.PaymentInformation = Information{TransactionID: id, Status: Paid, PaymentMethod: "OTHER"}
	k.PaymentRequest = Request{RequestID: id, Currency: "EUR", GrosAmount: json.Number(fmt.Sprintf("%d.%02d", amount/100, amount%100))}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(k)
	_ = s.save() // as above
	return id
}

// Truth gives what was paid at this service, in cents by transaction.
func (s *Service) Truth() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int64{}
	for id, k := range s.kept {
		if k.PaymentInformation.Status == Paid {
			out[id] = k.Received
		}
	}
	return out
}

// Open gives the transactions that can be paid, the oldest first.
func (s *Service) Open() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, id := range s.order {
		if s.kept[id].PaymentInformation.Status == Initial {
			out = append(out, id)
		}
	}
	return out
}

// notify tells the portal that something has changed, as services do that are no part of the standard: what is in it counts for nothing.
func (s *Service) notify(address string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(nil))
	if err != nil {
		return
	}
	res, err := s.http.Do(req)
	if err == nil {
		_ = res.Body.Close()
	}
}

// PaidOf gives what was paid of a transaction, in cents.
func (s *Service) PaidOf(id string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, known := s.kept[id]; known {
		return k.Received
	}
	return 0
}
