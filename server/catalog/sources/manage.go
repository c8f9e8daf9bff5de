package sources

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

const sealPurpose = "catalog source"

// Kinds gives the kinds of systems that the portal can collect from.
func (s *Service) Kinds() []adapter.Kind { return s.kinds }

func (s *Service) kind(id string) (adapter.Kind, bool) {
	i := slices.IndexFunc(s.kinds, func(k adapter.Kind) bool { return k.ID == id })
	if i < 0 {
		return adapter.Kind{}, false
	}
	return s.kinds[i], true
}

// Sources gives all sources with their last runs, by name.
func (s *Service) Sources(ctx context.Context) ([]Source, error) {
	rows, err := s.store.sources(ctx)
	if err != nil {
		return nil, err
	}
	return s.complete(ctx, rows)
}

// Source gives one. An unknown one is a problem source-unknown (404).
func (s *Service) Source(ctx context.Context, id uuid.UUID) (Source, error) {
	row, err := s.store.source(ctx, id)
	if err != nil {
		return Source{}, err
	}
	list, err := s.complete(ctx, []sourceRow{row})
	if err != nil {
		return Source{}, err
	}
	return list[0], nil
}

// complete adds what is not in the rows.
func (s *Service) complete(ctx context.Context, rows []sourceRow) ([]Source, error) {
	ids := make([]uuid.UUID, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	last, err := s.store.lastRuns(ctx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Source, 0, len(rows))
	for _, r := range rows {
		secrets, err := s.open(r)
		if err != nil {
			return nil, err
		}
		r.SecretsSet = slices.Sorted(maps.Keys(secrets))
		r.LastRun = last[r.ID]
		list = append(list, r.Source)
	}
	return list, nil
}

// Create makes a source. The same key once makes one.
func (s *Service) Create(ctx context.Context, scope, key string, d Draft) (Source, error) {
	if err := s.check(&d, nil); err != nil {
		return Source{}, err
	}
	id, err := idempotency.Do(ctx, s.store.db, scope, key, d, func(ctx context.Context) (uuid.UUID, error) {
		id, err := uuid.NewV7()
		if err != nil {
			return id, fmt.Errorf("create source: %w", err)
		}
		row := sourceRow{Source: Source{ID: id, Kind: d.Kind, CreatedAt: s.now().UTC()}}
		if err := s.lay(&row, d); err != nil {
			return id, err
		}
		if err := s.store.insertSource(ctx, row); err != nil {
			return id, err
		}
		return id, s.audit.Record(ctx, "source.create", "source:"+id.String(), d.Kind)
	})
	if err != nil {
		return Source{}, err
	}
	return s.Source(ctx, id)
}

// Update changes a source; its kind stays. tag is what was last read.
func (s *Service) Update(ctx context.Context, id uuid.UUID, tag string, d Draft) (Source, error) {
	err := s.store.db.Tx(ctx, func(ctx context.Context) error {
		row, err := s.store.source(ctx, id)
		if err != nil {
			return err
		}
		if row.Tag() != tag {
			return problem.Changed()
		}
		d.Kind = row.Kind
		kept, err := s.open(row)
		if err != nil {
			return err
		}
		if err := s.check(&d, kept); err != nil {
			return err
		}
		before := maps.Clone(row.Settings)
		if err := s.lay(&row, d); err != nil {
			return err
		}
		if !maps.Equal(before, row.Settings) {
			row.Cursor = "" // it may be another source now
		}
		if err := s.store.updateSource(ctx, row); err != nil {
			return err
		}
		return s.audit.Record(ctx, "source.change", "source:"+id.String(), row.Kind)
	})
	if err != nil {
		return Source{}, err
	}
	return s.Source(ctx, id)
}

// Delete removes a source. Its runs and what it brought into the catalog stay.
func (s *Service) Delete(ctx context.Context, id uuid.UUID, tag string) error {
	return s.store.db.Tx(ctx, func(ctx context.Context) error {
		row, err := s.store.source(ctx, id)
		if err != nil {
			return err
		}
		if row.Tag() != tag {
			return problem.Changed()
		}
		last, err := s.store.lastRuns(ctx, []uuid.UUID{id})
		if err != nil {
			return err
		}
		if run := last[id]; run != nil && run.Active() {
			return problem.Conflict("import-running", "Aus dieser Quelle wird gerade importiert.", "An import from this source is running.")
		}
		if err := s.store.deleteSource(ctx, id); err != nil {
			return err
		}
		return s.audit.Record(ctx, "source.delete", "source:"+id.String(), row.Kind)
	})
}

// Tag names the state of the source as people can change it.
func (s Source) Tag() string { return strconv.Quote(strconv.FormatInt(s.Revision, 10)) }

// lay brings a draft into a row.
func (s *Service) lay(row *sourceRow, d Draft) error {
	kind, _ := s.kind(d.Kind) // checked
	public, secret := adapter.Settings{}, adapter.Settings{}
	for _, f := range kind.Fields {
		value := strings.TrimSpace(d.Settings[f.Name])
		switch {
		case value == "":
		case f.Type == adapter.FieldSecret:
			secret[f.Name] = value
		default:
			public[f.Name] = value
		}
	}
	row.Name, row.Settings, row.Enabled, row.Complete, row.Schedule = d.Name, public, d.Enabled, d.Complete, d.Schedule
	row.NextRunAt = nil
	if d.Enabled {
		row.NextRunAt = d.Schedule.next(s.now(), germany())
	}
	row.sealed = nil
	if len(secret) == 0 {
		return nil
	}
	plain, err := json.Marshal(secret)
	if err != nil {
		return fmt.Errorf("seal secrets of a source: %w", err)
	}
	if row.sealed, err = s.keys.Seal(sealPurpose, plain, row.ID[:]); err != nil {
		return fmt.Errorf("seal secrets of a source: %w", err)
	}
	return nil
}

// open gives the secrets of a source.
func (s *Service) open(row sourceRow) (adapter.Settings, error) {
	secrets := adapter.Settings{}
	if row.sealed == nil {
		return secrets, nil
	}
	plain, err := s.keys.Open(sealPurpose, row.sealed, row.ID[:])
	if err != nil {
		return nil, fmt.Errorf("open secrets of a source: %w", err)
	}
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return nil, fmt.Errorf("open secrets of a source: %w", err)
	}
	return secrets, nil
}

