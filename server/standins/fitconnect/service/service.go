// Package service plays FIT-Connect in demonstrations and tests: its authorisation server, routing, submission API 2 with signed event log, and the
// software of an authority ("Fachverfahren (Beispiel)") behind one destination. It checks what real ones check: tokens, formats, that everything
// announced is there, and then, decrypted, every hash. Its owner can make it accept, reject or wait, and lie in several ways.
package service

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

const (
	eventPrefix  = "https://schema.fitko.de/fit-connect/events/"
	problems     = eventPrefix + "problems/"
	serviceURN   = "urn:de:fim:leika:leistung:"
	areaURN      = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs:"
	schemaURI    = "https://schema.fim.fitko.net/schemas/S00000000001_1.0.schema.json"
	decryptKid   = "beispiel-wrap-1"
	signKid      = "beispiel-verify-1"
	serviceKid   = "zustelldienst-1"
	portalKid    = "self-service-1"
	maxJWE       = 300 << 20
	maxText      = 8 << 20
	maxAnnounced = 101
	maxKept      = 10_000
	tokenLife    = 30 * time.Minute
)

// Decisions of the authority's software.
const (
	Accept = "accept"
	Reject = "reject"
	Wait   = "wait"
)

// Behaviour is what the owner wants to happen.
type Behaviour struct {
	Decide         string        // what becomes of a submission that is right; empty: Accept
	TokenLife      time.Duration // 0: 30 minutes
	Routes         int           // competent destinations that are named; 0: one
	WrongAddress   bool          // the signed address is of another place
	ForeignChain   bool          // the destination's keys are certified by somebody else
	NoChain        bool          // or by nobody
	KeyAlg, KeyOp  string        // of the encryption key, when they are to be wrong
	Forge          bool          // the log has an acceptance that is signed by somebody else, and one by the service
	Doubled        bool          // the log has each event twice, the latest first
	ForgetUnsealed bool          // what was announced is forgotten once
	OCSP           string        // of the destination's certificates; empty: good, else RevokedCertificate or NoAnswer
}

// Options are what New needs.
type Options struct {
	PublicURL string            // without a slash at the end
	Clients   map[string]string // secrets of senders by id
	LeikaKeys []string          // services that the destination takes
	ARS       string            // of its area, 12 digits
	Keys      Keys
	Now       func() time.Time
}

// Submission is what a destination was sent.
type Submission struct {
	ID, CaseID  uuid.UUID
	State       string // incomplete, submitted, accepted, rejected
	Number      string // of the sender
	Data        []byte // decrypted
	Attachments map[uuid.UUID]Attachment
	Problems    []string
	SubmittedAt time.Time
}

// Attachment is a file of it, decrypted.
type Attachment struct {
	Name, MimeType string
	Size           int64
	SHA256         [32]byte
}

type kept struct {
	Submission

	announced []uuid.UUID
	jwes      map[uuid.UUID]string
	metadata  string
	data      string
	log       []string
}

// Service is FIT-Connect. It is safe for use by several goroutines.
type Service struct {
	o           Options
	destination uuid.UUID
	foreign     authority

	mu     sync.Mutex
	b      Behaviour
	tokens map[string]time.Time
	kept   map[uuid.UUID]*kept
	order  []uuid.UUID
	calls  map[string]int
}

// New makes a Service.
func New(o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	foreign, err := newAuthority("Unbekannt")
	if err != nil {
		return nil, err
	}
	return &Service{
		o: o, foreign: foreign, destination: uuid.NewSHA1(uuid.NameSpaceURL, []byte(o.PublicURL)), tokens: map[string]time.Time{}, kept: map[uuid.UUID]*kept{}, calls: map[string]int{},
	}, nil
}

// Destination is the id of the destination.
func (s *Service) Destination() uuid.UUID { return s.destination }

// Behave changes what happens from now on.
func (s *Service) Behave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b = b
}

// EndTokens lets all access tokens be refused from now on.
func (s *Service) EndTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// Calls says how often an operation was called: token, announce, attachment, submit.
func (s *Service) Calls(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[operation]
}

// Submissions lists what was announced, the oldest first.
func (s *Service) Submissions() []Submission {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Submission
	for _, id := range s.order {
		all = append(all, s.kept[id].Submission)
	}
	return all
}

