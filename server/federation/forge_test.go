package federation

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/problem"
)

// forgery makes a token with any header, claims and key.
func forgery(t testing.TB, header map[string]any, claims any, method jwt.SigningMethod, key any) string {
	t.Helper()
	segment := func(v any) string {
		data, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(data)
	}
	text := segment(header) + "." + segment(claims)
	if method == nil {
		return text + "."
	}
	signature, err := method.Sign(text, key)
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// draft is a right message from one portal to another, to be spoilt.
type draft struct {
	header map[string]any
	claims map[string]any
	method jwt.SigningMethod
	key    any
}

func newDraft(t testing.TB, from, to *portal, text string) *draft {
	t.Helper()
	content, err := json.Marshal(note{text})
	require.NoError(t, err)
	member, err := from.trust.Member(t.Context(), to.id)
	require.NoError(t, err)
	envelope, err := from.seal(member, message{ID: uuid.Must(uuid.NewV7()), Kind: kindNote, Subject: uuid.New(), Seq: 1, Content: content})
	require.NoError(t, err)
	return &draft{header: segmentOf(t, envelope, 0), claims: segmentOf(t, envelope, 1), method: jwt.SigningMethodES256, key: from.keys.Private()}
}

func segmentOf(t testing.TB, token string, part int) map[string]any {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[part])
	require.NoError(t, err)
	var m map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&m))
	return m
}

func (d *draft) text(t testing.TB) string { return forgery(t, d.header, d.claims, d.method, d.key) }

// issuedAt moves the time of signing, as seen from now.
func (d *draft) issuedAt(now time.Time, ago time.Duration) { d.claims["iat"] = now.Add(-ago).Unix() }

// hmacKey is the public key as an attacker would use it for HS256.
func hmacKey(t testing.TB, p *portal) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(p.keys.Private().Public())
	require.NoError(t, err)
	return der
}

