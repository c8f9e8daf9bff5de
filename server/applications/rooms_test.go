package applications_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

var errEnded = problem.Conflict("offer-ended", "nicht mehr zuständig", "no longer competent")

// others plays the other rooms.
type others struct {
	mu       sync.Mutex
	offer    types.Offer
	channel  string
	gone     bool
	ended    error // what ChooseOffer and CheckOffer answer
	form     types.Form
	handed   []types.MessageApplication
	to       string
	events   []types.TimelineEvent
	opened   []string // documents, with the portals that are told
	letters  []types.MessageMailbox
	mails    []mail.Message
	persons  []httpx.Person
	uses     []types.PowerUse
	refusal  error                                                   // what Use answers
	until    time.Time                                               // when the power ends
	safe     map[uuid.UUID][]byte                                    // what lies in Clara's safe, by document
	released map[uuid.UUID]uuid.UUID                                 // documents by release
	papers   map[string][]byte                                       // documents of competent portals, by portal and id
	read     int                                                     // how often it was read there
	away     error                                                   // what the account home answers instead
	onSubmit func(ctx context.Context) (*types.TimelineEvent, error) // answers Submit
}

func newOthers(offerID uuid.UUID, portal string) *others {
	o := &others{channel: "desk", papers: map[string][]byte{}, safe: map[uuid.UUID][]byte{}, released: map[uuid.UUID]uuid.UUID{}}
	o.form = types.Form{Id: uuid.New(), Version: 3}
	layout := `{"steps": [
		{"id": "applicant", "title": {"de": "Sie"}, "fields": [
			{"name": "givenName", "kind": "text", "label": {"de": "Vorname"}}, {"name": "familyName", "kind": "text", "label": {"de": "Nachname"}}]},
		{"id": "evidence", "title": {"de": "Nachweise"}, "fields": [
			{"name": "reason", "kind": "text", "label": {"de": "Grund"}},
			{"name": "hidden", "kind": "text", "label": {"de": "Verborgen"}},
			{"name": "files", "kind": "file", "label": {"de": "Dateien"}, "maxFiles": 30},
			{"name": "photo", "kind": "file", "label": {"de": "Foto"}, "accept": ["image/jpeg", ".png"]},
			{"name": "dogs", "kind": "group", "label": {"de": "Hunde"}, "fields": [{"name": "papers", "kind": "file", "label": {"de": "Papiere"}}]}]}]}`
	if err := json.Unmarshal([]byte(layout), &o.form.Layout); err != nil {
		panic(err)
	}
	o.offer = types.Offer{
		Id: offerID, Channel: types.OfferChannelForm, FormId: &o.form.Id, ServiceId: uuid.New(), Organisation: types.Organisation{Id: uuid.New()},
		Area: types.PlaceReference{Ars: "034540000000"}, Portal: types.PortalReference{Id: portal, Name: "Landkreis Emsland", Url: portal},
	}
	return o
}

func (o *others) set(fn func()) { o.mu.Lock(); defer o.mu.Unlock(); fn() }

func (o *others) OfferByID(_ context.Context, id uuid.UUID) (types.Offer, string, map[string]string, map[string]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if id != o.offer.Id || o.gone {
		return types.Offer{}, "", nil, nil, problem.NotFound("offer-unknown", "Unbekannt", "Unknown")
	}
	return o.offer, o.channel, map[string]string{"de": "Hund anmelden", "en": "Register a dog"}, map[string]string{"de": "Steueramt", "en": "Tax office"}, nil
}

func (o *others) ChooseOffer(context.Context, uuid.UUID, string) error { return o.ended }

func (o *others) CheckOffer(context.Context, uuid.UUID, time.Time) error { return o.ended }

func (o *others) Form(_ context.Context, id uuid.UUID, version int) (types.Form, error) {
	if id != o.form.Id || version != 0 && version != o.form.Version {
		return types.Form{}, problem.NotFound("form-unknown", "Unbekannt", "Unknown")
	}
	return o.form, nil
}

