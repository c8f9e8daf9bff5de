package forms

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/canonical"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// Roles of those who work on forms: those of the catalog's editors.
const (
	roleEditor    = "editor"
	rolePublisher = "publisher"
	roleAdmin     = "admin"
)

// Audit keeps who did what.
type Audit interface {
	Record(ctx context.Context, action, object, detail string) error
}

// Review knows whether somebody else than the authors must release.
type Review interface {
	FourEyes(ctx context.Context) (bool, error)
}

// Services knows which services people apply for with a form, at most some of each form.
type Services interface {
	FormUses(ctx context.Context, forms []uuid.UUID) (map[uuid.UUID][]types.FormUse, error)
}

// Rooms are the neighbours that the form editor needs.
type Rooms struct {
	Audit    Audit
	Review   Review
	Services Services
}

// Connect tells the service its neighbours, once all of them are there and before it is used.
func (s *Service) Connect(rooms Rooms) { s.rooms = rooms }

// draftState is what a working copy is waiting for.
type draftState string

const (
	none    draftState = "none"    // there is no working copy
	writing draftState = "writing" // its authors
	review  draftState = "review"  // somebody who may release
)

// Edited is a form of this portal as its editors see it, and its revision.
type Edited struct {
	types.EditedForm
	Revision int64
	Findings []problem.FieldError // what keeps it from being released
	Remarks  []problem.FieldError // what somebody should still see to
}

// ETag names the state of the form, for If-Match.
func (e Edited) ETag() string { return etag(e.Revision) }

func etag(revision int64) string { return strconv.Quote(strconv.FormatInt(revision, 10)) }

func object(id uuid.UUID) string { return "form:" + id.String() }

// workbench is a form with everything that is known about it; in a transaction, it is locked.
type workbench struct {
	id       uuid.UUID
	row      editRow
	released *releasedForm // the newest version; nil where there is none
	gone     bool          // nothing is left of it
}

// version is the newest that was released, 0 where there is none.
func (b *workbench) version() int {
	if b.released == nil {
		return 0
	}
	return b.released.Version
}

func (b *workbench) withdrawn() bool { return b.released != nil && b.released.WithdrawnAt != nil }

func (b *workbench) state() types.EditorialState {
	switch {
	case b.row.State == review:
		return types.EditorialStateInReview
	case b.withdrawn():
		return types.EditorialStateWithdrawn
	case b.released == nil:
		return types.EditorialStateNew
	case b.row.Draft != nil:
		return types.EditorialStateChanged
	}
	return types.EditorialStateReleased
}

// content is the working copy, else what is released.
func (b *workbench) content() (types.FormContent, error) {
	if b.row.Draft != nil {
		return readContent(b.row.Draft)
	}
	return readContent(b.released.Definition)
}

func readContent(text []byte) (types.FormContent, error) {
	var c types.FormContent
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("read form: %w", err)
	}
	if c.Title == nil {
		c.Title = types.LocalizedText{}
	}
	if c.Schema == nil {
		c.Schema = map[string]any{}
	}
	if c.Layout.Steps == nil {
		c.Layout.Steps = []types.FormStep{}
	}
	return c, nil
}

// outdated says whether another version was released since the working copy was begun.
func (b *workbench) outdated() bool { return b.row.Draft != nil && b.row.Base != b.version() }

// writable refuses while the working copy is being reviewed.
func (b *workbench) writable() error {
	if b.row.State == review {
		return problem.Conflict("draft-fixed", "Das Formular wird gerade geprüft.", "The form is in review.").
			With(problem.Text{De: "Holen Sie es zurück, um es zu ändern.", En: "Take it back to change it."})
	}
	return nil
}

// clear forgets the working copy and everything about it.
func (b *workbench) clear() { b.row = editRow{Revision: b.row.Revision, State: none} }

