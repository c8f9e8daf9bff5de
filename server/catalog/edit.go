package catalog

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// SourceManual is the source of entries that were written at this portal.
const SourceManual = "manual"

// Released is an entry of this portal as it is released.
type Released struct {
	Source  string
	Content json.RawMessage
	Digest  []byte
}

// ValidKey says whether a key has the form that the ids of a kind have; no key of a kind that the catalog does not keep has.
func ValidKey(kind, key string) bool { return newEntry(kind) != nil && validKey(kind, key) }

// Tag names the state of the entry; it changes with its content.
func (o Released) Tag() string { return hex.EncodeToString(o.Digest) }

// Released reads an entry of this portal. In a transaction, it is locked until its end.
func (s *Service) Released(ctx context.Context, kind, key string) (Released, bool, error) {
	if !ValidKey(kind, key) {
		return Released{}, false, nil
	}
	statement := fmt.Sprintf(`SELECT source, payload, digest FROM %s WHERE owner = $1 AND id = $2`, tableOf(kind).name)
	if s.store.db.InTx(ctx) {
		statement += " FOR UPDATE"
	}
	var o Released
	err := s.store.db.Pgx(ctx).QueryRow(ctx, statement, ownOwner, key).Scan(&o.Source, &o.Content, &o.Digest)
	if errors.Is(err, pgx.ErrNoRows) {
		return Released{}, false, nil
	}
	if err != nil {
		return Released{}, false, fmt.Errorf("read %s %s: %w", kind, key, err)
	}
	return o, true, nil
}

// Checked is an entry as the catalog would keep it.
type Checked struct {
	Content json.RawMessage
	Faults  []Fault // what keeps it from being kept; then Content is not complete
}

// Check brings an entry to the form in which the catalog keeps it, and names what is wrong with it.
func (s *Service) Check(kind string, content json.RawMessage) (Checked, error) {
	e := newEntry(kind)
	if e == nil {
		return Checked{}, fmt.Errorf("check %s: no such kind", kind)
	}
	p, faults := s.reader.check(kind, content)
	return Checked{Content: p.payload, Faults: faults}, nil
}

// Write keeps an entry of this portal, in place of its former state, and publishes it, in the transaction of ctx. The id of a
// linked portal's entry is a conflict.
func (s *Service) Write(ctx context.Context, kind, source string, content json.RawMessage) error {
	p, err := s.reader.prepare(kind, content)
	if err != nil {
		return fmt.Errorf("write %s: %w", kind, err)
	}
	t := newTouched()
	outcomes, err := s.store.write(ctx, kind, origin{owner: ownOwner, source: source}, []prepared{p}, t)
	if err != nil {
		return err
	}
	switch outcomes[0] {
	case foreign:
		return problem.Conflict("entry-foreign", "Diese Kennung gehört zu einem anderen Portal.", "This id belongs to another portal.")
	case unchanged:
		return nil
	}
	if err := s.publish(ctx, []types.CatalogEntry{published(kind, p.entry.key(), p.payload)}); err != nil {
		return err
	}
	return s.announce(ctx, t)
}

// Remove takes an entry of this portal out of the catalog and tells the linked portals, in the transaction of ctx. What is not
// there is no error.
func (s *Service) Remove(ctx context.Context, kind, key string) error {
	t := newTouched()
	gone, err := s.store.remove(ctx, kind, ownOwner, []string{key}, t)
	if err != nil || len(gone) == 0 {
		return err
	}
	if err := s.publish(ctx, []types.CatalogEntry{{Kind: kind, Id: key, Deleted: true}}); err != nil {
		return err
	}
	return s.announce(ctx, t)
}

// Previewed is an entry in the form in which the public operations answer it: one of the two, as the kind is.
type Previewed struct {
	Service      *types.Service
	Organisation *types.Organisation
}

// previewSpecialised shows a service with what is special in some areas; nothing where this portal does not have the service.
func (s *Service) previewSpecialised(ctx context.Context, language string, special *SpecialisationEntry) (Previewed, error) {
	of, found, err := s.Released(ctx, KindService, special.ServiceID.String())
	if err != nil || !found {
		return Previewed{}, err
	}
	var e ServiceEntry
	if err := json.Unmarshal(of.Content, &e); err != nil {
		return Previewed{}, fmt.Errorf("read service %s: %w", special.ServiceID, err)
	}
	e.replace(&special.ModulesEntry)
	service := serviceIn(language, &e)
	service.State = stateAt(e.Validity, s.now())
	service.Owner, service.Variants = s.portals.Self(), []uuid.UUID{}
	return Previewed{Service: &service}, nil
}

// Preview shows an entry of this portal as it would be, in a language.
func (s *Service) Preview(ctx context.Context, kind, language string, content json.RawMessage) (Previewed, error) {
	p, err := s.reader.prepare(kind, content)
	if err != nil {
		return Previewed{}, fmt.Errorf("preview %s: %w", kind, err)
	}
	switch e := p.entry.(type) {
	case *ServiceEntry:
		service := serviceIn(language, e)
		service.State = stateAt(e.Validity, s.now())
		service.Owner, service.Variants = s.portals.Self(), []uuid.UUID{}
		if service.CategoryPaths, err = s.categoryPaths(ctx, service.Language, e.Categories, ownOwner); err != nil {
			return Previewed{}, err
		}
		return Previewed{Service: &service}, nil
	case *SpecialisationEntry:
		return s.previewSpecialised(ctx, language, e)
	case *OrganisationEntry:
		var parent Text
		if e.ParentID != nil {
			if above, found, err := s.Released(ctx, KindOrganisation, e.ParentID.String()); err != nil {
				return Previewed{}, err
			} else if found {
				var named OrganisationEntry
				if err := json.Unmarshal(above.Content, &named); err != nil {
					return Previewed{}, fmt.Errorf("read organisation: %w", err)
				}
				parent = named.Name
			}
		}
		office, err := s.organisationIn(language, p.payload, parent)
		return Previewed{Organisation: &office}, err
	}
	return Previewed{}, nil
}