// Handler answers everything under the public address.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("GET /portal/.well-known/jwks.json", s.jwks(portalKid))
	mux.HandleFunc("POST /ocsp", s.ocsp)
	mux.HandleFunc("GET /routing/v1/routes", s.routes)
	mux.HandleFunc("GET /submission-api/.well-known/jwks.json", s.jwks(serviceKid))
	for pattern, fn := range map[string]http.HandlerFunc{
		"GET /submission-api/v2/destinations/{id}":                   s.getDestination,
		"GET /submission-api/v2/destinations/{id}/keys/{kid}":        s.getKey,
		"POST /submission-api/v2/submissions":                        s.announce,
		"PUT /submission-api/v2/submissions/{id}/attachments/{file}": s.attach,
		"PUT /submission-api/v2/submissions/{id}":                    s.submit,
		"GET /submission-api/v2/cases/{id}/events":                   s.events,
	} {
		mux.HandleFunc(pattern, s.authorised(fn))
	}
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("POST /entscheidung", s.decideByHand)
	return mux
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the caller may have gone
}

// refuse writes a problem.
func refuse(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "https://schema.fitko.de/fit-connect/submission-api/problems/" + kind, "title": kind, "status": status})
}

func (s *Service) count(operation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[operation]++
}

func (s *Service) token(w http.ResponseWriter, r *http.Request) {
	s.count("token")
	r.Body = http.MaxBytesReader(w, r.Body, maxText)
	if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") != "client_credentials" {
		answer(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
		return
	}
	secret, known := s.o.Clients[r.PostForm.Get("client_id")]
	if !known || subtle.ConstantTimeCompare([]byte(secret), []byte(r.PostForm.Get("client_secret"))) != 1 {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": "secret " + r.PostForm.Get("client_secret")})
		return
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	token := base64.RawURLEncoding.EncodeToString(raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	life := s.b.TokenLife
	if life == 0 {
		life = tokenLife
	}
	s.tokens[token] = s.o.Now().Add(life)
	answer(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(life.Seconds())})
}

func (s *Service) authorised(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		s.mu.Lock()
		until, known := s.tokens[token]
		s.mu.Unlock()
		if !is || !known || s.o.Now().After(until) {
			refuse(w, http.StatusUnauthorized, "unauthorized")
			return
		}
		next(w, r)
	}
}

func (s *Service) jwks(kid string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &s.o.Keys.service.PublicKey, KeyID: kid, Algorithm: string(jose.PS512), Use: "sig"}}})
	}
}

func (s *Service) behaviour() Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b
}

func (s *Service) routes(w http.ResponseWriter, r *http.Request) {
	b := s.behaviour()
	key, ars := r.URL.Query().Get("leikaKey"), r.URL.Query().Get("ars")
	if len(key) != 14 || len(ars) != 12 {
		refuse(w, http.StatusBadRequest, "invalid-parameter")
		return
	}
	routes := []map[string]any{}
	area := strings.TrimRight(s.o.ARS, "0")
	if slices.Contains(s.o.LeikaKeys, key) && strings.HasPrefix(ars, area) {
		signed := s.o.ARS
		if b.WrongAddress {
			signed = "120645410000"
		}
		host, _ := url.Parse(s.o.PublicURL) // it was given by the owner
		payload, _ := json.Marshal(map[string]any{
			"iss": s.o.PublicURL + "/portal", "submissionHost": host.Host, "destinationId": s.destination, "iat": s.o.Now().Unix(), "jti": uuid.NewString(),
			"services": []map[string]any{{"gebietIDs": []string{areaURN + signed}, "leistungIDs": []string{serviceURN + key}}},
		})
		token, err := sign(s.o.Keys.service, portalKid, "jwt", payload)
		if err != nil {
			refuse(w, http.StatusInternalServerError, "internal")
			return
		}
		for range max(b.Routes, 1) {
			routes = append(routes, map[string]any{"destinationId": s.destination, "destinationSignature": token, "destinationName": "Fachverfahren (Beispiel)"})
		}
	}
	answer(w, http.StatusOK, map[string]any{"count": len(routes), "offset": 0, "totalCount": len(routes), "routes": routes})
}

func (s *Service) getDestination(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("id") != s.destination.String() {
		refuse(w, http.StatusNotFound, "destination-not-found")
		return
	}
	var services []map[string]any
	for _, key := range s.o.LeikaKeys {
		services = append(services, map[string]any{"identifier": serviceURN + key, "regions": []string{"DE" + s.o.ARS}, "submissionSchemas": []map[string]string{
			{"schemaUri": schemaURI, "mimeType": "application/json"}, {"schemaUri": "urn:xoev-de:beispiel", "mimeType": "application/xml"},
		}})
	}
	answer(w, http.StatusOK, map[string]any{
		"destinationId": s.destination, "status": "active", "name": "Fachverfahren (Beispiel)", "encryptionKid": decryptKid, "metadataVersions": []string{"2.1.0"}, "publicServices": services,
	})
}