// Answers drops the field hidden.
func (o *others) Answers(_ types.Form, data map[string]any) map[string]any {
	kept := map[string]any{}
	for step, values := range data {
		fields := map[string]any{}
		for name, value := range values.(map[string]any) {
			if name != "hidden" {
				fields[name] = value
			}
		}
		kept[step] = fields
	}
	return kept
}

// Validate asks for a reason.
func (o *others) Validate(_ types.Form, data map[string]any) []problem.FieldError {
	evidence, _ := data["evidence"].(map[string]any)
	if evidence["reason"] == nil {
		return []problem.FieldError{{Pointer: "/evidence/reason", Code: "required", Message: problem.Text{De: "Bitte", En: "Please"}}}
	}
	return nil
}

func (o *others) CheckDraft(_ types.Form, data map[string]any) []problem.FieldError {
	for step := range data {
		if step != "applicant" && step != "evidence" {
			return []problem.FieldError{{Pointer: "/" + step, Code: "additionalProperties"}}
		}
	}
	return nil
}

func (o *others) Place(_ context.Context, ars string) (types.Place, error) {
	if ars == "999999999999" {
		return types.Place{}, problem.NotFound("place-unknown", "Unbekannt", "Unknown")
	}
	return types.Place{Ars: ars, Level: types.Gemeinde, Name: "Meppen"}, nil
}

func (o *others) Submit(ctx context.Context, portalID, channel string, app types.MessageApplication) (*types.TimelineEvent, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.handed, o.to = append(o.handed, app), portalID+" "+channel
	if o.onSubmit != nil {
		return o.onSubmit(ctx)
	}
	return nil, nil
}

func (o *others) CitizenEvent(_ context.Context, _ string, _ uuid.UUID, event types.TimelineEvent) error {
	o.set(func() { o.events = append(o.events, event) })
	return nil
}

func (o *others) Opened(_ context.Context, portal string, m types.MessageDocumentOpened) error {
	o.set(func() { o.opened = append(o.opened, portal+" "+m.DocumentId.String()) })
	return nil
}

func (o *others) Notify(_ context.Context, p httpx.Person, m types.MessageMailbox) error {
	o.set(func() { o.letters, o.persons = append(o.letters, m), append(o.persons, p) })
	return nil
}

// Enqueue takes a mail.
func (o *others) Enqueue(_ context.Context, m mail.Message) error {
	o.set(func() { o.mails = append(o.mails, m) })
	return nil
}

// Release lets the portal read a document of Clara's safe.
func (o *others) Release(ctx context.Context, id uuid.UUID, _ types.DocumentUse) (types.DocumentRelease, error) {
	content, found := o.safe[id]
	if !found || httpx.CallerOf(ctx).Person.Subject != "clara" {
		return types.DocumentRelease{}, problem.NotFound("document-unknown", "-", "-")
	}
	sum, given := sha256.Sum256(content), uuid.New()
	o.released[given] = id
	return types.DocumentRelease{
		Id: given, Name: "Bescheid.pdf", MediaType: "application/pdf", Size: int64(len(content)), Sha256: hex.EncodeToString(sum[:]), CreatedAt: time.Unix(0, 0).UTC(),
		Origin: &types.DocumentOrigin{Sender: "Stadt Meppen", At: time.Unix(0, 0).UTC()},
	}, nil
}

// OpenReleased reads it at the account home.
func (o *others) OpenReleased(_ context.Context, home string, release uuid.UUID) (io.ReadCloser, error) {
	if o.away != nil {
		return nil, o.away
	}
	content, found := o.safe[o.released[release]]
	if !found || home != county {
		return nil, problem.NotFound("attachment-unknown", "-", "-")
	}
	o.read++
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (o *others) Self() types.PortalReference {
	return types.PortalReference{Id: self, Name: "Stadt Meppen", Url: self}
}

func (o *others) Member(id string) (types.PortalReference, bool) {
	return types.PortalReference{Id: county, Name: "Landkreis Emsland", Url: county}, id == county
}

// FetchDocument gives a document of a competent portal, as far as it has one.
func (o *others) FetchDocument(_ context.Context, portal string, id uuid.UUID) (io.ReadCloser, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	body, ok := o.papers[portal+" "+id.String()]
	if !ok {
		return nil, errors.New("away")
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}
