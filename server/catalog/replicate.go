package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

// Replicate takes in what a linked portal published: entries and deletions, in order. It changes rows of that portal only.
// What can't be taken (an id of another portal, an area that the portal may not speak for, something that is no entry) is
// left out and logged; whatever was there under its id before goes, so that nothing outdated stays. Kinds that are not the
// catalog's are passed over.
func (s *Service) Replicate(ctx context.Context, owner string, entries []types.CatalogEntry) error {
	return s.ReadReplica(ctx, owner, entries)(ctx)
}

// ReadReplica does the part of Replicate that needs no database, and gives what does the rest.
func (s *Service) ReadReplica(_ context.Context, owner string, entries []types.CatalogEntry) (take func(ctx context.Context) error) {
	if owner == ownOwner || owner == s.portals.Self().Id {
		return func(context.Context) error {
			return errors.New("replicate catalog: a portal does not copy from itself")
		}
	}
	read := s.readPortion(owner, entries)
	return func(ctx context.Context) error {
		return s.store.db.Tx(ctx, func(ctx context.Context) error {
			if err := s.takePortion(ctx, owner, read); err != nil {
				return fmt.Errorf("replicate catalog of %s: %w", owner, err)
			}
			return nil
		})
	}
}

// refusals counts what was left out, and keeps the first few for the log.
type refusals struct {
	count int
	first []string
}

func (r *refusals) add(kind, key string, reason any) {
	r.count++
	if len(r.first) < keptRefusals {
		r.first = append(r.first, note(Incoming{}, fmt.Sprintf("%.20s %.64s: %v", kind, key, reason)).Text)
	}
}

func (r *refusals) copied() refusals { return refusals{r.count, slices.Clone(r.first)} }

// step is what the entries of one kind come to: each key is either written or deleted.
type step struct {
	write map[string]prepared
	gone  map[string]bool
}

// portion is what some entries come to, by kind, and what was left out of them.
type portion struct {
	steps   map[string]step
	refused refusals
}

// readPortion reads and checks entries.
func (s *Service) readPortion(owner string, entries []types.CatalogEntry) portion {
	read := portion{steps: map[string]step{}}
	for _, e := range entries {
		if newEntry(e.Kind) == nil {
			continue
		}
		if !validKey(e.Kind, e.Id) {
			read.refused.add(e.Kind, e.Id, "is no id")
			continue
		}
		if read.steps[e.Kind].write == nil {
			read.steps[e.Kind] = step{write: map[string]prepared{}, gone: map[string]bool{}}
		}
		st := read.steps[e.Kind]
		delete(st.write, e.Id)
		delete(st.gone, e.Id)
		p, err := s.accept(owner, e)
		if err != nil {
			read.refused.add(e.Kind, e.Id, err)
		}
		if e.Deleted || err != nil {
			st.gone[e.Id] = true
		} else {
			st.write[e.Id] = p
		}
	}
	return read
}

// takePortion writes and deletes entries that were read. It may be called again with the same ones, so it leaves them as they are.
func (s *Service) takePortion(ctx context.Context, owner string, read portion) error {
	t, now := newTouched(), s.now()
	from := origin{owner: owner, copiedAt: &now}
	refused := read.refused.copied()
	for _, kind := range catalogKinds() {
		if err := s.take(ctx, kind, from, read.steps[kind], t, &refused); err != nil {
			return err
		}
	}
	if refused.count > 0 {
		s.log.WarnContext(ctx, "left out catalog entries of a linked portal", "portal", owner, "entries", refused.count, "first", refused.first)
	}
	return s.announce(ctx, t)
}

// accept checks an entry of a linked portal as strictly as one that is imported, and that the portal may state it.
func (s *Service) accept(owner string, e types.CatalogEntry) (prepared, error) {
	if e.Deleted {
		return prepared{}, nil
	}
	if e.Payload == nil {
		return prepared{}, errors.New("is empty")
	}
	p, err := s.reader.prepare(e.Kind, *e.Payload)
	if err != nil {
		return prepared{}, err
	}
	if p.entry.key() != e.Id {
		return prepared{}, fmt.Errorf("carries the id %s", p.entry.key())
	}
	for _, ars := range claimed(p.entry) {
		a, err := parseArea(ars)
		if err != nil {
			return prepared{}, err
		}
		if s.areas == nil || !s.areas.MayClaim(owner, string(a)) {
			return prepared{}, fmt.Errorf("the portal may not speak for the area %s", ars)
		}
	}
	return p, nil
}

// claimed gives the areas that an entry speaks for.
func claimed(e entry) []string {
	switch e := e.(type) {
	case *CompetenceEntry:
		return []string{e.Area}
	case *SpecialisationEntry:
		return e.Areas
	case *OnlineCompetenceEntry:
		return e.Areas
	case *OrganisationEntry:
		return e.Administers
	}
	return nil
}

// take writes and deletes the entries of one kind.
func (s *Service) take(ctx context.Context, kind string, from origin, st step, t *touched, refused *refusals) error {
	if len(st.gone) > 0 {
		keys := make([]string, 0, len(st.gone))
		for key := range st.gone {
			keys = append(keys, key)
		}
		if _, err := s.store.remove(ctx, kind, from.owner, keys, t); err != nil {
			return err
		}
	}
	if len(st.write) == 0 {
		return nil
	}
	batch := make([]prepared, 0, len(st.write))
	for _, p := range st.write {
		batch = append(batch, p)
	}
	slices.SortFunc(batch, func(a, b prepared) int { // one order for all, against deadlocks
		return strings.Compare(a.entry.key(), b.entry.key())
	})
	outcomes, err := s.store.write(ctx, kind, from, batch, t)
	if err != nil {
		return err
	}
	for i, p := range batch {
		if outcomes[i] == foreign {
			refused.add(kind, p.entry.key(), "the id belongs to another portal")
		}
	}
	return nil
}

// catalogKinds are the kinds that this room keeps.
func catalogKinds() []string {
	return []string{KindCategory, KindOrganisation, KindOnlineService, KindService, KindSpecialisation, KindCompetence, KindOnlineCompetence}
}

// validKey says whether a key has the form that the kind's ids have.
func validKey(kind, key string) bool {
	if kind == KindCategory {
		return categoryID.MatchString(key)
	}
	id, err := uuid.Parse(key)
	return err == nil && id.String() == key // lower case, with hyphens
}