// bench reads a form. One that this portal does not have, and nobody is writing, is form-unknown (404).
func (s *Service) bench(ctx context.Context, id uuid.UUID) (*workbench, error) {
	b := &workbench{id: id}
	var err error
	if b.row, err = s.editRow(ctx, id); err != nil {
		return nil, err
	}
	if b.released, err = s.newestOf(ctx, id); err != nil {
		return nil, err
	}
	if b.released != nil && b.released.Owner != s.portals.Self().Id || b.released == nil && b.row.Draft == nil {
		return nil, problem.NotFound("form-unknown", "Dieses Formular gibt es an diesem Portal nicht.", "There is no such form at this portal.").
			With(problem.Text{De: "Formulare verbundener Portale ändert deren eigene Redaktion. Sie können eine Kopie anlegen.", En: "Forms of linked portals are changed by their own editors. You can make a copy."})
	}
	return b, nil
}

// change does something with a form in one transaction, once for a revision: who has read an older one gets problem.Changed.
func (s *Service) change(ctx context.Context, id uuid.UUID, ifMatch string, do func(ctx context.Context, b *workbench) error) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		b, err := s.bench(ctx, id)
		if err != nil {
			return err
		}
		if etag(b.row.Revision) != ifMatch {
			return problem.Changed().With(problem.Text{De: "Ihre Fassung ist noch da. Vergleichen Sie beide.", En: "Your version is still here. Compare the two."})
		}
		if err := do(ctx, b); err != nil {
			return err
		}
		return s.putEdit(ctx, b)
	})
}

// act is change, and gives the form as it is then.
func (s *Service) act(ctx context.Context, id uuid.UUID, ifMatch string, do func(ctx context.Context, b *workbench) error) (Edited, error) {
	if err := s.change(ctx, id, ifMatch, do); err != nil {
		return Edited{}, err
	}
	return s.Edited(ctx, id)
}

// keep makes content the working copy, written by the caller.
func (s *Service) keep(ctx context.Context, b *workbench, content types.FormContent) error {
	text, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("write form: %w", err)
	}
	if len(text) > maxDefinition {
		return problem.TooLarge("form-too-large", "Das Formular ist zu groß.", "The form is too large.").
			With(problem.Text{De: "Ein Formular kann höchstens 256 KiB haben.", En: "A form can have 256 KiB at most."})
	}
	if bytes.Contains(text, []byte(`\u0000`)) {
		return problem.Invalid(problem.FieldError{Pointer: "/content", Code: "pattern"})
	}
	if b.row.Draft == nil {
		b.row.Base, b.row.State, b.row.Authors, b.row.Note = b.version(), writing, nil, ""
	}
	account, name := httpx.CallerOf(ctx).AccountID, httpx.CallerOf(ctx).DisplayName
	now := s.now()
	b.row.Draft, b.row.ChangedAt, b.row.ChangedName = text, &now, name
	if slices.Contains(b.row.Authors, account) {
		return nil
	}
	b.row.Authors = append(b.row.Authors, account)
	return s.rooms.Audit.Record(ctx, "form.draft", object(b.id), "")
}

// Create begins a form, once for the caller's key: an empty one, a copy, or what follows from a JSON Schema or from XDatenfelder.
func (s *Service) Create(ctx context.Context, key string, wanted types.NewForm) (Edited, error) {
	if err := only(ctx, roleEditor); err != nil {
		return Edited{}, err
	}
	content, err := s.beginning(ctx, wanted)
	if err != nil {
		return Edited{}, err
	}
	account := httpx.CallerOf(ctx).AccountID
	id, err := idempotency.Do(ctx, s.db, "form.create:"+account.String(), key, wanted, func(ctx context.Context) (uuid.UUID, error) {
		id, err := uuid.NewV7()
		if err != nil {
			return id, fmt.Errorf("make id: %w", err)
		}
		b := &workbench{id: id}
		if b.row, err = s.editRow(ctx, id); err != nil {
			return id, err
		}
		if err := s.keep(ctx, b, content); err != nil {
			return id, err
		}
		return id, s.putEdit(ctx, b)
	})
	if err != nil {
		return Edited{}, err
	}
	return s.Edited(ctx, id)
}

