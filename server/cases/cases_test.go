package cases_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/cases"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/notify"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

const origin = "https://meppen.example"

// rooms plays all that cases asks of others. What it is told in a transaction it writes to the database, so that a
// rollback takes it back.
type rooms struct {
	d       *db.DB
	offerID uuid.UUID // and of its office
	above   uuid.UUID // the unit above the office
	staff   map[uuid.UUID]colleague

	mu       sync.Mutex
	files    map[uuid.UUID][]byte
	receipts map[uuid.UUID]string                // by application
	fees     map[uuid.UUID][]types.PaymentRecord // by application
	away     bool                                // the portal of origin
	breakAt  int                                 // transfers end after so many bytes; 0: they don't
	offsets  []int64
	reported []types.TimelineEvent
	tellFail error // what Report answers
}

// said is one thing that a room was told.
type said struct {
	What, Who, Kind, Body string
	Subject               uuid.UUID
}

func (r *rooms) say(ctx context.Context, s said) error {
	return r.d.From(ctx).Exec("INSERT INTO said (what, who, kind, body, subject) VALUES (?, ?, ?, ?, ?)", s.What, s.Who, s.Kind, s.Body, s.Subject).Error
}

func (r *rooms) told(t *testing.T, what string) []said {
	t.Helper()
	var all []said
	if err := r.d.From(t.Context()).Raw("SELECT what, who, kind, body, subject FROM said WHERE what = ? ORDER BY id", what).Scan(&all).Error; err != nil {
		t.Fatal(err)
	}
	return all
}

func (r *rooms) OfferByID(_ context.Context, id uuid.UUID) (types.Offer, string, map[string]string, map[string]string, error) {
	if id != r.offerID {
		return types.Offer{}, "", nil, nil, problem.NotFound("offer-unknown", "unbekannt", "unknown")
	}
	return types.Offer{Id: id, ServiceId: id, Organisation: types.Organisation{Id: id, Name: "Steueramt"}}, "desk",
		map[string]string{"de": "Hund anmelden", "en": "Register a dog"}, map[string]string{"de": "Steueramt", "en": "Tax office"}, nil
}

// ServiceTitles knows the service of the offer, and one that nobody has applied for.
func (r *rooms) ServiceTitles(_ context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error) {
	titles := map[uuid.UUID]map[string]string{}
	for _, id := range ids {
		if id == r.offerID || id == unasked {
			titles[id] = map[string]string{"de": map[bool]string{true: "Hund anmelden", false: "Angeln"}[id == r.offerID]}
		}
	}
	return titles, nil
}

// unasked is a service of which there are no cases.
var unasked = uuid.MustParse("0e0e7a4e-2b8a-4a5c-9d61-5a3f3c1d9a01")

// OfApplication knows the fees that a test has set.
func (r *rooms) OfApplication(_ context.Context, _ string, id uuid.UUID) (types.CasePayments, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return types.CasePayments{Items: r.fees[id]}, nil
}

func (r *rooms) Report(ctx context.Context, to string, applicationID uuid.UUID, e types.TimelineEvent) error {
	r.set(func() { r.reported = append(r.reported, e) })
	s := said{What: "report", Who: to, Kind: string(e.Kind) + " by " + string(e.By), Subject: applicationID}
	if e.Name != nil {
		s.Kind += " " + *e.Name
	}
	if e.Text != nil {
		s.Body = *e.Text
	}
	if e.Documents != nil {
		for _, d := range *e.Documents {
			if err := r.say(ctx, said{What: "document", Who: to, Kind: d.Name + " " + d.MediaType, Body: d.Sha256, Subject: d.Id}); err != nil {
				return err
			}
		}
	}
	return errors.Join(r.tellFail, r.say(ctx, s))
}

// Authority knows the office of the offer.
func (r *rooms) Authority(_ context.Context, unit, service uuid.UUID) (cases.Authority, error) {
	if unit != r.offerID {
		return cases.Authority{}, nil
	}
	a := cases.Authority{Name: "Stadt Meppen", Unit: "Steueramt", Address: []string{"Markt 43", "49716 Meppen"}, Contact: []string{"05931 153-0"}}
	if service == r.offerID {
		a.LegalBasis = "§ 4 Hundesteuersatzung"
	}
	return a, nil
}

