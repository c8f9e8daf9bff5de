package editing

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// maxContent bounds a draft, in bytes; the catalog keeps no larger entries.
const maxContent = 512 << 10

// Create begins a new entry, once for the caller's key. A life situation brings its own id, which must not be taken.
func (s *Service) Create(ctx context.Context, key, kind string, content map[string]any) (Entry, error) {
	account, _ := who(ctx)
	ref, err := idempotency.Do(ctx, s.db, "catalog.create:"+account.String(), key, []any{kind, content}, func(ctx context.Context) (Ref, error) {
		ref := Ref{Kind: kind}
		if kind == catalog.KindCategory {
			ref.ID, _ = content["id"].(string)
			if !catalog.ValidKey(kind, ref.ID) {
				return ref, problem.Invalid(problem.FieldError{Pointer: "/content/id", Code: "pattern", Message: problem.Text{
					De: "Bitte geben Sie ein Kürzel aus kleinen Buchstaben, Ziffern und Bindestrichen an.", En: "Please enter a short name of small letters, digits and hyphens.",
				}})
			}
		} else {
			id, err := uuid.NewV7()
			if err != nil {
				return ref, fmt.Errorf("make id: %w", err)
			}
			ref.ID = id.String()
		}
		return ref, s.create(ctx, ref, content)
	})
	if err != nil {
		return Entry{}, err
	}
	return s.Entry(ctx, ref)
}

func (s *Service) create(ctx context.Context, ref Ref, content map[string]any) error {
	if err := s.store.begin(ctx, ref); err != nil {
		return err
	}
	d := &desk{ref: ref}
	var err error
	if d.row, err = s.store.row(ctx, ref); err != nil {
		return err
	}
	if d.own, d.released, err = s.catalog.Released(ctx, ref.Kind, ref.ID); err != nil {
		return err
	}
	if d.released || d.row.Draft != nil || d.row.DeletedAt != nil {
		return problem.Conflict("entry-exists", "Dieses Kürzel ist schon vergeben.", "This short name is taken.")
	}
	draft, err := draftOf(ref, content)
	if err != nil {
		return err
	}
	reach, err := httpx.ReachOf(ctx, s.catalog, RoleEditor)
	if err != nil {
		return err
	}
	d.row.Draft = draft
	ctx = httpx.WithUnit(ctx, d.unit())
	d.row.Draft = nil
	if err := s.keepDraft(ctx, d, draft); err != nil {
		return err
	}
	if err := s.staysWithin(ctx, d, reach); err != nil {
		return err
	}
	return s.store.put(ctx, ref, d.row)
}

// draftOf writes content as a draft, under the entry's id.
func draftOf(ref Ref, content map[string]any) (json.RawMessage, error) {
	if content == nil {
		return nil, errNoObject
	}
	content["id"] = ref.ID
	draft, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("write draft: %w", err)
	}
	if len(draft) > maxContent {
		return nil, problem.TooLarge("entry-too-large", "Dieser Eintrag ist zu groß.", "This entry is too large.").
			With(problem.Text{De: "Ein Eintrag kann höchstens 512 KiB haben.", En: "An entry can have 512 KiB at most."})
	}
	return draft, nil
}

// Save replaces the draft's content, which may be incomplete. With releasedTag, the draft is from now on based on that state of
// what is released; problem.Changed when it is not the present one.
func (s *Service) Save(ctx context.Context, ref Ref, ifMatch string, content map[string]any, releasedTag string) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RoleEditor), func(ctx context.Context, d *desk) error {
		if err := d.writable(); err != nil {
			return err
		}
		draft, err := draftOf(ref, content)
		if err != nil {
			return err
		}
		if err := s.keepDraft(ctx, d, draft); err != nil {
			return err
		}
		if releasedTag == "" {
			return nil
		}
		if releasedTag != d.own.Tag() {
			return problem.Changed()
		}
		d.row.Base, d.row.BaseDigest = d.own.Content, d.own.Digest
		return nil
	})
}

func (d *desk) writable() error {
	if d.row.DeletedAt != nil {
		return putAside()
	}
	if d.row.State == review || d.row.State == scheduled {
		return draftFixed(d.row.State)
	}
	return nil
}

