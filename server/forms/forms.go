// Package forms keeps the definitions of online forms (Antragsformulare) and judges answers by them. A definition is a JSON
// Schema that says what a valid answer is, and a layout that says how to ask; browser and server judge by the same one, within
// the form profile that testdata/README.md explains.
package forms

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/canonical"
	"portalverbund/server/platform/problem"
)

// Kind is how the catalog feed and the import files call a form.
const Kind = "form"

// keptForms is how many definitions are held in memory, ready to judge by.
const keptForms = 200

// Publisher tells the other portals of a change, inside the transaction of ctx.
type Publisher interface {
	PublishCatalog(ctx context.Context, kind, id string, payload any) error
}

// Portals knows this portal and the other members of the association.
type Portals interface {
	Self() types.PortalReference
	Member(id string) (types.PortalReference, bool)
}

// Config is what New needs.
type Config struct {
	DB        *db.DB
	Publisher Publisher
	Portals   Portals
	Log       *slog.Logger     // default: nothing is logged
	Now       func() time.Time // default: the machine's clock
}

// Service keeps forms and judges answers. It is safe for use by several goroutines.
type Service struct {
	db        *db.DB
	publisher Publisher
	portals   Portals
	log       *slog.Logger
	now       func() time.Time
	rooms     Rooms
	profile   *profile
	forms     *cache[types.Form]
	judges    *cache[*judge]
}

// New makes the Service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{
		db: c.DB, publisher: c.Publisher, portals: c.Portals, log: c.Log, now: c.Now,
		profile: newProfile(), forms: newCache[types.Form](keptForms), judges: newCache[*judge](keptForms),
	}
}

// definition is a form as it is imported and published. Its content is kept as it came: a newer portal may know more of it.
type definition struct {
	ID      uuid.UUID `json:"id"`
	Version int       `json:"version"`
	rawContent
	content content
	digest  []byte // SHA-256 over rawContent in canonical JSON
}

// rawContent is the part of a definition that a version fixes, and content is what this portal knows of it.
type (
	rawContent struct {
		Title  json.RawMessage `json:"title"`
		Schema json.RawMessage `json:"schema"`
		Layout json.RawMessage `json:"layout"`
	}
	content struct {
		Title  types.LocalizedText `json:"title"`
		Schema map[string]any      `json:"schema"`
		Layout types.FormLayout    `json:"layout"`
	}
)

func decode(payload []byte) (definition, error) {
	var d definition
	if err := json.Unmarshal(payload, &d); err != nil {
		return d, err
	}
	if err := json.Unmarshal(payload, &d.content); err != nil {
		return d, err
	}
	text, err := canonical.Marshal(d.rawContent)
	if err != nil {
		return d, err
	}
	sum := sha256.Sum256(text)
	d.digest = sum[:]
	return d, nil
}

// read decodes a definition and checks it by the form profile. Errors are of class problem.Unprocessable and name each place.
func (s *Service) read(payload []byte) (definition, error) {
	if len(payload) > maxDefinition {
		return definition{}, problem.Unprocessable("form-too-large", "Das Formular ist zu groß.", "The form is too large.")
	}
	d, err := decode(payload)
	if err != nil {
		return d, problem.Unprocessable("form-invalid", "Das Formular lässt sich nicht lesen.", "The form cannot be read.").Because(err)
	}
	if found := s.profile.check(d); len(found) > 0 {
		e := problem.Unprocessable("form-invalid", "Das Formular verlässt das Formularprofil.", "The form leaves the form profile.")
		causes := make([]error, 0, len(found))
		for _, f := range found {
			e.Fields = append(e.Fields, problem.FieldError{Pointer: f.pointer, Code: f.code, Message: f.words})
			causes = append(causes, fmt.Errorf("%s: %s", f.pointer, f.problem))
		}
		return d, e.Because(errors.Join(causes...))
	}
	return d, nil
}

// Import stores a form of this portal and publishes it. The same version with the same content has no effect; with other
// content it is refused (409), as is a version below one that is there: versions only grow. A form that leaves the profile
// is refused with 422.
func (s *Service) Import(ctx context.Context, payload json.RawMessage) error {
	d, err := s.read(payload)
	if err != nil {
		return err
	}
	self := s.portals.Self().Id
	return s.db.Tx(ctx, func(ctx context.Context) error {
		versions, err := s.versionsOf(ctx, []uuid.UUID{d.ID})
		if err != nil {
			return fmt.Errorf("import form %s: %w", d.ID, err)
		}
		known := versions[d.ID]
		if known != nil && known.owner != self {
			return problem.Conflict("form-of-another-portal", "Diese Kennung gehört einem anderen Portal.", "This id belongs to another portal's form.")
		}
		if known != nil && bytes.Equal(known.digests[d.Version], d.digest) && !known.withdrawn {
			return nil
		}
		if known != nil && d.Version <= known.newest && !bytes.Equal(known.digests[d.Version], d.digest) {
			return problem.Conflict("form-version-taken", "Diese Fassung gibt es schon mit anderem Inhalt.", "This version of the form exists already with other content.").
				With(problem.Text{De: "Erhöhen Sie die Fassungsnummer.", En: "Raise the version number."})
		}
		if err := s.insert(ctx, []formRow{newRow(d, self, s.now())}); err != nil {
			return fmt.Errorf("import form %s: %w", d.ID, err)
		}
		if err := s.setWithdrawn(ctx, self, []uuid.UUID{d.ID}, false); err != nil {
			return fmt.Errorf("import form %s: %w", d.ID, err)
		}
		return s.publisher.PublishCatalog(ctx, Kind, d.ID.String(), d)
	})
}

