package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

const testPassword = "vier Kühe grasen am Emsdeich"

// world is an account home with neighbours that only note what they are asked.
type world struct {
	t          *testing.T
	service    *Service
	now        time.Time
	address    string
	mails      []mail.Message
	resets     [][]byte
	ended      []uuid.UUID         // accounts whose sessions were ended
	purposes   []string            // purposes whose tokens were ended
	waiting    uuid.UUID           // the sign-in request that waits
	asked      []types.ProfileItem // by every form
	sent       []sent
	objections []string
	erased     []httpx.Person
	away       bool // of linked portals
	handlers   map[string]func(ctx context.Context, from string, payload json.RawMessage) error
	units      [3]uuid.UUID // Ordnungsamt, Bauamt, and Hundestelle, which belongs to the first
	mu         sync.Mutex
}

func newWorld(t *testing.T) *world {
	t.Helper()
	k, err := keys.New(true)
	must(t, err)
	w := &world{t: t, now: time.Now().UTC().Truncate(time.Microsecond), address: "192.0.2.1", units: [3]uuid.UUID{uuid.New(), uuid.New(), uuid.New()}}
	home := types.PortalReference{Id: "https://emsland.example", Url: "https://emsland.example", Name: "Landkreis Emsland", Kind: types.County}
	w.service = New(Config{
		DB: dbtest.New(t), Keys: k, Self: home, Homes: onlyHome{home}, Mail: w, Jobs: w,
		Now: func() time.Time { return w.now }, Address: func(context.Context) string { return w.address },
	})
	w.handlers = map[string]func(context.Context, string, json.RawMessage) error{}
	w.service.Connect(Rooms{Sessions: w, Tokens: w, Services: w, Forms: w, Messages: w, Subjects: w, Portals: w, Applications: w, Mailbox: w, Linked: w, Passkeys: noPasskeys{}, Files: w, Holders: []Holder{w}, Units: w})
	return w
}

// onlyHome is an association's only account home.
type onlyHome struct{ ref types.PortalReference }

// All implements Homes.
func (o onlyHome) All() []types.PortalReference { return []types.PortalReference{o.ref} }

// Home implements Homes.
func (o onlyHome) Home(id string) (types.PortalReference, bool) { return o.ref, id == o.ref.Id }

// noPasskeys is a portal where nobody has any.
type noPasskeys struct{ Passkeys }

func (noPasskeys) HasPasskey(context.Context, uuid.UUID) (bool, error)       { return false, nil }
func (noPasskeys) DropFactors(context.Context, uuid.UUID) error              { return nil }
func (noPasskeys) RecoveryCodesLeft(context.Context, uuid.UUID) (int, error) { return 0, nil }

func (w *world) Enqueue(_ context.Context, m mail.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mails = append(w.mails, m)
	return nil
}

func (w *world) Insert(_ context.Context, args river.JobArgs, _ *river.InsertOpts) error {
	w.resets = append(w.resets, args.(resetArgs).Sealed)
	return nil
}

func (w *world) SignInAccount(context.Context, uuid.UUID, []string) (*http.Cookie, error) {
	return &http.Cookie{Name: "session", Value: "new"}, nil
}
func (w *world) ListSessions(context.Context) ([]types.SessionInfo, error) { return nil, nil }
func (w *world) EndSession(context.Context, uuid.UUID) error               { return nil }
func (w *world) EndAccountSessions(_ context.Context, id uuid.UUID) error {
	w.ended = append(w.ended, id)
	return nil
}

func (w *world) EndPurpose(_ context.Context, _ uuid.UUID, recipient, purpose string) error {
	w.purposes = append(w.purposes, recipient+" "+purpose)
	return nil
}

func (w *world) PendingRequest(_ context.Context, id uuid.UUID) (bool, error) {
	return id == w.waiting, nil
}

func (w *world) ServiceTitle(context.Context, uuid.UUID) (map[string]string, error) {
	return map[string]string{"de": "Hund anmelden"}, nil
}

// sent is a message to a linked portal.
type sent struct {
	to, kind string
	payload  any
}

func (w *world) ProfileItems(context.Context, uuid.UUID) ([]types.ProfileItem, error) {
	if w.asked == nil {
		return Items(), nil
	}
	return w.asked, nil
}

func (w *world) Send(_ context.Context, to, kind string, _ uuid.UUID, payload any) (uuid.UUID, error) {
	w.sent = append(w.sent, sent{to, kind, payload})
	return uuid.New(), nil
}

func (w *world) Handle(kind string, fn func(ctx context.Context, from string, payload json.RawMessage) error) {
	w.handlers[kind] = fn
}