// Discard forgets the draft of a released entry; it is kept among the versions.
func (s *Service) Discard(ctx context.Context, ref Ref, ifMatch string) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RoleEditor), func(ctx context.Context, d *desk) error {
		if err := d.writable(); err != nil {
			return err
		}
		if d.row.Draft == nil {
			return noDraft()
		}
		if !d.released && d.correction == nil {
			return problem.Conflict("never-released", "Dieser Eintrag besteht nur aus dem Entwurf.", "This entry is nothing but the draft.").
				With(problem.Text{De: "Löschen Sie den Eintrag, wenn Sie ihn nicht mehr brauchen.", En: "Delete the entry if you no longer need it."})
		}
		if err := s.setAside(ctx, d); err != nil {
			return err
		}
		d.dropDraft()
		return s.audit.Record(ctx, "catalog.discard", ref.object(), "")
	})
}

// setAside keeps the draft among the versions.
func (s *Service) setAside(ctx context.Context, d *desk) error {
	_, name := who(ctx)
	return s.store.addVersion(ctx, d.ref, Version{
		Action: types.EntryVersionActionDiscarded, At: s.now(), By: name, Authors: d.row.Authors, Content: d.row.Draft,
	})
}

// Restore makes a version the draft. The authors of what was never released stay its authors.
func (s *Service) Restore(ctx context.Context, ref Ref, ifMatch string, number int) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RoleEditor), func(ctx context.Context, d *desk) error {
		if err := d.writable(); err != nil {
			return err
		}
		v, found, err := s.store.version(ctx, ref, "number = $3", number)
		if err != nil {
			return err
		}
		if !found || v.Content == nil {
			return unknownVersion()
		}
		if d.row.Draft != nil {
			if err := s.setAside(ctx, d); err != nil {
				return err
			}
		}
		if err := s.keepDraft(ctx, d, v.Content); err != nil {
			return err
		}
		if v.Action == types.EntryVersionActionDiscarded {
			d.row.Authors = union(d.row.Authors, v.Authors)
		}
		return s.audit.Record(ctx, "catalog.restore", ref.object(), fmt.Sprintf("version-%d", number))
	})
}

func union(a, b []uuid.UUID) []uuid.UUID {
	known := map[uuid.UUID]bool{}
	var all []uuid.UUID
	for _, id := range append(append([]uuid.UUID{}, a...), b...) {
		if !known[id] {
			known[id] = true
			all = append(all, id)
		}
	}
	return all
}

func unknownVersion() error {
	return problem.NotFound("version-unknown", "Diese Fassung gibt es nicht.", "There is no such version.")
}

// Versions reads versions before a number (0: all), the latest first, without contents.
func (s *Service) Versions(ctx context.Context, ref Ref, before, limit int) ([]Version, error) {
	if !catalog.ValidKey(ref.Kind, ref.ID) {
		return nil, unknownEntry()
	}
	if before <= 0 {
		before = 1 << 30
	}
	return s.store.versions(ctx, ref, before, limit)
}

// Version reads a version with its content.
func (s *Service) Version(ctx context.Context, ref Ref, number int) (Version, error) {
	if !catalog.ValidKey(ref.Kind, ref.ID) {
		return Version{}, unknownEntry()
	}
	v, found, err := s.store.version(ctx, ref, "number = $3", number)
	if err == nil && !found {
		err = unknownVersion()
	}
	return v, err
}

// Comment says something about an entry to the other editors, once for the caller's key.
func (s *Service) Comment(ctx context.Context, ref Ref, key, text string) (Entry, error) {
	d, err := s.load(ctx, ref)
	if err != nil {
		return Entry{}, err
	}
	if _, err := s.within(ctx, d, RoleEditor, RolePublisher); err != nil {
		return Entry{}, err
	}
	ctx = httpx.WithUnit(ctx, d.unit())
	account, name := who(ctx)
	_, err = idempotency.Do(ctx, s.db, "catalog.comment:"+account.String(), key, []any{ref, text}, func(ctx context.Context) (bool, error) {
		c := Comment{At: s.now(), By: name, What: types.EditorialCommentKindComment, Text: text}
		if err := s.store.addComment(ctx, ref, c); err != nil {
			return false, err
		}
		return true, s.audit.Record(ctx, "catalog.comment", ref.object(), "")
	})
	if err != nil {
		return Entry{}, err
	}
	return s.Entry(ctx, ref)
}

// Preview shows the draft, else what is released, as citizens will see it, in a language; empty: that of the caller.
func (s *Service) Preview(ctx context.Context, ref Ref, language string) (catalog.Previewed, error) {
	d, err := s.load(ctx, ref)
	if err != nil {
		return catalog.Previewed{}, err
	}
	content := d.content()
	if d.row.Draft != nil {
		if content, err = s.ready(d); err != nil {
			return catalog.Previewed{}, err
		}
	}
	if language == "" {
		language = httpx.LanguageOf(ctx)
	}
	return s.catalog.Preview(ctx, ref.Kind, language, content)
}