// beginning is the content with which a form is begun.
func (s *Service) beginning(ctx context.Context, wanted types.NewForm) (types.FormContent, error) {
	content := types.FormContent{Title: types.LocalizedText{}, Schema: map[string]any{"type": "object", "properties": map[string]any{}}, Layout: types.FormLayout{Steps: []types.FormStep{}}}
	switch {
	case wanted.CopyOf != nil && wanted.Schema != nil:
		return content, problem.Invalid(problem.FieldError{Pointer: "/schema", Code: "additionalProperties"})
	case wanted.Xdatenfelder != nil && (wanted.CopyOf != nil || wanted.Schema != nil):
		return content, problem.Invalid(problem.FieldError{Pointer: "/xdatenfelder", Code: "additionalProperties"})
	case wanted.Xdatenfelder != nil:
		var err error
		if content, err = contentOfXDF(*wanted.Xdatenfelder); err != nil {
			return content, err
		}
	case wanted.CopyOf != nil:
		form, err := s.Form(ctx, *wanted.CopyOf, 0)
		if problem.Is(err, "form-unknown") {
			return content, problem.Invalid(problem.FieldError{Pointer: "/copyOf", Code: "form-unknown", Message: problem.Text{
				De: "Dieses Formular wird nicht angeboten.", En: "This form is not offered."}})
		} else if err != nil {
			return content, err
		}
		content = types.FormContent{Title: copyTitle(form.Title), Schema: form.Schema, Layout: form.Layout}
	case wanted.Schema != nil:
		var err error
		if content, err = contentOf(*wanted.Schema); err != nil {
			return content, err
		}
	}
	if wanted.Title != nil {
		content.Title = *wanted.Title
	}
	return content, nil
}

func copyTitle(title types.LocalizedText) types.LocalizedText {
	out := types.LocalizedText{}
	for language, text := range title {
		switch language {
		case "de":
			text += " (Kopie)"
		case "en":
			text += " (copy)"
		}
		out[language] = text
	}
	return out
}

// Save replaces the working copy, which may leave the form profile. With a base it is from now on based on that version;
// problem.Changed when it is not the newest.
func (s *Service) Save(ctx context.Context, id uuid.UUID, ifMatch string, content types.FormContent, base int) (Edited, error) {
	if err := only(ctx, roleEditor); err != nil {
		return Edited{}, err
	}
	return s.act(ctx, id, ifMatch, func(ctx context.Context, b *workbench) error {
		if err := b.writable(); err != nil {
			return err
		}
		if base != 0 && base != b.version() {
			return problem.Changed()
		}
		if err := s.keep(ctx, b, content); err != nil {
			return err
		}
		if base != 0 {
			b.row.Base = base
		}
		return nil
	})
}

// Discard forgets the working copy; a form that was never released is gone with it.
func (s *Service) Discard(ctx context.Context, id uuid.UUID, ifMatch string) error {
	if err := only(ctx, roleEditor); err != nil {
		return err
	}
	return s.change(ctx, id, ifMatch, func(ctx context.Context, b *workbench) error {
		if err := b.writable(); err != nil {
			return err
		}
		if b.row.Draft == nil {
			return noDraft()
		}
		b.gone = b.released == nil
		b.clear()
		return s.rooms.Audit.Record(ctx, "form.discard", object(id), "")
	})
}

// ready gives the working copy; what keeps it from being released is a problem that names every place.
func (s *Service) ready(b *workbench) (types.FormContent, error) {
	if b.row.Draft == nil {
		return types.FormContent{}, noDraft()
	}
	content, err := b.content()
	if err != nil {
		return content, err
	}
	if found := s.findings(b.id, content); len(found) > 0 {
		return content, leavesProfile(found)
	}
	return content, nil
}

// Submit hands the working copy in for review.
func (s *Service) Submit(ctx context.Context, id uuid.UUID, ifMatch, note string) (Edited, error) {
	if err := only(ctx, roleEditor); err != nil {
		return Edited{}, err
	}
	return s.act(ctx, id, ifMatch, func(ctx context.Context, b *workbench) error {
		if err := b.writable(); err != nil {
			return err
		}
		if _, err := s.ready(b); err != nil {
			return err
		}
		now := s.now()
		b.row.State, b.row.Note, b.row.SubmittedAt, b.row.SubmittedName = review, note, &now, httpx.CallerOf(ctx).DisplayName
		return s.rooms.Audit.Record(ctx, "form.submit", object(id), "")
	})
}