// Replicate takes over what the feed of another portal says of its forms, deleted ones included; other kinds are passed over. What leaves the
// profile, belongs to another portal or changes a version that is known here is left out and logged: one bad entry must not
// hold up the rest.
func (s *Service) Replicate(ctx context.Context, owner string, entries []types.CatalogEntry) error {
	if owner == s.portals.Self().Id {
		return nil
	}
	given, gone := s.readEntries(ctx, owner, entries)
	if len(given) == 0 && len(gone) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, 0, len(given))
	for _, d := range given {
		ids = append(ids, d.ID)
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		versions, err := s.versionsOf(ctx, ids)
		if err != nil {
			return fmt.Errorf("replicate forms of %s: %w", owner, err)
		}
		rows := make([]formRow, 0, len(given))
		for _, d := range given {
			known := versions[d.ID]
			switch {
			case known != nil && known.owner != owner:
				s.log.WarnContext(ctx, "form of another portal left out", "owner", owner, "form", d.ID)
			case known != nil && known.digests[d.Version] != nil && !bytes.Equal(known.digests[d.Version], d.digest):
				s.log.WarnContext(ctx, "changed version of a form left out", "owner", owner, "form", d.ID, "version", d.Version)
			default:
				rows = append(rows, newRow(d, owner, s.now()))
			}
		}
		if err := s.insert(ctx, rows); err != nil {
			return fmt.Errorf("replicate forms of %s: %w", owner, err)
		}
		if err := s.setWithdrawn(ctx, owner, ids, false); err != nil {
			return fmt.Errorf("replicate forms of %s: %w", owner, err)
		}
		if err := s.setWithdrawn(ctx, owner, gone, true); err != nil {
			return fmt.Errorf("replicate forms of %s: %w", owner, err)
		}
		return nil
	})
}

// readEntries decodes the entries that are forms. The last one of an id wins.
func (s *Service) readEntries(ctx context.Context, owner string, entries []types.CatalogEntry) (given map[uuid.UUID]definition, gone []uuid.UUID) {
	given = map[uuid.UUID]definition{}
	deleted := map[uuid.UUID]bool{}
	for _, entry := range entries {
		if entry.Kind != Kind {
			continue
		}
		id, err := uuid.Parse(entry.Id)
		if err != nil {
			s.log.WarnContext(ctx, "form without a valid id left out", "owner", owner)
			continue
		}
		if deleted[id] = entry.Deleted; entry.Deleted {
			delete(given, id)
			continue
		}
		d, err := s.readEntry(entry)
		if err == nil && d.ID != id {
			err = errors.New("the entry has another id than its form")
		}
		if err != nil {
			s.log.WarnContext(ctx, "form left out", "owner", owner, "form", id, "error", err)
			continue
		}
		given[id] = d
	}
	for id, is := range deleted {
		if is {
			gone = append(gone, id)
		}
	}
	return given, gone
}

func (s *Service) readEntry(entry types.CatalogEntry) (definition, error) {
	if entry.Payload == nil {
		return definition{}, errors.New("the entry is empty")
	}
	return s.read(*entry.Payload)
}

// Form gives a form in a version; version 0 is the newest that is offered. The schema is shared: it must not be changed.
func (s *Service) Form(ctx context.Context, id uuid.UUID, version int) (types.Form, error) {
	if version == 0 {
		var err error
		if version, err = s.newest(ctx, id); err != nil {
			return types.Form{}, err
		}
	}
	form, ok := s.forms.get(formKey{id, version})
	if !ok {
		var err error
		if form, err = s.load(ctx, id, version); err != nil {
			return types.Form{}, err
		}
		s.forms.put(formKey{id, version}, form)
	}
	form.Owner = s.owner(form.Owner.Id)
	return form, nil
}

// owner names a portal; one that has left the association has no name but its address.
func (s *Service) owner(id string) types.PortalReference {
	if self := s.portals.Self(); self.Id == id {
		return self
	}
	if member, ok := s.portals.Member(id); ok {
		return member
	}
	return types.PortalReference{Id: id, Name: id, Url: id}
}

func formUnknown() error {
	return problem.NotFound("form-unknown", "Dieses Formular ist nicht bekannt.", "This form is not known.")
}