// Form knows one form, which asks for the address, and for dogs.
func (r *rooms) Form(_ context.Context, id uuid.UUID, _ int) (types.Form, error) {
	if id != r.offerID {
		return types.Form{}, problem.NotFound("form-unknown", "unbekannt", "unknown")
	}
	field := func(name string, item types.ProfileItem) types.FormField {
		return types.FormField{Name: name, Kind: types.FormFieldKindText, Profile: &item}
	}
	text := func(name, label string) types.FormField {
		return types.FormField{Name: name, Kind: types.FormFieldKindText, Label: types.LocalizedText{"de": label}}
	}
	file, fee := types.FormField{Name: "foto", Kind: types.FormFieldKindFile}, types.FormField{Name: "steuer", Kind: types.FormFieldKindCalculation}
	group := func(name string, fields ...types.FormField) types.FormField {
		item := types.LocalizedText{"de": "Hund"}
		return types.FormField{Name: name, Kind: types.FormFieldKindGroup, Label: types.LocalizedText{"de": "Weitere Hunde"}, ItemLabel: &item, Fields: &fields}
	}
	return types.Form{Layout: types.FormLayout{Steps: []types.FormStep{
		{Id: "person", Fields: []types.FormField{
			field("strasse", types.ProfileItemStreet), field("nr", types.ProfileItemHouseNumber), field("plz", types.ProfileItemPostalCode), field("ort", types.ProfileItemCity),
		}},
		{Id: "applicant", Fields: []types.FormField{text("givenName", "Vorname"), text("familyName", "Familienname")}},
		{Id: "hund", Fields: []types.FormField{text("geburt", "Geburtsdatum"), file, fee, group("weitere", text("name", "Rufname")), group("mitFoto", text("name", "Rufname"), file)}},
	}}}, nil
}

func (r *rooms) Record(ctx context.Context, action, object, detail string) error {
	return r.say(ctx, said{What: "audit", Who: httpx.CallerOf(ctx).AccountID.String(), Kind: action, Body: object + " " + detail})
}

func (r *rooms) ReportAccess(ctx context.Context, to string, m types.MessageAccess) error {
	return r.say(ctx, said{"access", to, string(m.Kind) + " " + strings.Join(m.Items, " "), m.Who, *m.ApplicationId})
}

func (r *rooms) Member(id string) (types.PortalReference, bool) {
	return types.PortalReference{Id: id, Name: "Stadt Meppen", Url: id, Kind: types.Municipality}, id == origin
}

func (r *rooms) Place(_ context.Context, ars string) (types.Place, error) {
	if ars != "034540035035" {
		return types.Place{}, problem.NotFound("place-unknown", "unbekannt", "unknown")
	}
	return types.Place{Ars: ars, Name: "Meppen, Stadt", Level: types.Gemeinde}, nil
}

// Fetch plays the portal of origin.
func (r *rooms) Fetch(_ context.Context, member string, id uuid.UUID, offset int64) (io.ReadCloser, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	content, ok := r.files[id]
	if r.away || !ok || member != origin {
		return nil, errors.New("no answer")
	}
	r.offsets = append(r.offsets, offset)
	rest := content[min(int(offset), len(content)):]
	if r.breakAt > 0 && len(rest) > r.breakAt {
		return io.NopCloser(io.MultiReader(bytes.NewReader(rest[:r.breakAt]), broken{})), nil
	}
	return io.NopCloser(bytes.NewReader(rest)), nil
}

// Below knows one unit above that of the offer.
func (r *rooms) Below(_ context.Context, units []uuid.UUID) ([]uuid.UUID, error) {
	if slices.Contains(units, r.above) {
		units = append(units, r.offerID)
	}
	return units, nil
}

// Above knows one unit above that of the offer.
func (r *rooms) Above(_ context.Context, unit uuid.UUID) ([]uuid.UUID, error) {
	if unit == r.offerID {
		return []uuid.UUID{unit, r.above}, nil
	}
	return []uuid.UUID{unit}, nil
}

// StaffWithRole knows colleagues by the unit in which they are clerks; those of the nil unit are clerks everywhere.
func (r *rooms) StaffWithRole(_ context.Context, role string, units []uuid.UUID) (map[uuid.UUID]string, error) {
	names := map[uuid.UUID]string{}
	for id, c := range r.staff {
		if role == "clerk" && (units == nil || c.unit == uuid.Nil || slices.Contains(units, c.unit)) {
			names[id] = c.name
		}
	}
	return names, nil
}

func (r *rooms) StaffNames(_ context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	names := map[uuid.UUID]string{}
	for _, id := range ids {
		if c, ok := r.staff[id]; ok {
			names[id] = c.name
		}
	}
	return names, nil
}

// colleague is somebody who works at the portal.
type colleague struct {
	name string
	unit uuid.UUID // nil: everywhere
}