// Reopen takes the working copy out of review, to go on writing or with a note of what is to be changed.
func (s *Service) Reopen(ctx context.Context, id uuid.UUID, ifMatch, note string) (Edited, error) {
	if err := only(ctx, roleEditor, rolePublisher); err != nil {
		return Edited{}, err
	}
	return s.act(ctx, id, ifMatch, func(ctx context.Context, b *workbench) error {
		if b.row.State != review {
			return noDraft()
		}
		b.row.State, b.row.Note, b.row.SubmittedAt, b.row.SubmittedName = writing, note, nil, ""
		return s.rooms.Audit.Record(ctx, "form.reopen", object(id), "")
	})
}

// Release makes the working copy the next version and publishes it; one that was taken back and has not been changed is offered again.
func (s *Service) Release(ctx context.Context, id uuid.UUID, ifMatch, note string) (Edited, error) {
	if err := only(ctx, rolePublisher); err != nil {
		return Edited{}, err
	}
	return s.act(ctx, id, ifMatch, func(ctx context.Context, b *workbench) error {
		if err := s.mayRelease(ctx, b); err != nil {
			return err
		}
		content, err := s.ready(b)
		if err != nil {
			return err
		}
		if b.outdated() {
			return problem.Conflict("released-meanwhile", "Inzwischen wurde eine andere Fassung veröffentlicht.", "Another version was released meanwhile.").
				With(problem.Text{De: "Vergleichen Sie beide Fassungen und übernehmen Sie, was gelten soll.", En: "Compare the two and choose what is to stand."})
		}
		if note != "" {
			b.row.Note = note
		}
		if err := s.release(ctx, b, content); err != nil {
			return err
		}
		b.clear()
		return s.rooms.Audit.Record(ctx, "form.release", object(id), "version-"+strconv.Itoa(b.version()))
	})
}

// mayRelease refuses whoever is not the second pair of eyes, where this portal wants one.
func (s *Service) mayRelease(ctx context.Context, b *workbench) error {
	if b.row.Draft == nil {
		return noDraft()
	}
	fourEyes, err := s.rooms.Review.FourEyes(ctx)
	switch {
	case err != nil || !fourEyes:
		return err
	case slices.Contains(b.row.Authors, httpx.CallerOf(ctx).AccountID):
		return problem.Forbidden("four-eyes", "Sie haben an diesem Formular mitgeschrieben.", "You have written part of this form.").
			With(problem.Text{De: "Freigeben muss es eine andere Person.", En: "Somebody else must release it."})
	case b.row.State != review:
		return problem.Conflict("review-needed", "An diesem Portal gibt eine zweite Person frei.", "At this portal a second person releases.").
			With(problem.Text{De: "Geben Sie das Formular zuerst zur Prüfung.", En: "Hand the form in for review first."})
	}
	return nil
}

// release imports the content as the next version, or again as the one that was taken back.
func (s *Service) release(ctx context.Context, b *workbench, content types.FormContent) error {
	version := b.version() + 1
	same, err := b.unchanged(content)
	if err != nil {
		return err
	}
	if same {
		if !b.withdrawn() {
			return problem.Conflict("form-unchanged", "Gegenüber der veröffentlichten Fassung ist nichts geändert.", "Nothing has changed against the released version.")
		}
		return s.Import(ctx, b.released.payload(b.id))
	}
	payload, err := json.Marshal(struct {
		ID      uuid.UUID `json:"id"`
		Version int       `json:"version"`
		types.FormContent
	}{b.id, version, content})
	if err != nil {
		return fmt.Errorf("write form: %w", err)
	}
	if err := s.Import(ctx, payload); err != nil {
		return err
	}
	b.released = &releasedForm{Version: version}
	by := httpx.CallerOf(ctx).DisplayName
	reviewedFor := b.row.SubmittedName
	if reviewedFor == by {
		reviewedFor = ""
	}
	return s.addRelease(ctx, b.id, types.FormVersion{Number: version, At: s.now(), By: &by, ReviewedFor: &reviewedFor, Note: &b.row.Note})
}