func TestReceive_NotRight_RefusedLoggedNoEffect(t *testing.T) {
	t.Parallel()
	ps := portals(t, 3, harness{idle: true})
	a, b, c := ps[0], ps[1], ps[2]
	stranger, err := keys.New(true)
	require.NoError(t, err)
	now := time.Now()
	for name, tc := range map[string]struct {
		status int
		code   string
		spoil  func(d *draft)
	}{
		"signed by another member":  {401, "signature-invalid", func(d *draft) { d.key = c.keys.Private() }},
		"kid of another member":     {401, "signature-invalid", func(d *draft) { d.key, d.header["kid"] = c.keys.Private(), c.keys.Signing.KeyID }},
		"in another member's name":  {401, "signature-invalid", func(d *draft) { d.claims["iss"] = c.id }},
		"by a stranger":             {403, "member-unknown", func(d *draft) { d.key, d.claims["iss"] = stranger.Private(), "https://stranger.example" }},
		"by a stranger as a member": {401, "signature-invalid", func(d *draft) { d.key = stranger.Private() }},
		"in the receiver's name":    {401, "signature-invalid", func(d *draft) { d.claims["iss"] = b.id }},
		"without issuer":            {403, "member-unknown", func(d *draft) { delete(d.claims, "iss") }},
		"for another audience":      {403, "wrong-recipient", func(d *draft) { d.claims["aud"] = c.id }},
		"audience with a slash":     {403, "wrong-recipient", func(d *draft) { d.claims["aud"] = b.id + "/" }},
		"two audiences":             {400, "message-malformed", func(d *draft) { d.claims["aud"] = []string{b.id, c.id} }},
		"without audience":          {403, "wrong-recipient", func(d *draft) { delete(d.claims, "aud") }},
		"a minute ahead":            {401, "message-from-future", func(d *draft) { d.issuedAt(now, -61*time.Second) }},
		"too old":                   {401, "message-expired", func(d *draft) { d.issuedAt(now, 11*time.Minute) }},
		"without time":              {401, "message-expired", func(d *draft) { delete(d.claims, "iat") }},
		"alg none":                  {401, "signature-invalid", func(d *draft) { d.header["alg"], d.method = "none", nil }},
		"alg None":                  {401, "signature-invalid", func(d *draft) { d.header["alg"], d.method = "None", nil }},
		"HS256 with the public key": {401, "signature-invalid", func(d *draft) { d.header["alg"], d.method, d.key = "HS256", jwt.SigningMethodHS256, hmacKey(t, a) }},
		"without alg":               {401, "signature-invalid", func(d *draft) { delete(d.header, "alg") }},
		"embedded jwk":              {400, "message-malformed", func(d *draft) { d.header["jwk"], d.key = stranger.Signing.Public(), stranger.Private() }},
		"embedded jwk of its own":   {400, "message-malformed", func(d *draft) { d.header["jwk"] = a.keys.Signing.Public() }},
		"jku":                       {400, "message-malformed", func(d *draft) { d.header["jku"] = "https://stranger.example/jwks" }},
		"x5u":                       {400, "message-malformed", func(d *draft) { d.header["x5u"] = "https://stranger.example/x" }},
		"crit":                      {400, "message-malformed", func(d *draft) { d.header["crit"] = []string{"exp"} }},
		"unknown kid":               {401, "signature-invalid", func(d *draft) { d.header["kid"] = "other" }},
		"without kid":               {401, "signature-invalid", func(d *draft) { delete(d.header, "kid") }},
		"encryption key's kid":      {401, "signature-invalid", func(d *draft) { d.header["kid"] = a.keys.Encryption.KeyID }},
		"typ of a receipt":          {400, "message-malformed", func(d *draft) { d.header["typ"] = typReceipt }},
		"typ JWT":                   {400, "message-malformed", func(d *draft) { d.header["typ"] = "JWT" }},
		"another version":           {422, "version-unknown", func(d *draft) { d.claims["version"] = 2 }},
		"unknown kind":              {422, "kind-unknown", func(d *draft) { d.claims["kind"] = "test.unknown" }},
		"without kind":              {400, "message-malformed", func(d *draft) { delete(d.claims, "kind") }},
		"seq 0":                     {400, "message-malformed", func(d *draft) { d.claims["seq"] = 0 }},
		"prev not before seq":       {400, "message-malformed", func(d *draft) { d.claims["prev"] = 1 }},
		"jti no UUID":               {400, "message-malformed", func(d *draft) { d.claims["jti"] = "1" }},
		"jti in another form":       {400, "message-malformed", func(d *draft) { d.claims["jti"] = "{" + d.claims["jti"].(string) + "}" }},
		"jti of another message":    {400, "content-unreadable", func(d *draft) { d.claims["jti"] = uuid.Must(uuid.NewV7()).String() }},
		"content of another sender": {400, "content-unreadable", func(d *draft) {
			d.claims["iss"], d.key, d.header["kid"] = c.id, c.keys.Private(), c.keys.Signing.KeyID
		}},
		"content not encrypted":       {400, "content-unreadable", func(d *draft) { d.claims["content"] = `{"text":"x"}` }},
		"content that unfolds":        {400, "content-unreadable", func(d *draft) { d.claims["content"] = folded(t, a, b, d.claims["jti"].(string)) }},
		"content flipped":             {400, "content-unreadable", func(d *draft) { d.claims["content"] = flip(d.claims["content"].(string), 3, 3) }},
		"content's tag flipped":       {400, "content-unreadable", func(d *draft) { d.claims["content"] = flip(d.claims["content"].(string), 4, 3) }},
		"content to another receiver": {409, "key-unknown", func(d *draft) { d.claims["content"] = newDraft(t, a, c, "x").claims["content"] }},
		"a gap before it":             {409, "sequence-gap", func(d *draft) { d.claims["seq"], d.claims["prev"] = 3, 2 }},
	} {
		d := newDraft(t, a, b, name)
		tc.spoil(d)
		_, err := b.Receive(t.Context(), d.text(t))
		p := problem.From(err)
		require.Equal(t, tc.code, p.Code, "%s: %v", name, err)
		require.Equal(t, tc.status, p.Status, "%s: %v", name, err)
		if tc.code != "sequence-gap" {
			lines := b.log.all()
			require.True(t, strings.HasPrefix(lines[len(lines)-1], "WARN refused a message"), "%s: %s", name, lines[len(lines)-1])
		}
	}
	requireUntouched(t, b)
}