func (s *Service) getKey(w http.ResponseWriter, r *http.Request) {
	b := s.behaviour()
	if r.PathValue("id") != s.destination.String() {
		refuse(w, http.StatusNotFound, "destination-not-found")
		return
	}
	by := s.o.Keys.authority
	by.ocsp = s.o.PublicURL + "/ocsp"
	if b.ForeignChain {
		by = s.foreign
	}
	var jwk map[string]any
	var err error
	switch r.PathValue("kid") {
	case decryptKid:
		jwk, err = by.jwk(&s.o.Keys.decryption.PublicKey, decryptKid, "RSA-OAEP-256", "wrapKey")
		if b.KeyAlg != "" {
			jwk["alg"] = b.KeyAlg
		}
		if b.KeyOp != "" {
			jwk["key_ops"] = []string{b.KeyOp}
		}
	case signKid:
		jwk, err = by.jwk(&s.o.Keys.signing.PublicKey, signKid, "PS512", "verify")
	default:
		refuse(w, http.StatusNotFound, "key-not-found")
		return
	}
	if err != nil {
		refuse(w, http.StatusInternalServerError, "internal")
		return
	}
	if b.NoChain {
		delete(jwk, "x5c")
	}
	answer(w, http.StatusOK, jwk)
}

func (s *Service) announce(w http.ResponseWriter, r *http.Request) {
	s.count("announce")
	var request struct {
		Destination uuid.UUID   `json:"destinationId"`
		Announced   []uuid.UUID `json:"announcedAttachments"`
		Service     struct {
			Name, Identifier string
		} `json:"publicService"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxText)).Decode(&request); err != nil || !is(r, "application/json") {
		refuse(w, http.StatusBadRequest, "invalid-request")
		return
	}
	key, known := strings.CutPrefix(request.Service.Identifier, serviceURN)
	sorted := slices.Clone(request.Announced)
	slices.SortFunc(sorted, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	if request.Destination != s.destination || !known || !slices.Contains(s.o.LeikaKeys, key) || request.Service.Name == "" ||
		len(request.Announced) > maxAnnounced || len(slices.Compact(sorted)) != len(request.Announced) {
		refuse(w, http.StatusUnprocessableEntity, "invalid-submission")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) >= maxKept {
		delete(s.kept, s.order[0])
		s.order = s.order[1:]
	}
	k := &kept{Submission: Submission{ID: uuid.New(), CaseID: uuid.New(), State: "incomplete"}, announced: request.Announced, jwes: map[uuid.UUID]string{}}
	s.kept[k.ID], s.order = k, append(s.order, k.ID)
	s.say(k, "create-submission", false, nil)
	answer(w, http.StatusCreated, map[string]any{"submissionId": k.ID, "caseId": k.CaseID})
}

func is(r *http.Request, want string) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == want
}

// find gives a submission by the path; s is locked.
func (s *Service) find(r *http.Request) *kept {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return nil
	}
	return s.kept[id]
}

func (s *Service) attach(w http.ResponseWriter, r *http.Request) {
	s.count("attachment")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJWE))
	if err != nil || !is(r, "application/jose") {
		refuse(w, http.StatusBadRequest, "invalid-request")
		return
	}
	file, err := uuid.Parse(r.PathValue("file"))
	if err != nil {
		refuse(w, http.StatusNotFound, "attachment-not-found")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.find(r)
	switch {
	case k == nil || s.b.ForgetUnsealed:
		s.b.ForgetUnsealed = false
		refuse(w, http.StatusNotFound, "submission-not-found")
	case k.State != "incomplete":
		refuse(w, http.StatusConflict, "already-submitted")
	case !slices.Contains(k.announced, file):
		refuse(w, http.StatusUnprocessableEntity, "not-announced")
	case checkJWE(string(body), "") != nil:
		refuse(w, http.StatusUnprocessableEntity, "invalid-jwe")
	default:
		k.jwes[file] = string(body)
		w.WriteHeader(http.StatusNoContent)
	}
}

// checkJWE looks at a JWE as the service can, without the key.
func checkJWE(text, contentType string) error {
	parts := strings.Split(text, ".")
	if len(parts) != 5 {
		return errors.New("not compact")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return err
	}
	var h struct{ Alg, Enc, Kid, Cty string }
	if err := json.Unmarshal(raw, &h); err != nil {
		return err
	}
	if h.Alg != "RSA-OAEP-256" || h.Enc != "A256GCM" || h.Kid != decryptKid || contentType != "" && h.Cty != contentType {
		return errors.New("header")
	}
	return nil
}

func (s *Service) submit(w http.ResponseWriter, r *http.Request) {
	s.count("submit")
	var request struct {
		Metadata string `json:"encryptedMetadata"`
		Data     string `json:"encryptedData"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxText)).Decode(&request); err != nil || !is(r, "application/json") {
		refuse(w, http.StatusBadRequest, "invalid-request")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.find(r)
	switch {
	case k == nil:
		refuse(w, http.StatusNotFound, "submission-not-found")
	case k.State != "incomplete":
		refuse(w, http.StatusConflict, "already-submitted")
	case len(k.jwes) != len(k.announced):
		refuse(w, http.StatusUnprocessableEntity, "attachments-missing")
	case checkJWE(request.Metadata, "application/json") != nil || checkJWE(request.Data, "application/json") != nil:
		refuse(w, http.StatusUnprocessableEntity, "invalid-jwe")
	default:
		k.metadata, k.data, k.State, k.SubmittedAt = request.Metadata, request.Data, "submitted", s.o.Now()
		s.say(k, "submit-submission", false, map[string]any{"authenticationTags": k.tags()})
		s.say(k, "notify-submission", false, map[string]any{})
		s.decide(k)
		answer(w, http.StatusOK, map[string]any{"submissionId": k.ID, "caseId": k.CaseID, "destinationId": s.destination})
	}
}