// unchanged says whether content is what is released.
func (b *workbench) unchanged(content types.FormContent) (bool, error) {
	if b.released == nil {
		return false, nil
	}
	released, err := readContent(b.released.Definition)
	if err != nil {
		return false, err
	}
	before, err := canonical.Marshal(released)
	if err != nil {
		return false, fmt.Errorf("compare forms: %w", err)
	}
	after, err := canonical.Marshal(content)
	if err != nil {
		return false, fmt.Errorf("compare forms: %w", err)
	}
	return bytes.Equal(before, after), nil
}

// Withdraw takes a form off this portal and the linked ones; it stays a working copy. One that a service uses is refused.
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID, ifMatch, note string) (Edited, error) {
	if err := only(ctx, rolePublisher); err != nil {
		return Edited{}, err
	}
	return s.act(ctx, id, ifMatch, func(ctx context.Context, b *workbench) error {
		if err := b.writable(); err != nil {
			return err
		}
		if b.released == nil || b.withdrawn() {
			return problem.Conflict("not-released", "Dieses Formular ist nicht veröffentlicht.", "This form is not released.")
		}
		uses, err := s.rooms.Services.FormUses(ctx, []uuid.UUID{id})
		if err != nil {
			return err
		}
		if used := uses[id]; len(used) > 0 {
			return formUsed(used)
		}
		if b.row.Draft == nil {
			content, err := b.content()
			if err != nil {
				return err
			}
			if err := s.keep(ctx, b, content); err != nil {
				return err
			}
		}
		b.row.Note = note
		if err := s.setWithdrawn(ctx, s.portals.Self().Id, []uuid.UUID{id}, true); err != nil {
			return fmt.Errorf("withdraw form: %w", err)
		}
		if err := s.publisher.PublishCatalog(ctx, Kind, id.String(), nil); err != nil {
			return err
		}
		return s.rooms.Audit.Record(ctx, "form.withdraw", object(id), "")
	})
}

func formUsed(uses []types.FormUse) error {
	titles := make([]string, 0, len(uses))
	for _, use := range uses {
		titles = append(titles, use.Title)
	}
	names := strings.Join(titles, ", ")
	return problem.Conflict("form-used", "Mit diesem Formular werden noch Leistungen beantragt.", "Services are still applied for with this form.").
		With(problem.Text{De: "Wählen Sie dort zuerst ein anderes Formular: " + names, En: "First choose another form there: " + names})
}

func noDraft() error {
	return problem.Conflict("draft-missing", "Zu diesem Formular gibt es keine Arbeitsfassung.", "There is no working copy of this form.")
}

// Edited reads a form with its working copy, as the caller of ctx may deal with it.
func (s *Service) Edited(ctx context.Context, id uuid.UUID) (Edited, error) {
	if err := only(ctx, roleEditor, rolePublisher, roleAdmin); err != nil {
		return Edited{}, err
	}
	b, err := s.bench(ctx, id)
	if err != nil {
		return Edited{}, err
	}
	content, err := b.content()
	if err != nil {
		return Edited{}, err
	}
	uses, err := s.rooms.Services.FormUses(ctx, []uuid.UUID{id})
	if err != nil {
		return Edited{}, err
	}
	e := Edited{Revision: b.row.Revision, EditedForm: types.EditedForm{
		Id: id, Title: titleIn(content.Title, httpx.LanguageOf(ctx)), State: b.state(), HasDraft: b.row.Draft != nil, Content: content,
		Note: optional(b.row.Note), ChangedAt: b.row.ChangedAt, ChangedBy: optional(b.row.ChangedName),
		SubmittedAt: b.row.SubmittedAt, SubmittedBy: optional(b.row.SubmittedName), Uses: orNone(uses[id]),
	}}
	if b.released != nil {
		released, err := readContent(b.released.Definition)
		if err != nil {
			return Edited{}, err
		}
		outdated, version := b.outdated(), b.version()
		e.Released, e.ReleasedMeanwhile, e.Version = &released, &outdated, &version
	}
	if b.row.Draft != nil {
		e.Findings, e.Remarks = s.findings(id, content), remarks(content)
	}
	e.Rights, err = s.rights(ctx, b)
	return e, err
}