// folded is content that is right but for being compressed: a little of it may become very much.
func folded(t *testing.T, from, to *portal, id string) string {
	t.Helper()
	member, err := from.trust.Member(t.Context(), to.id)
	require.NoError(t, err)
	key, ok := member.encryptionKey()
	require.True(t, ok)
	options := (&jose.EncrypterOptions{Compression: jose.DEFLATE}).WithHeader(headerIssuer, from.id).WithHeader(headerMessage, id)
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.ECDH_ES_A256KW, Key: key.Key, KeyID: key.KeyID}, options)
	require.NoError(t, err)
	content, err := json.Marshal(note{strings.Repeat("x", 200_000)})
	require.NoError(t, err)
	sealed, err := encrypter.Encrypt(content)
	require.NoError(t, err)
	text, err := sealed.CompactSerialize()
	require.NoError(t, err)
	require.Less(t, len(text), 10_000)
	return text
}

// requireUntouched checks that nothing of what came had any effect.
func requireUntouched(t *testing.T, p *portal) {
	t.Helper()
	require.Empty(t, p.notes())
	for _, table := range []string{"federation_inbox", "federation_inbox_lanes", "federation_log"} {
		require.Zero(t, value[int](p, "SELECT count(*) FROM "+table), table)
	}
}

func TestReceive_Clock_AheadALittleAccepted(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	for _, ago := range []time.Duration{-10 * time.Second, 0, 9 * time.Minute} {
		d := newDraft(t, a, b, ago.String())
		d.issuedAt(time.Now(), ago)
		_, err := b.Receive(t.Context(), d.text(t))
		require.NoError(t, err, "%s ago", ago)
	}
	require.Len(t, b.notes(), 3)
}

func TestReceive_AnyByteFlipped_Refused(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	envelope := newDraft(t, a, b, "x").text(t)
	for at := range len(envelope) {
		for _, change := range []func(string) string{
			func(s string) string { return s[:at] + string(s[at]^1) + s[at+1:] },
			func(s string) string { return s[:at] + s[at+1:] },
			func(s string) string { return s[:at] + "\n" + s[at:] },
			func(s string) string { return s[:at] },
		} {
			changed := change(envelope)
			_, err := b.Receive(t.Context(), changed)
			require.Error(t, err, "changed at %d", at)
			require.Less(t, problem.From(err).Status, 500, "changed at %d: %v", at, err)
		}
	}
	requireUntouched(t, b)
	_, err := b.Receive(t.Context(), envelope)
	require.NoError(t, err, "unchanged")
}

func TestReceive_OverHTTP_ProblemsAndSizeLimit(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	post := func(text string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.id+"/federation/v1/inbox", strings.NewReader(text))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/jose")
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	require.Equal(t, http.StatusRequestEntityTooLarge, post(strings.Repeat("x", maxEnvelope+1)).StatusCode)
	response := post("x.y.z")
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Equal(t, "application/problem+json", response.Header.Get("Content-Type"))
	d := newDraft(t, a, b, "x")
	d.key = b.keys.Private()
	require.Equal(t, http.StatusUnauthorized, post(d.text(t)).StatusCode)
	requireUntouched(t, b)
	response = post(newDraft(t, a, b, "x").text(t))
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "application/jose", response.Header.Get("Content-Type"))
}

func TestVerifyMember_RightToken_NamesTheMember(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	token, err := a.Token(b.id)
	require.NoError(t, err)
	caller, err := b.VerifyMember(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, httpx.Caller{Kind: httpx.MemberCaller, MemberID: a.id}, caller)
}

