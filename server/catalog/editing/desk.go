package editing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// desk is an entry with everything that is known about it; in a transaction, all of it is locked.
type desk struct {
	ref        Ref
	row        row
	own        catalog.Released
	released   bool
	correction *catalog.Correction
}

// load reads an entry. One that this portal does not have, and nobody is writing, is entry-unknown (404).
func (s *Service) load(ctx context.Context, ref Ref) (*desk, error) {
	if !catalog.ValidKey(ref.Kind, ref.ID) {
		return nil, unknownEntry()
	}
	if s.db.InTx(ctx) {
		if err := s.store.begin(ctx, ref); err != nil {
			return nil, err
		}
	}
	d := &desk{ref: ref}
	var err error
	if d.row, err = s.store.row(ctx, ref); err != nil {
		return nil, err
	}
	if d.own, d.released, err = s.catalog.Released(ctx, ref.Kind, ref.ID); err != nil {
		return nil, err
	}
	c, corrected, err := s.catalog.Correction(ctx, ref.Kind, ref.ID)
	if err != nil {
		return nil, err
	}
	if corrected {
		d.correction = &c
	}
	if !d.released && !corrected && d.row.Draft == nil && d.row.DeletedAt == nil {
		return nil, unknownEntry()
	}
	return d, nil
}

// act changes an entry in one transaction, for a caller who may by one of some roles. It is done once for a revision: who has read an
// older one gets problem.Changed.
func (s *Service) act(ctx context.Context, ref Ref, ifMatch string, by []string, do func(ctx context.Context, d *desk) error) (Entry, error) {
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		d, err := s.load(ctx, ref)
		if err != nil {
			return err
		}
		reach, err := s.within(ctx, d, by...)
		if err != nil {
			return err
		}
		if etag(d.row.Revision) != ifMatch {
			return problem.Changed().With(problem.Text{De: "Ihre Fassung ist noch da. Vergleichen Sie beide.", En: "Your version is still here. Compare the two."})
		}
		if err := do(httpx.WithUnit(ctx, d.unit()), d); err != nil {
			return err
		}
		if err := s.staysWithin(ctx, d, reach); err != nil {
			return err
		}
		return s.store.put(ctx, ref, d.row)
	})
	if err != nil {
		return Entry{}, err
	}
	return s.Entry(ctx, ref)
}

func (d *desk) state() types.EditorialState {
	switch {
	case d.row.DeletedAt != nil:
		return types.EditorialStateDeleted
	case d.row.State == scheduled:
		return types.EditorialStateScheduled
	case d.row.State == review:
		return types.EditorialStateInReview
	case d.released && d.row.Draft != nil:
		return types.EditorialStateChanged
	case d.released:
		return types.EditorialStateReleased
	case d.row.WithdrawnAt != nil, d.correction != nil:
		return types.EditorialStateWithdrawn
	}
	return types.EditorialStateNew
}

// source names the import that the entry comes from; empty where it was written here.
func (d *desk) source() string {
	switch {
	case d.correction != nil:
		return d.correction.Source
	case d.released && d.own.Source != catalog.SourceManual:
		return d.own.Source
	}
	return ""
}

// content is the draft, else what is released, else what the source says of an entry that was taken off.
func (d *desk) content() json.RawMessage {
	switch {
	case d.row.Draft != nil:
		return d.row.Draft
	case d.released:
		return d.own.Content
	case d.correction != nil && d.correction.Imported != nil:
		return d.correction.Imported
	case d.correction != nil:
		return d.correction.Base
	}
	return json.RawMessage("{}")
}

// sourceSays is what the import says of the entry, or said last.
func (d *desk) sourceSays() json.RawMessage {
	switch {
	case d.correction == nil:
		return d.own.Content
	case d.correction.Imported == nil:
		return d.correction.Base
	}
	return d.correction.Imported
}

// outdated says whether what is released is no longer what the draft was begun with.
func (d *desk) outdated() bool {
	return d.row.Draft != nil && !bytes.Equal(d.row.BaseDigest, d.own.Digest)
}