func (r *rooms) set(fn func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn()
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

type setup struct {
	*rooms
	s     *cases.Service
	h     *cases.Handlers
	clerk context.Context
	run   func()

	folder string // of the files
}

func newSetup(t testing.TB) setup {
	t.Helper()
	return newSetupAt(t, time.Now)
}

func newSetupAt(t testing.TB, now func() time.Time) setup { return newSetupWith(t, now, nil) }

func newSetupWith(t testing.TB, now func() time.Time, scanner *scan.Scanner) setup {
	t.Helper()
	d, folder := dbtest.New(t), t.TempDir()
	if err := d.From(t.Context()).Exec("CREATE TABLE said (id bigint GENERATED ALWAYS AS IDENTITY, what text, who text, kind text, body text, subject uuid)").Error; err != nil {
		t.Fatal(err)
	}
	set, err := keys.New(true)
	if err != nil {
		t.Fatal(err)
	}
	r := &rooms{d: d, offerID: uuid.New(), above: uuid.New(), staff: map[uuid.UUID]colleague{}, files: map[uuid.UUID][]byte{}}
	s, client, hub := serviceOn(t, d, r, set, folder, now, scanner)
	listening, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	if err := hub.Start(listening); err != nil {
		t.Fatal(err)
	}
	clerk := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: uuid.New(), Roles: []string{"clerk"}})
	r.staff[httpx.CallerOf(clerk).AccountID] = colleague{name: "Bernd Beispiel"}
	return setup{r, s, cases.NewHandlers(s), clerk, func() { run(t, client) }, folder}
}

