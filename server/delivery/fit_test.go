package delivery_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/delivery"
	"portalverbund/server/delivery/fitconnect"
	"portalverbund/server/platform/mail"
	"portalverbund/server/standins/fitconnect/service"
)

const (
	leikaKey  = "99102013104000"
	fitSecret = "geheimnis-vom-portal"
	fitID     = "fit"
)

// fitKeys are made once: that takes seconds.
var fitKeys = sync.OnceValues(service.NewKeys)

// fit is a portal with a connection to FIT-Connect, and FIT-Connect.
type fit struct {
	setup

	service *service.Service
	net     *network
	mails   *mails
}

// mails keeps what would be sent.
type mails struct {
	mu  sync.Mutex
	all []mail.Message
}

func (m *mails) Enqueue(_ context.Context, one mail.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, one)
	return nil
}

func (m *mails) sent() []mail.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all
}

// network stands before FIT-Connect and breaks calls, each so many times: before they have an effect, or after.
type network struct {
	next http.Handler

	mu            sync.Mutex
	before, after map[string]int // by the beginning of method and path
	change        func(r *http.Request)
}

func (n *network) breaks(kind map[string]int, r *http.Request) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for call, left := range kind {
		if left > 0 && strings.HasPrefix(r.Method+" "+r.URL.Path, call) {
			kind[call]--
			return true
		}
	}
	return false
}

func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if n.breaks(n.before, r) {
		panic(http.ErrAbortHandler)
	}
	n.mu.Lock()
	change := n.change
	n.mu.Unlock()
	if change != nil {
		change(r)
	}
	if n.breaks(n.after, r) {
		n.next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	n.next.ServeHTTP(w, r)
}