// keepDraft makes content the draft, written by the caller.
func (s *Service) keepDraft(ctx context.Context, d *desk, content json.RawMessage) error {
	if d.row.Draft == nil {
		d.row.Base, d.row.BaseDigest, d.row.Note = d.own.Content, d.own.Digest, ""
		d.row.State, d.row.Authors = writing, nil
	}
	d.row.Draft = content
	title, languages, err := s.titleOf(ctx, d.ref.Kind, content)
	if err != nil {
		return err
	}
	d.row.Title, d.row.Languages = title, languages
	account, name := who(ctx)
	now := s.now()
	d.row.ChangedAt, d.row.ChangedName = &now, name
	if slices.Contains(d.row.Authors, account) {
		return nil
	}
	d.row.Authors = append(d.row.Authors, account)
	return s.audit.Record(ctx, "catalog.draft", d.ref.object(), "")
}

// dropDraft forgets the draft and everything about it.
func (d *desk) dropDraft() {
	d.row = row{Revision: d.row.Revision, State: none, WithdrawnAt: d.row.WithdrawnAt, DeletedAt: d.row.DeletedAt}
}

// Entry reads an entry with its draft, as the caller of ctx may deal with it.
func (s *Service) Entry(ctx context.Context, ref Ref) (Entry, error) {
	d, err := s.load(ctx, ref)
	if err != nil {
		return Entry{}, err
	}
	settings, err := s.Settings(ctx)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{
		Ref: ref, State: d.state(), Revision: d.row.Revision, Content: d.content(), HasDraft: d.row.Draft != nil, Base: d.row.Base,
		Source: d.source(), Correction: d.correction, Note: d.row.Note, ChangedAt: d.row.ChangedAt, ChangedBy: d.row.ChangedName,
		SubmittedAt: d.row.SubmittedAt, SubmittedBy: d.row.SubmittedName, ReleaseAt: d.row.ReleaseAt, ReleasedMeanwhile: d.outdated(),
	}
	if d.released {
		e.Released, e.ReleasedTag = d.own.Content, d.own.Tag()
	}
	if e.Title, _, err = s.titleOf(ctx, ref.Kind, e.Content); err != nil {
		return Entry{}, err
	}
	if e.Findings, err = s.findings(ctx, ref, e.Content, e.HasDraft, settings); err != nil {
		return Entry{}, err
	}
	if e.Comments, err = s.store.comments(ctx, ref); err != nil {
		return Entry{}, err
	}
	e.Rights, err = s.rights(ctx, d, settings)
	return e, err
}

// rights say what the caller of ctx may do with the entry as it is.
func (s *Service) rights(ctx context.Context, d *desk, settings Settings) (types.EditorialRights, error) {
	edits, err := s.may(ctx, d, RoleEditor)
	if err != nil {
		return types.EditorialRights{}, err
	}
	releases, err := s.may(ctx, d, RolePublisher)
	if err != nil {
		return types.EditorialRights{}, err
	}
	caller := httpx.CallerOf(ctx)
	r := types.EditorialRights{FourEyes: settings.FourEyes, IsAuthor: slices.Contains(d.row.Authors, caller.AccountID), Writes: edits, Releases: releases}
	there := d.row.DeletedAt == nil
	open := d.row.State != review && d.row.State != scheduled
	r.Edit = there && open && edits
	r.Submit = r.Edit && d.row.Draft != nil
	r.Release = there && d.row.Draft != nil && d.row.State != scheduled && releases &&
		(!settings.FourEyes || d.row.State == review && !r.IsAuthor)
	return r, nil
}

// mayRelease refuses whoever is not the second pair of eyes, where this portal wants one.
func (d *desk) mayRelease(account uuid.UUID, settings Settings) error {
	if !settings.FourEyes {
		return nil
	}
	if slices.Contains(d.row.Authors, account) {
		return sameEyes()
	}
	if d.row.State != review {
		return needsReview()
	}
	return nil
}

// ready brings the draft to the form in which the catalog keeps it; what keeps it from being released is a problem that names
// every field.
func (s *Service) ready(d *desk) (json.RawMessage, error) {
	if d.row.Draft == nil {
		return nil, noDraft()
	}
	stamped, err := stamp(d.ref, d.row.Draft, s.now())
	if err != nil {
		return nil, err
	}
	checked, err := s.catalog.Check(d.ref.Kind, stamped)
	if err != nil {
		return nil, err
	}
	if len(checked.Faults) == 0 {
		return checked.Content, nil
	}
	fields := make([]problem.FieldError, 0, len(checked.Faults))
	for _, f := range checked.Faults {
		fields = append(fields, problem.FieldError{Pointer: f.Pointer, Code: f.Code, Message: f.Message, Params: f.Params})
	}
	return nil, problem.Invalid(fields...)
}

var errNoObject = errors.New("an entry is no JSON object")