// serviceOn makes a service on a database and a folder.
func serviceOn(t testing.TB, d *db.DB, r *rooms, set *keys.Set, folder string, now func() time.Time, scanner *scan.Scanner) (*cases.Service, *jobs.Client, *notify.Hub) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	client, err := jobs.New(d, log, jobs.Options{PollInterval: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.New(t.Context(), folder, set.Derive("blob"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	hub := notify.New(d, log)
	s := cases.New(cases.Config{
		DB: d, Keys: set, Jobs: client, Hub: hub, Offers: r, Services: r, Fees: r, Reports: r, Files: r, Store: store, Scanner: scanner, Audit: r, Portals: r, Places: r, Units: r, Colleagues: r, Now: now,
		Authorities: r, Forms: r, Receipts: r, Mail: r, Self: types.PortalReference{Url: "https://landkreis.example"},
	})
	cases.Register(client, s)
	return s, client, hub
}

func run(t testing.TB, client *jobs.Client) {
	t.Helper()
	if err := client.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := client.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// application is one for the offer, with files.
func (x setup) application(files ...[]byte) types.MessageApplication {
	app := types.MessageApplication{
		ApplicationId: uuid.New(), Number: "MEP-26-4F7K-2P9T-X", SubmittedAt: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), OfferId: x.offerID,
		FormId: uuid.New(), FormVersion: 3, Ars: "034540035035", Language: "en", TrustLevel: types.Low, ApplicantName: "Clara Beispiel",
		Data: map[string]any{"dog": map[string]any{"name": "Waldi"}}, ContentHash: "aa", Attachments: []types.Attachment{},
	}
	for _, content := range files {
		id, hash := uuid.New(), sha256.Sum256(content)
		x.set(func() { x.files[id] = content })
		app.Attachments = append(app.Attachments, types.Attachment{
			Id: id, Name: "Impfpass für „Waldi“.pdf", Field: "/evidence/files", MediaType: "application/pdf", Size: int64(len(content)), Sha256: hex.EncodeToString(hash[:]),
		})
	}
	return app
}

// open opens a case and gives its id.
func (x setup) open(t *testing.T, app types.MessageApplication) uuid.UUID {
	t.Helper()
	if _, err := x.s.Open(t.Context(), origin, app); err != nil {
		t.Fatal(err)
	}
	return x.caseOf(t, app)
}

// caseOf gives the id of an application's case.
func (x setup) caseOf(t *testing.T, app types.MessageApplication) uuid.UUID {
	t.Helper()
	var id uuid.UUID
	if err := x.d.From(t.Context()).Raw("SELECT id FROM cases WHERE application_id = ?", app.ApplicationId).Row().Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func (x setup) read(t *testing.T, id uuid.UUID) cases.Case {
	t.Helper()
	c, err := x.s.Read(x.clerk, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func kinds(c cases.Case) []types.EventKind {
	var all []types.EventKind
	for _, e := range c.Timeline {
		all = append(all, e.Kind)
	}
	return all
}

func wantStatus(t *testing.T, err error, status int, code string) {
	t.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Status != status || p.Code != code {
		t.Errorf("error %v, want %d %s", err, status, code)
	}
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func wantEqual[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s: got %v, want %v", what, got[i], want[i])
		}
	}
}

func TestOpen_Twice_OneCase(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.application()
	first, err := x.s.Open(t.Context(), origin, app)
	if err != nil || first == nil || first.Kind != types.Received || first.By != types.EventAuthorAuthority || *first.Name != "Tax office" {
		t.Fatalf("received %+v, %v", first, err)
	}
	if again, err := x.s.Open(t.Context(), origin, app); err != nil || again != nil {
		t.Errorf("received once more: %+v, %v", again, err)
	}
	id := x.caseOf(t, app)
	var jobCount, caseCount int
	if err := x.d.From(t.Context()).Raw("SELECT (SELECT count(*) FROM river_job), (SELECT count(*) FROM cases)").Row().Scan(&jobCount, &caseCount); err != nil {
		t.Fatal(err)
	}
	if jobCount != 0 || caseCount != 1 {
		t.Errorf("%d jobs, %d cases", jobCount, caseCount)
	}
	c := x.read(t, id)
	wantEqual(t, "timeline", kinds(c), []types.EventKind{types.Submitted, types.Received})
	if c.Number != app.Number || c.ApplicantName != "Clara Beispiel" || c.State != types.CaseStateReceived || c.Data["dog"].(map[string]any)["name"] != "Waldi" || c.OrganisationName["de"] != "Steueramt" {
		t.Errorf("case %+v", c)
	}
	// The same number at another portal is another application.
	if _, err := x.s.Open(t.Context(), "https://lathen.example", app); err != nil {
		t.Fatal(err)
	}
	if l, err := x.s.List(x.clerk, cases.Filter{Limit: 10}); err != nil || len(l.Items) != 2 {
		t.Errorf("list %+v, %v", l, err)
	}
}

func TestOpen_TransactionFails_NoCaseNoJob(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	_ = x.d.Tx(t.Context(), func(ctx context.Context) error {
		if _, err := x.s.Open(ctx, origin, x.application([]byte("x"))); err != nil {
			t.Error(err)
		}
		return errors.New("the message could not be kept")
	})
	var left int
	if err := x.d.From(t.Context()).Raw("SELECT (SELECT count(*) FROM river_job) + (SELECT count(*) FROM cases) + (SELECT count(*) FROM case_attachments)").Scan(&left).Error; err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}

func TestOpen_NotAnApplication_IsRefusedForGood(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	for name, change := range map[string]func(*types.MessageApplication){
		"no number":          func(a *types.MessageApplication) { a.Number = "" },
		"no name":            func(a *types.MessageApplication) { a.ApplicantName = "  " },
		"no time":            func(a *types.MessageApplication) { a.SubmittedAt = time.Time{} },
		"no id":              func(a *types.MessageApplication) { a.ApplicationId = uuid.Nil },
		"hash is no hash":    func(a *types.MessageApplication) { a.Attachments[0].Sha256 = "zz" },
		"huge file":          func(a *types.MessageApplication) { a.Attachments[0].Size = 1 << 40 },
		"negative size":      func(a *types.MessageApplication) { a.Attachments[0].Size = -1 },
		"same file twice":    func(a *types.MessageApplication) { a.Attachments = append(a.Attachments, a.Attachments[0]) },
		"thousands of files": func(a *types.MessageApplication) { a.Attachments = make([]types.Attachment, 1000) },
	} {
		app := x.application([]byte("x"))
		change(&app)
		_, err := x.s.Open(t.Context(), origin, app)
		if p := problem.From(err); err == nil || p.Status != http.StatusUnprocessableEntity || p.Code != "application-invalid" {
			t.Errorf("%s: %v", name, err)
		}
	}
	app := x.application()
	app.OfferId = uuid.New()
	_, err := x.s.Open(t.Context(), origin, app)
	wantStatus(t, err, http.StatusUnprocessableEntity, "offer-unknown")
}

func TestCases_ContentIsSealedAtRest(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.application([]byte("x"))
	app.Data = map[string]any{"dog": map[string]any{"name": "Seltenername"}}
	app.Attachments[0].Name = "Seltenername.pdf"
	id := x.open(t, app)
	if _, err := x.s.Ask(x.clerk, id, "key-00001", words("Heißt er wirklich Seltenername?")); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"cases", "case_events", "case_attachments", "river_job", "idempotency_keys"} {
		var leaked bool
		if err := x.d.From(t.Context()).Raw("SELECT EXISTS (SELECT FROM " + table + " r WHERE r::text LIKE '%Seltenername%')").Scan(&leaked).Error; err != nil || leaked {
			t.Errorf("readable in %s: %v, %v", table, leaked, err)
		}
	}
}