func TestVerifyMember_NotRight_Refused(t *testing.T) {
	t.Parallel()
	ps := portals(t, 3, harness{idle: true})
	a, b, c := ps[0], ps[1], ps[2]
	now := time.Now()
	for name, spoil := range map[string]func(d *draft){
		"right":                    nil,
		"ten seconds ahead":        func(d *draft) { d.times(now.Add(10*time.Second), time.Minute) },
		"ten seconds ahead, short": func(d *draft) { d.times(now.Add(10*time.Second), time.Second) },
		"!a minute ahead":          func(d *draft) { d.times(now.Add(61*time.Second), time.Minute) },
		"!run out":                 func(d *draft) { d.times(now.Add(-61*time.Second), time.Minute) },
		"!just run out":            func(d *draft) { d.times(now.Add(-30*time.Second), 29*time.Second) },
		"!valid for long":          func(d *draft) { d.times(now, time.Hour) },
		"!without end":             func(d *draft) { delete(d.claims, "exp") },
		"!ends before it begins":   func(d *draft) { d.times(now, -time.Second) },
		"!without jti":             func(d *draft) { delete(d.claims, "jti") },
		"!for another":             func(d *draft) { d.claims["aud"] = c.id },
		"!of another's key":        func(d *draft) { d.key = c.keys.Private() },
		"!alg none":                func(d *draft) { d.header["alg"], d.method = "none", nil },
		"!HS256":                   func(d *draft) { d.header["alg"], d.method, d.key = "HS256", jwt.SigningMethodHS256, hmacKey(t, a) },
		"!embedded jwk":            func(d *draft) { d.header["jwk"] = a.keys.Signing.Public() },
		"!typ of a message":        func(d *draft) { d.header["typ"] = typMessage },
		"!without typ":             func(d *draft) { delete(d.header, "typ") },
		"!by a stranger":           func(d *draft) { d.claims["iss"] = "https://stranger.example" },
	} {
		token, err := a.Token(b.id)
		require.NoError(t, err)
		d := &draft{header: segmentOf(t, token, 0), claims: segmentOf(t, token, 1), method: jwt.SigningMethodES256, key: a.keys.Private()}
		if spoil != nil {
			spoil(d)
		}
		_, err = b.VerifyMember(t.Context(), d.text(t))
		if strings.HasPrefix(name, "!") {
			require.Error(t, err, name)
			require.Equal(t, http.StatusUnauthorized, problem.From(err).Status, name)
		} else {
			require.NoError(t, err, name)
		}
	}
}

func (d *draft) times(issued time.Time, life time.Duration) {
	d.claims["iat"], d.claims["exp"] = issued.Unix(), issued.Add(life).Unix()
}

func TestVerify_Removed_RefusedAtOnce(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	envelope := newDraft(t, b, a, "x").text(t)
	token, err := b.Token(a.id)
	require.NoError(t, err)
	writeMembers(t, a.trust.path, a)
	require.NoError(t, a.trust.Reload())
	_, err = a.Receive(t.Context(), envelope)
	require.True(t, problem.Is(err, "member-unknown"), "%v", err)
	_, err = a.VerifyMember(t.Context(), token)
	require.Error(t, err)
	requireUntouched(t, a)
}

// FuzzReceive feeds the envelope parser: whatever comes from strangers, it refuses, and does not panic.
func FuzzReceive(f *testing.F) {
	s := offline(f)
	right, err := s.sign(typMessage, envelope{stamp: s.newStamp(s.id), Kind: kindNote, Seq: 1, Version: 1})
	require.NoError(f, err)
	for _, seed := range []string{"", "a.b.c", right, flip(right, 0, 1), flip(right, 1, 1), flip(right, 2, 1), "bnVsbA.bnVsbA.", "e30.bnVsbA.AA",
		"eyJhbGciOiJub25lIn0.e30.", strings.Repeat(".", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := s.open(context.Background(), text); err == nil {
			t.Fatalf("opened %q", text)
		}
	})
}

// FuzzDecrypt feeds the decryption, which only members reach.
func FuzzDecrypt(f *testing.F) {
	s := offline(f)
	self, err := s.trust.Member(context.Background(), s.id)
	require.NoError(f, err)
	id := uuid.New()
	right, err := encrypt(self, "https://a.example", id, []byte("{}"))
	require.NoError(f, err)
	for part := range 5 {
		f.Add(flip(right, part, 5))
	}
	f.Add("")
	f.Add("e30....")
	f.Fuzz(func(t *testing.T, text string) {
		content, err := s.decrypt(context.Background(), "https://a.example", id, text)
		if err == nil && string(content) != "{}" {
			t.Fatalf("read %q from %q", content, text)
		}
	})
}

// offline makes a service that can sign and verify, without a database.
func offline(t testing.TB) *Service {
	t.Helper()
	set, err := keys.New(true)
	require.NoError(t, err)
	s := &Service{id: "https://a.example", keys: set, ring: fixedKeys{set}, now: time.Now}
	s.trust = trustOf{Member{ID: s.id, URL: s.id, Name: "A", Kind: "county", Roles: []string{RoleAnchor}, Keys: set.Public()}}
	return s
}

// trustOf is an association of one.
type trustOf struct{ only Member }

func (t trustOf) Association(context.Context) (string, error) { return "Test", nil }
func (t trustOf) Members(context.Context) ([]Member, error)   { return []Member{t.only}, nil }
func (t trustOf) Member(_ context.Context, id string) (Member, error) {
	if id != t.only.ID {
		return Member{}, ErrNotMember
	}
	return t.only, nil
}