// Below says that the last unit belongs to the first.
func (w *world) Below(_ context.Context, units []uuid.UUID) ([]uuid.UUID, error) {
	if slices.Contains(units, w.units[0]) {
		units = append(units, w.units[2])
	}
	return units, nil
}

func (w *world) OwnUnitNames(_ context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error) {
	names := map[uuid.UUID]map[string]string{}
	for i, id := range w.units {
		if slices.Contains(ids, id) {
			names[id] = map[string]string{"de": []string{"Ordnungsamt", "Bauamt", "Hundestelle"}[i]}
		}
	}
	return names, nil
}

// receive hands a message of a linked portal to the room.
func (w *world) receive(from, kind string, payload any) error {
	text, err := json.Marshal(payload)
	must(w.t, err)
	return w.handlers[kind](w.t.Context(), from, text)
}

// AccountOf knows each account by its id.
func (w *world) AccountOf(_ context.Context, _, subject string) (uuid.UUID, error) {
	id, err := uuid.Parse(subject)
	if err != nil {
		return id, problem.NotFound("subject-unknown", "-", "-")
	}
	return id, nil
}

func (w *world) SubjectFor(_ context.Context, _ string, id uuid.UUID) (string, error) {
	return id.String(), nil
}

func (w *world) SubjectsOf(_ context.Context, id uuid.UUID) (map[string]string, error) {
	return map[string]string{"https://meppen.example": id.String(), "waste": "somebody"}, nil
}

func (w *world) Objection(_ context.Context, _ httpx.Person, id, _ uuid.UUID, _ time.Time, text string) error {
	w.objections = append(w.objections, id.String()+" "+text)
	return nil
}

func (w *world) Standing(context.Context, httpx.Person) ([]string, int, int, error) {
	return []string{"Hund anmelden (MEP-1)"}, 2, 3, nil
}

func (w *world) JointStanding(context.Context, httpx.Person) ([]string, int, error) {
	return []string{"Straßenfest"}, 1, nil
}

func (w *world) Count(context.Context, httpx.Person) (int, error) { return 4, nil }

func (w *world) FetchPerson(context.Context, string, string) (io.ReadCloser, error) {
	if w.away {
		return nil, errors.New("no answer")
	}
	return io.NopCloser(strings.NewReader(`{"section": "applications", "data": {"service": "<b>Hund</b>"}}` + "\n")), nil
}

func (w *world) PersonalData(_ context.Context, _ httpx.Person, add func(string, any) error) error {
	return add("messages", map[string]any{"subject": "Willkommen"})
}

// PersonFiles gives two files of the same name, one of which would lead elsewhere.
func (w *world) PersonFiles(_ context.Context, p httpx.Person, add func(string, time.Time, io.Reader) error) error {
	for _, name := range []string{"Pass.pdf", "pass.pdf", "../etc/Pass.pdf"} {
		if err := add(name, w.now, strings.NewReader("of "+p.Subject)); err != nil {
			return err
		}
	}
	if w.away {
		return errors.New("a file cannot be read")
	}
	return nil
}

func (w *world) ErasePerson(_ context.Context, p httpx.Person) error {
	w.erased = append(w.erased, p)
	return nil
}

func (w *world) Member(id string) (types.PortalReference, bool) {
	return types.PortalReference{Id: id, Url: id, Name: "Stadt Meppen"}, id == "https://meppen.example"
}

func (w *world) citizen(email string) uuid.UUID {
	w.t.Helper()
	id, err := w.service.CreateCitizen(w.t.Context(), email, testPassword, types.ProfileData{GivenName: "Clara", FamilyName: "Beispiel"})
	must(w.t, err)
	return id
}

// as gives the context of a citizen's request.
func (w *world) as(id uuid.UUID) context.Context {
	return httpx.WithCaller(w.t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: id})
}

func (w *world) register(email, key string) error {
	password := testPassword
	return w.service.Register(w.t.Context(), key, types.Registration{Email: email, Password: &password, GivenName: "Clara", FamilyName: "Beispiel"})
}

// lastToken reads the token of the last mail.
func (w *world) lastToken() string {
	w.t.Helper()
	if len(w.mails) == 0 {
		w.t.Fatal("no mail")
	}
	_, rest, found := strings.Cut(w.mails[len(w.mails)-1].Text, "#token=")
	if !found {
		w.t.Fatalf("no token in %q", w.mails[len(w.mails)-1].Text)
	}
	return strings.Fields(rest)[0]
}

// code gives the stable word of an error.
func code(err error) string {
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