// check brings a draft to one form and names what is wrong with it. Secrets that are not given stay as they were.
func (s *Service) check(d *Draft, kept adapter.Settings) error {
	var fields []problem.FieldError
	d.Name = strings.Join(strings.Fields(d.Name), " ")
	if d.Name == "" {
		fields = append(fields, problem.FieldError{Pointer: "/name", Code: "required"})
	}
	if n := utf8.RuneCountInString(d.Name); n > maxName {
		fields = append(fields, problem.FieldError{Pointer: "/name", Code: "maxLength", Params: map[string]any{"limit": maxName}})
	}
	d.Schedule = d.Schedule.normal()
	fields = append(fields, d.Schedule.check()...)
	kind, known := s.kind(d.Kind)
	if !known {
		return problem.Invalid(append(fields, problem.FieldError{Pointer: "/kind", Code: "enum"})...)
	}
	d.Settings = maps.Clone(d.Settings)
	if d.Settings == nil {
		d.Settings = adapter.Settings{}
	}
	for name, value := range kept {
		if strings.TrimSpace(d.Settings[name]) == "" {
			d.Settings[name] = value
		}
	}
	for _, p := range kind.Check(d.Settings) {
		fields = append(fields, problem.FieldError{Pointer: "/settings/" + p.Field, Code: "setting", Message: problem.Text{De: p.Words.De, En: p.Words.En}})
	}
	if len(fields) > 0 {
		return problem.Invalid(fields...)
	}
	return nil
}

// sourceOf makes the reader of a source.
func (s *Service) sourceOf(row sourceRow) (adapter.Source, error) {
	kind, known := s.kind(row.Kind)
	if !known {
		return nil, settingsError{fmt.Errorf("kind %q is not there any more", row.Kind)}
	}
	secrets, err := s.open(row)
	if err != nil {
		return nil, err
	}
	settings := maps.Clone(row.Settings)
	maps.Copy(settings, secrets)
	source, err := kind.New(settings, s.tools)
	if err != nil {
		return nil, settingsError{err}
	}
	return source, nil
}