func (k *kept) tags() map[string]any {
	attachments := map[string]string{}
	for id, jwe := range k.jwes {
		attachments[id.String()] = tag(jwe)
	}
	return map[string]any{"metadata": tag(k.metadata), "data": tag(k.data), "attachments": attachments}
}

func tag(jwe string) string { return jwe[strings.LastIndexByte(jwe, '.')+1:] }

// say adds an event to the log; s is locked.
func (s *Service) say(k *kept, event string, byDestination bool, payload map[string]any) {
	issuer, key, kid := s.o.PublicURL+"/submission-api", s.o.Keys.service, serviceKid
	if byDestination {
		issuer, key, kid = s.destination.String(), s.o.Keys.signing, signKid
	}
	k.log = append(k.log, s.set(k, event, issuer, func(claims []byte) (string, error) { return sign(key, kid, "secevent+jwt", claims) }, payload))
}

func (s *Service) set(k *kept, event, issuer string, signer func([]byte) (string, error), payload map[string]any) string {
	if payload == nil {
		payload = map[string]any{}
	}
	claims, _ := json.Marshal(map[string]any{ // of maps and texts only
		"$schema": "https://schema.fitko.de/fit-connect/set-payload/1.2.2/set-payload.schema.json", "jti": uuid.NewString(), "iss": issuer, "iat": s.o.Now().Unix(),
		"sub": "submission:" + k.ID.String(), "txn": "case:" + k.CaseID.String(), "events": map[string]any{eventPrefix + event: payload},
	})
	token, err := signer(claims)
	if err != nil {
		return ""
	}
	return token
}

func (s *Service) events(w http.ResponseWriter, r *http.Request) {
	s.count("events")
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset")) // 0 without one
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	if limit <= 0 || limit > 500 || offset < 0 {
		refuse(w, http.StatusBadRequest, "invalid-parameter")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.kept {
		if k.CaseID.String() != r.PathValue("id") {
			continue
		}
		log := slices.Clone(k.log)
		if s.b.Forge {
			log = append(log, s.forged(k)...)
		}
		if s.b.Doubled {
			log = append(log, log...)
			slices.Reverse(log)
		}
		log = log[min(offset, len(log)):]
		answer(w, http.StatusOK, map[string]any{"eventLog": log[:min(limit, len(log))], "totalCount": len(k.log)})
		return
	}
	refuse(w, http.StatusNotFound, "case-not-found")
}

// forged are acceptances that nobody may believe: under the destination's name by another key, without a signature, and by the service itself.
func (s *Service) forged(k *kept) []string {
	tags := map[string]any{"authenticationTags": k.tags()}
	id := s.destination.String()
	unsigned := s.set(k, "accept-submission", id, func(claims []byte) (string, error) {
		header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"secevent+jwt","kid":"` + signKid + `"}`))
		return header + "." + base64.RawURLEncoding.EncodeToString(claims) + ".", nil
	}, tags)
	return []string{
		s.set(k, "accept-submission", id, func(claims []byte) (string, error) { return sign(s.o.Keys.service, signKid, "secevent+jwt", claims) }, tags),
		s.set(k, "accept-submission", s.o.PublicURL+"/submission-api", func(claims []byte) (string, error) { return sign(s.o.Keys.service, serviceKid, "secevent+jwt", claims) }, tags),
		unsigned,
	}
}

func sum256(data []byte) [32]byte { return sha256.Sum256(data) }