func newFIT(t *testing.T, change ...func(*fitconnect.Settings)) fit {
	t.Helper()
	keys, err := fitKeys()
	if err != nil {
		t.Fatal(err)
	}
	n := &network{before: map[string]int{}, after: map[string]int{}}
	server := httptest.NewServer(n)
	t.Cleanup(server.Close)
	s, err := service.New(service.Options{
		PublicURL: server.URL, Clients: map[string]string{"portal": fitSecret, "other": "ein-anderes-geheimnis"}, LeikaKeys: []string{leikaKey}, ARS: "034540000000", Keys: keys,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.next = s.Handler()
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, keys.RootPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := fitconnect.Settings{
		TokenURL: server.URL + "/token", SubmissionURL: server.URL + "/submission-api", RoutingURL: server.URL + "/routing/v1", RoutingIssuer: server.URL + "/portal",
		ClientID: "portal", ClientSecret: fitSecret, Roots: roots,
	}
	for _, fn := range change {
		fn(&settings)
	}
	sent := &mails{}
	x := newSetup(t, "", time.Now, true, func(c *delivery.Config) {
		c.Mail, c.AlertTo = sent, "technik@landkreis.example"
		c.Providers = append(c.Providers, delivery.Provider{ID: fitID, Name: "FIT-Connect", FITConnect: &settings})
		c.Follow = func(time.Duration) time.Duration { return 10 * time.Millisecond }
	})
	return fit{x, s, n, sent}
}

// apply submits an application with files, at a linked portal, and gives it.
func (x fit) apply(t *testing.T, files ...string) types.MessageApplication {
	t.Helper()
	app := x.application(x.offer("fit-connect:" + fitID))
	app.Number = "EL-26-" + strings.ToUpper(app.ApplicationId.String()[:4])
	for _, body := range files {
		id := uuid.New()
		sum := sha256.Sum256([]byte(body))
		x.file(id, body)
		app.Attachments = append(app.Attachments, types.Attachment{Id: id, Name: "Nachweis.pdf", MediaType: "application/pdf", Size: int64(len(body)), Sha256: hex.EncodeToString(sum[:])})
	}
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	return app
}

// head is the newest delivery as an administrator sees it.
func (x fit) head(t *testing.T) types.DeliveryHead {
	t.Helper()
	heads, _, err := x.s.Heads(admin(t.Context()), fitID, delivery.Filter{Limit: 1})
	if err != nil || len(heads) != 1 {
		t.Fatalf("deliveries: %+v, %v", heads, err)
	}
	return heads[0]
}

// until waits for a state of the newest delivery, and of its submission.
func (x fit) until(t *testing.T, state types.DeliveryState, submission types.FitConnectSubmissionState) types.DeliveryHead {
	t.Helper()
	waitFor(t, string(state)+" "+string(submission), func() bool {
		h := x.head(t)
		return h.State == state && h.Submission != nil && h.Submission.State == submission
	})
	return x.head(t)
}

// untilFault waits until an attempt has failed for a reason.
func (x fit) untilFault(t *testing.T, fault types.DeliveryFault) types.DeliveryHead {
	t.Helper()
	var seen types.DeliveryHead // not read once more: the next attempt may be under way by then
	waitFor(t, "fault "+string(fault), func() bool {
		seen = x.head(t)
		return seen.Fault != nil && *seen.Fault == fault && seen.LastError != nil
	})
	return seen
}

// events are what the citizen was told, by kind.
func (x fit) events(t *testing.T) (kinds []string, last types.TimelineEvent) {
	t.Helper()
	for _, s := range x.told(t) {
		if s.What != "send" || s.Kind == delivery.KindAccessed {
			continue
		}
		var m types.MessageEvent
		if err := json.Unmarshal([]byte(s.Body), &m); err != nil {
			t.Fatal(err)
		}
		kinds, last = append(kinds, string(m.Event.Kind)), m.Event
	}
	return kinds, last
}

// arrived lists what the authority was sent whole.
func (x fit) arrived() (all []service.Submission) {
	for _, s := range x.service.Submissions() {
		if s.State != "incomplete" {
			all = append(all, s)
		}
	}
	return all
}

func (x fit) wantOnce(t *testing.T, app types.MessageApplication) service.Submission {
	t.Helper()
	all := x.arrived()
	if len(all) != 1 || all[0].Number != app.Number {
		t.Fatalf("the authority has %+v, want the application once", all)
	}
	return all[0]
}

func TestFIT_Accepted_AuthorityHasEveryByteAndCitizenHearsOnce(t *testing.T) {
	t.Parallel()
	x := newFIT(t)
	x.service.Behave(service.Behaviour{Decide: service.Wait, Doubled: true}) // twice, and the latest first
	big := strings.Repeat("0123456789abcdef", 20_000) + "x"                  // no multiple of three: base64 has an end
	app := x.apply(t, "ein Nachweis", big, "")
	x.until(t, types.Delivered, types.SubmissionSubmitted)
	got := x.wantOnce(t, app)
	if err := x.service.Decide(got.ID, service.Accept); err != nil {
		t.Fatal(err)
	}
	head := x.until(t, types.Finished, types.SubmissionAccepted)
	if head.Submission.DestinationId == nil || *head.Submission.DestinationId != x.service.Destination() || *head.Submission.SubmissionId != got.ID || head.Reference == nil ||
		*head.Reference != got.CaseID.String() || head.Submission.DecidedAt == nil || head.Fault != nil {
		t.Errorf("administrators see %+v, %+v", head, head.Submission)
	}
	want, _ := json.Marshal(app.Data)
	if !bytes.Equal(got.Data, want) || len(got.Attachments) != 3 || len(got.Problems) != 0 {
		t.Errorf("the authority has %s and %d files, problems %v", got.Data, len(got.Attachments), got.Problems)
	}
	for _, a := range app.Attachments {
		if f := got.Attachments[a.Id]; hex.EncodeToString(f.SHA256[:]) != a.Sha256 || f.Name != "Nachweis.pdf" || f.MimeType != "application/pdf" {
			t.Errorf("attachment arrived as %+v", f)
		}
	}
	kinds, last := x.events(t)
	if strings.Join(kinds, " ") != "transmitted received" || *last.Name != "Amt" || last.By != types.EventAuthorAuthority {
		t.Errorf("the citizen heard %v, last %+v", kinds, last)
	}
	var left struct{ Metadata, Data string }
	if err := x.d.From(t.Context()).Raw("SELECT metadata, data FROM fit_connect_submissions").Scan(&left).Error; err != nil || left.Metadata+left.Data != "" {
		t.Errorf("what was sent is still kept: %v", err)
	}
	if n := x.service.Calls("token"); n != 1 {
		t.Errorf("%d access tokens asked for, want 1", n)
	}
	_, err := x.s.Replay(admin(t.Context()), head.Id)
	wantStatus(t, err, http.StatusConflict, "delivery-over")
}

func TestFIT_TokenRefused_AsksForAnotherOnce(t *testing.T) {
	t.Parallel()
	x := newFIT(t)
	x.service.Behave(service.Behaviour{Decide: service.Wait})
	x.apply(t)
	x.until(t, types.Delivered, types.SubmissionSubmitted)
	x.service.EndTokens()
	if err := x.service.Decide(x.arrived()[0].ID, service.Accept); err != nil {
		t.Fatal(err)
	}
	x.until(t, types.Finished, types.SubmissionAccepted)
	if n := x.service.Calls("token"); n != 2 {
		t.Errorf("%d access tokens asked for, want 2", n)
	}
}

func TestFIT_BrokenAtAnyCall_ArrivesExactlyOnce(t *testing.T) {
	t.Parallel()
	const api = "/submission-api/v2/"
	x := newFIT(t)
	sent := 0
	for name, call := range map[string]string{
		"token": "POST /token", "routes": "GET /routing/v1/routes", "destination": "GET " + api + "destinations", "announce": "POST " + api + "submissions",
		"attachment": "PUT " + api + "submissions/", "events": "GET " + api + "cases/",
	} {
		for when, broken := range map[string]map[string]int{"before": x.net.before, "after": x.net.after} {
			x.service.EndTokens()
			x.net.mu.Lock()
			broken[call] = 3 // of PUT submissions/ one or two are the last step
			x.net.mu.Unlock()
			app := x.apply(t, "ein Nachweis")
			sent++
			x.until(t, types.Finished, types.SubmissionAccepted)
			all := x.arrived()
			if len(all) != sent || all[sent-1].Number != app.Number || len(all[sent-1].Attachments) != 1 || len(all[sent-1].Problems) != 0 {
				t.Fatalf("%s %s: the authority has %d applications, want %d: %+v", name, when, len(all), sent, all[len(all)-1])
			}
			x.net.mu.Lock()
			broken[call] = 0
			x.net.mu.Unlock()
		}
	}
	if kinds, _ := x.events(t); strings.Join(kinds, " ") != strings.TrimSpace(strings.Repeat("transmitted received ", sent)) {
		t.Errorf("citizens heard %v", kinds)
	}
}

// The last step is the one that must not be made twice: its answer is lost again and again.
func TestFIT_AnswerToTheLastStepLost_ArrivesExactlyOnce(t *testing.T) {
	t.Parallel()
	x := newFIT(t)
	x.net.mu.Lock()
	x.net.after["PUT /submission-api/v2/submissions/"] = 5
	x.net.mu.Unlock()
	app := x.apply(t)
	x.until(t, types.Finished, types.SubmissionAccepted)
	x.wantOnce(t, app)
	if n := x.service.Calls("announce"); n != 1 {
		t.Errorf("announced %d times", n)
	}
	if n := x.service.Calls("submit"); n != 1 {
		t.Errorf("sent %d times although the log says that it is there", n)
	}
}

func TestFIT_AnnouncementForgotten_AnnouncedAnew(t *testing.T) {
	t.Parallel()
	x := newFIT(t)
	x.service.Behave(service.Behaviour{ForgetUnsealed: true})
	app := x.apply(t, "ein Nachweis")
	x.until(t, types.Finished, types.SubmissionAccepted)
	x.wantOnce(t, app)
	if n := x.service.Calls("announce"); n != 2 {
		t.Errorf("announced %d times, want 2", n)
	}
}

// What FIT-Connect refuses at the last step was not submitted, and is made anew.
func TestFIT_LastStepRefused_MadeAnewAndArrivesOnce(t *testing.T) {
	t.Parallel()
	x := newFIT(t)
	refusals := 2
	x.net.mu.Lock()
	x.net.change = func(r *http.Request) {
		if r.Method == http.MethodPut && !strings.Contains(r.URL.Path, "/attachments/") && refusals > 0 {
			refusals--
			text := `{"encryptedMetadata":"x","encryptedData":"y"}`
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		}
	}
	x.net.mu.Unlock()
	app := x.apply(t, "ein Nachweis")
	x.until(t, types.Finished, types.SubmissionAccepted)
	x.wantOnce(t, app)
	if n := x.service.Calls("announce"); n != 3 {
		t.Errorf("announced %d times, want 3", n)
	}
}

func TestFIT_Rejected_PeopleAreToldAndItCanGoAgain(t *testing.T) {
	t.Parallel()
	x := newFIT(t)
	x.service.Behave(service.Behaviour{Decide: service.Reject})
	app := x.apply(t, "ein Nachweis")
	head := x.until(t, types.Parked, types.SubmissionRejected)
	if *head.Fault != types.PushRejected || len(head.Submission.Problems) != 1 || head.Submission.Problems[0] != "schema-violation" {
		t.Errorf("administrators see %+v, %+v", head, head.Submission)
	}
	kinds, last := x.events(t)
	if strings.Join(kinds, " ") != "transmitted message" || last.By != types.EventAuthorPortal || !strings.Contains(*last.Text, "nicht verloren") {
		t.Errorf("the citizen heard %v, last %+v", kinds, last)
	}
	if m := x.mails.sent(); len(m) != 1 || m[0].To != "technik@landkreis.example" || !strings.Contains(m[0].Text, self+"/verwaltung/anbieter/"+fitID) ||
		strings.Contains(m[0].Subject+m[0].Text, app.Number) {
		t.Errorf("mails: %+v", m)
	}
	x.service.Behave(service.Behaviour{})
	if _, err := x.s.Replay(admin(t.Context()), head.Id); err != nil {
		t.Fatal(err)
	}
	x.until(t, types.Finished, types.SubmissionAccepted)
	if m := x.mails.sent(); len(m) != 1 {
		t.Errorf("%d mails", len(m))
	}
	all := x.arrived()
	if len(all) != 2 || all[0].State != "rejected" || all[1].State != "accepted" || all[1].Number != app.Number {
		t.Errorf("the authority has %+v", all)
	}
	if kinds, _ := x.events(t); strings.Join(kinds, " ") != "transmitted message received" {
		t.Errorf("the citizen heard %v", kinds)
	}
}

// Somebody on the way puts other content into the submission. It is encrypted rightly, but neither its hash nor its tag is ours.
func TestFIT_ContentExchangedOnTheWay_NotTakenAndNotBelieved(t *testing.T) {
	t.Parallel()
	x := newFIT(t)
	x.service.Behave(service.Behaviour{Decide: service.Wait})
	x.apply(t)
	x.until(t, types.Delivered, types.SubmissionSubmitted)
	first := map[string]string{"encryptedData": x.sealedData(t)}
	x.net.mu.Lock()
	x.net.change = func(r *http.Request) {
		if r.Method != http.MethodPut || !strings.HasPrefix(r.URL.Path, "/submission-api/v2/submissions/") {
			return
		}
		var body map[string]string
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			return
		}
		body["encryptedData"] = first["encryptedData"]
		text, _ := json.Marshal(body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	}
	x.net.mu.Unlock()
	app := x.application(x.offer("fit-connect:" + fitID))
	app.Data = map[string]any{"other": true}
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	head := x.until(t, types.Parked, types.SubmissionRejected)
	if head.Submission.Problems[0] != "hash-mismatch" {
		t.Errorf("rejected because of %v", head.Submission.Problems)
	}
}

func (x fit) sealedData(t *testing.T) (data string) {
	t.Helper()
	if err := x.d.From(t.Context()).Raw("SELECT data FROM fit_connect_submissions").Scan(&data).Error; err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFIT_ForgedEvents_HaveNoEffectAndAreSeen(t *testing.T) {
	t.Parallel()
	x := newFIT(t)
	x.service.Behave(service.Behaviour{Decide: service.Wait, Forge: true})
	app := x.apply(t)
	head := x.untilFault(t, types.PushBadSignature)
	if head.State != types.Delivered || head.Submission.State != types.SubmissionSubmitted {
		t.Errorf("forged acceptances made it %s, %s", head.State, head.Submission.State)
	}
	if err := x.service.Decide(x.wantOnce(t, app).ID, service.Accept); err != nil { // the true one counts
		t.Fatal(err)
	}
	x.until(t, types.Finished, types.SubmissionAccepted)
}

func TestFIT_DestinationThatCannotBeTrusted_NothingIsSent(t *testing.T) {
	t.Parallel()
	x := newFIT(t)
	sent, calls := 0, 0
	for name, c := range map[string]struct {
		b     service.Behaviour
		fault types.DeliveryFault
	}{
		"key certified by somebody else": {service.Behaviour{ForeignChain: true}, types.PushBadKey},
		"key certified by nobody":        {service.Behaviour{NoChain: true}, types.PushBadKey},
		"key for another algorithm":      {service.Behaviour{KeyAlg: "RSA-OAEP"}, types.PushBadKey},
		"key for another operation":      {service.Behaviour{KeyOp: "verify"}, types.PushBadKey},
		"certificate was revoked":        {service.Behaviour{OCSP: service.RevokedCertificate}, types.PushKeyRevoked},
		"nobody says whether it was":     {service.Behaviour{OCSP: service.NoAnswer}, types.PushKeyUnknown},
		"two are competent":              {service.Behaviour{Routes: 2}, types.PushNoDestination},
		"address of another place":       {service.Behaviour{WrongAddress: true}, types.PushNoDestination},
	} {
		x.service.Behave(c.b)
		app := x.apply(t, "ein Nachweis")
		x.untilFault(t, c.fault)
		if n := x.service.Calls("announce") + x.service.Calls("attachment"); n != calls {
			t.Errorf("%s: %d calls with content", name, n-calls)
		}
		x.service.Behave(service.Behaviour{}) // put right: it goes by itself
		x.until(t, types.Finished, types.SubmissionAccepted)
		sent++
		calls = x.service.Calls("announce") + x.service.Calls("attachment")
		if all := x.arrived(); len(all) != sent || all[sent-1].Number != app.Number {
			t.Errorf("%s: the authority has %d applications, want %d", name, len(all), sent)
		}
	}
}

func TestFIT_RevocationTurnedOff_NobodyIsAsked(t *testing.T) {
	t.Parallel()
	x := newFIT(t, func(s *fitconnect.Settings) { s.Revocation = "off" })
	x.service.Behave(service.Behaviour{OCSP: service.NoAnswer})
	x.apply(t)
	x.until(t, types.Finished, types.SubmissionAccepted)
}

func TestFIT_AttachmentTooLarge_GivenUpAtOnceAndThePersonIsTold(t *testing.T) {
	t.Parallel()
	x := newFIT(t, func(s *fitconnect.Settings) { s.MaxAttachment = 10 })
	x.apply(t, "elf Zeichen")
	head := x.until(t, types.Parked, types.SubmissionNew)
	if *head.Fault != types.PushTooLarge || x.service.Calls("announce") != 0 {
		t.Errorf("%+v, announced %d times", head, x.service.Calls("announce"))
	}
	if kinds, _ := x.events(t); strings.Join(kinds, " ") != "message" {
		t.Errorf("the citizen heard %v", kinds)
	}
}

func TestFIT_Credentials_SetByAdministrators_EncryptedAndUsedAtOnce(t *testing.T) {
	t.Parallel()
	x := newFIT(t, func(s *fitconnect.Settings) { s.ClientSecret = "veraltet-und-falsch" })
	app := x.apply(t)
	head := x.untilFault(t, types.PushNoLogin)
	if strings.Contains(*head.LastError, "veraltet") {
		t.Errorf("the secret is in the error: %s", *head.LastError)
	}
	if _, err := x.s.SetFITLogin(t.Context(), fitID, "portal", fitSecret); err == nil {
		t.Error("somebody who is no administrator sets credentials")
	}
	_, err := x.s.SetFITLogin(admin(t.Context()), "waste", "portal", fitSecret)
	wantStatus(t, err, http.StatusConflict, "provider-not-fit-connect")
	state, err := x.s.SetFITLogin(admin(t.Context()), fitID, "portal", fitSecret)
	if err != nil || !state.Login || state.LoginID != "portal" {
		t.Fatalf("%+v, %v", state, err)
	}
	x.until(t, types.Finished, types.SubmissionAccepted)
	x.wantOnce(t, app)
	var sealed []byte
	if err := x.d.From(t.Context()).Raw("SELECT client_secret FROM provider_settings WHERE provider = ?", fitID).Row().Scan(&sealed); err != nil || len(sealed) == 0 || bytes.Contains(sealed, []byte(fitSecret)) {
		t.Errorf("kept as %q, %v", sealed, err)
	}
	if !strings.Contains(x.audit.all(), "provider.credentials") {
		t.Errorf("audit: %s", x.audit.all())
	}
	_, err = x.s.SetAddress(admin(t.Context()), fitID, "https://example.org")
	wantStatus(t, err, http.StatusConflict, "provider-fit-connect")
	_, err = x.s.Test(admin(t.Context()), fitID, "key-1")
	wantStatus(t, err, http.StatusConflict, "test-impossible")
}

func TestFIT_Withdrawn_OnlyBeforeItIsSent(t *testing.T) {
	t.Parallel()
	x := newFIT(t)
	x.service.Behave(service.Behaviour{NoChain: true})
	app := x.apply(t)
	x.untilFault(t, types.PushBadKey)
	withdraw := func(app types.MessageApplication) {
		t.Helper()
		e := types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Withdrawn, By: types.EventAuthorCitizen}
		if err := x.receive(t.Context(), t, other, delivery.KindWithdrawn, types.MessageEvent{ApplicationId: app.ApplicationId, Event: e}); err != nil {
			t.Fatal(err)
		}
	}
	withdraw(app)
	x.until(t, types.Cancelled, types.SubmissionNew)
	x.service.Behave(service.Behaviour{Decide: service.Wait})
	app = x.apply(t)
	x.until(t, types.Delivered, types.SubmissionSubmitted)
	withdraw(app)
	if _, last := x.events(t); last.Kind != types.Message || !strings.Contains(*last.Text, "direkt an die Stelle") {
		t.Errorf("the citizen heard %+v", last)
	}
	if head := x.head(t); head.State != types.Delivered {
		t.Errorf("state %s", head.State)
	}
	x.wantOnce(t, app)
	own := x.application(x.offer("fit-connect:" + fitID))
	if _, err := x.s.Submit(t.Context(), self, "", own); err != nil {
		t.Fatal(err)
	}
	x.until(t, types.Delivered, types.SubmissionSubmitted)
	err := x.s.CitizenEvent(t.Context(), self, own.ApplicationId, types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Withdrawn, By: types.EventAuthorCitizen})
	wantStatus(t, err, http.StatusUnprocessableEntity, "application-handed-over")
}

func TestFIT_SettingsThatCannotBe_AreRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	good := fitconnect.Settings{TokenURL: "https://a.example/token", SubmissionURL: "https://a.example", RoutingURL: "https://r.example", RoutingIssuer: "https://p.example", Uncertified: true}
	for name, change := range map[string]func(*delivery.Config, *fitconnect.Settings){
		"uncertified in production": func(*delivery.Config, *fitconnect.Settings) {},
		"no roots":                  func(_ *delivery.Config, s *fitconnect.Settings) { s.Uncertified = false },
		"revocation asked somehow":  func(_ *delivery.Config, s *fitconnect.Settings) { s.Revocation = "sometimes" },
		"roots that are not there":  func(_ *delivery.Config, s *fitconnect.Settings) { s.Roots = "/nowhere" },
		"plain http": func(c *delivery.Config, s *fitconnect.Settings) {
			s.SubmissionURL, s.Uncertified, s.Roots = "http://a.example", false, ""
		},
		"no way to a destination": func(c *delivery.Config, s *fitconnect.Settings) { c.AllowLoopback = true; s.RoutingURL = "" },
	} {
		s := good
		c := delivery.Config{Now: time.Now}
		change(&c, &s)
		c.Providers = []delivery.Provider{{ID: fitID, FITConnect: &s}}
		if _, err := delivery.New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	c := delivery.Config{Now: time.Now, AllowLoopback: true, Providers: []delivery.Provider{{ID: fitID, FITConnect: &good}}}
	if _, err := delivery.New(c); err != nil {
		t.Error(err)
	}
}