// rights say what the caller of ctx may do with the form as it is.
func (s *Service) rights(ctx context.Context, b *workbench) (types.EditorialRights, error) {
	fourEyes, err := s.rooms.Review.FourEyes(ctx)
	if err != nil {
		return types.EditorialRights{}, err
	}
	caller := httpx.CallerOf(ctx)
	r := types.EditorialRights{
		FourEyes: fourEyes, IsAuthor: slices.Contains(b.row.Authors, caller.AccountID),
		Writes: caller.HasRole(roleEditor), Releases: caller.HasRole(rolePublisher),
	}
	r.Edit = r.Writes && b.row.State != review
	r.Submit = r.Edit && b.row.Draft != nil
	r.Release = r.Releases && b.row.Draft != nil && (!fourEyes || b.row.State == review && !r.IsAuthor)
	return r, nil
}

// orNone gives a list that is never null.
func orNone(uses []types.FormUse) []types.FormUse {
	if uses == nil {
		return []types.FormUse{}
	}
	return uses
}

func titleIn(title types.LocalizedText, language string) string {
	for _, l := range []string{language, "de", "en"} {
		if title[l] != "" {
			return title[l]
		}
	}
	return ""
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// OwnQuery says which forms of this portal are listed.
type OwnQuery struct {
	Words  string // a part of a title in any language, or an id; empty means all
	Limit  int
	Cursor string
}

// Own lists the forms of this portal in the order of their titles, and where the list goes on.
func (s *Service) Own(ctx context.Context, q OwnQuery) ([]types.OwnForm, string, error) {
	if err := only(ctx, roleEditor, rolePublisher, roleAdmin); err != nil {
		return nil, "", err
	}
	list, next, err := s.own(ctx, q)
	if err != nil {
		return nil, "", err
	}
	ids := make([]uuid.UUID, len(list))
	for i, f := range list {
		ids[i] = f.Id
	}
	uses, err := s.rooms.Services.FormUses(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	for i := range list {
		list[i].Uses = orNone(uses[list[i].Id])
	}
	return list, next, nil
}

// Versions lists what was released of a form before a version (0: all), the latest first, without contents.
func (s *Service) Versions(ctx context.Context, id uuid.UUID, before, limit int) ([]types.FormVersion, error) {
	if err := only(ctx, roleEditor, rolePublisher, roleAdmin); err != nil {
		return nil, err
	}
	if _, err := s.bench(ctx, id); err != nil {
		return nil, err
	}
	return s.releases(ctx, id, before, limit)
}

// Version reads a version of a form with its content.
func (s *Service) Version(ctx context.Context, id uuid.UUID, number int) (types.FormVersion, error) {
	if err := only(ctx, roleEditor, rolePublisher, roleAdmin); err != nil {
		return types.FormVersion{}, err
	}
	if _, err := s.bench(ctx, id); err != nil {
		return types.FormVersion{}, err
	}
	list, err := s.releases(ctx, id, number+1, 1)
	if err != nil {
		return types.FormVersion{}, err
	}
	if len(list) == 0 || list[0].Number != number {
		return types.FormVersion{}, problem.NotFound("version-unknown", "Diese Fassung gibt es nicht.", "There is no such version.")
	}
	form, err := s.Form(ctx, id, number)
	if err != nil {
		return types.FormVersion{}, err
	}
	list[0].Content = &types.FormContent{Title: form.Title, Schema: form.Schema, Layout: form.Layout}
	return list[0], nil
}

// releasedForm is a version as it is kept.
type releasedForm struct {
	Version     int
	Owner       string
	Definition  []byte // title, schema and layout
	CreatedAt   time.Time
	WithdrawnAt *time.Time
}

// payload is the version as Import takes it.
func (r releasedForm) payload(id uuid.UUID) json.RawMessage {
	var raw rawContent
	_ = json.Unmarshal(r.Definition, &raw) // it was read by content before
	text, _ := json.Marshal(definition{ID: id, Version: r.Version, rawContent: raw})
	return text
}
