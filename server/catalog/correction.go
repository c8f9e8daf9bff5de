package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Correction is what editors made of an entry that comes from an import. The entry's row holds Ours with everything that the
// source has changed since where the editors had not; where both have, the editors' words stand and Conflicts names the place.
type Correction struct {
	Source    string
	Base      json.RawMessage // what the source said when the editors changed it
	Ours      json.RawMessage // what the editors made of it; nil: they took it off the portal
	Imported  json.RawMessage // what the source says now; nil: it no longer has it
	Conflicts []string        // JSON pointers
}

const correctionQuery = `SELECT source, base, ours, imported, conflicts FROM catalog_corrections WHERE kind = $1 AND entry_id = $2`

// Correction reads the correction of an entry. In a transaction, it is locked until its end.
func (s *Service) Correction(ctx context.Context, kind, key string) (Correction, bool, error) {
	statement := correctionQuery
	if s.store.db.InTx(ctx) {
		statement += " FOR UPDATE"
	}
	var c Correction
	err := s.store.db.Pgx(ctx).QueryRow(ctx, statement, kind, key).Scan(&c.Source, &c.Base, &c.Ours, &c.Imported, &c.Conflicts)
	if errors.Is(err, pgx.ErrNoRows) {
		return Correction{}, false, nil
	}
	if err != nil {
		return Correction{}, false, fmt.Errorf("read correction of %s %s: %w", kind, key, err)
	}
	return c, true, nil
}

// Correct keeps what editors made of an imported entry, in the transaction of ctx: ours nil says that they took it off the
// portal. imported is what the source says; from now on only what it changes beyond that is new.
func (s *Service) Correct(ctx context.Context, kind, key, source string, imported, ours json.RawMessage) error {
	_, err := s.store.db.Pgx(ctx).Exec(ctx, `
		INSERT INTO catalog_corrections (kind, entry_id, source, base, ours, imported) VALUES ($1, $2, $3, $4, $5, $4)
		ON CONFLICT (kind, entry_id) DO UPDATE SET source = excluded.source, base = excluded.base, ours = excluded.ours,
			imported = excluded.imported, conflicts = '{}'`, kind, key, source, []byte(imported), orNull(ours))
	if err != nil {
		return fmt.Errorf("correct %s %s: %w", kind, key, err)
	}
	return nil
}

// orNull gives JSON as an argument of a statement.
func orNull(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	return []byte(raw)
}

// Follow forgets the correction of an entry, in the transaction of ctx.
func (s *Service) Follow(ctx context.Context, kind, key string) error {
	if _, err := s.store.db.Pgx(ctx).Exec(ctx, `DELETE FROM catalog_corrections WHERE kind = $1 AND entry_id = $2`, kind, key); err != nil {
		return fmt.Errorf("follow the source of %s %s: %w", kind, key, err)
	}
	return nil
}

// held is what an import may not write as it is, and why.
type held struct {
	manual    map[string]bool       // written at this portal
	corrected map[string]Correction // changed by editors
}

// hold looks which of the entries that an import is about to write, or to delete, belong to the editors. Their rows and
// corrections are locked until the end of the transaction, so that no release comes in between.
func (s store) hold(ctx context.Context, kind string, keys []string) (held, error) {
	h := held{manual: map[string]bool{}, corrected: map[string]Correction{}}
	table := tableOf(kind)
	column := "uuid"
	if kind == KindCategory {
		column = "text"
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, fmt.Sprintf(`SELECT id::text, source FROM %s WHERE id = ANY ($1::%s[]) AND owner = $2 ORDER BY id FOR UPDATE`,
		table.name, column), keys, ownOwner)
	if err != nil {
		return h, fmt.Errorf("read %s: %w", table.name, err)
	}
	var key, source string
	_, err = pgx.ForEachRow(rows, []any{&key, &source}, func() error {
		if source == SourceManual {
			h.manual[key] = true
		}
		return nil
	})
	if err != nil {
		return h, fmt.Errorf("read %s: %w", table.name, err)
	}
	rows, err = s.db.Pgx(ctx).Query(ctx, `SELECT entry_id, source, base, ours, imported, conflicts FROM catalog_corrections
		WHERE kind = $1 AND entry_id = ANY ($2) ORDER BY entry_id FOR UPDATE`, kind, keys)
	if err != nil {
		return h, fmt.Errorf("read corrections: %w", err)
	}
	var c Correction
	_, err = pgx.ForEachRow(rows, []any{&key, &c.Source, &c.Base, &c.Ours, &c.Imported, &c.Conflicts}, func() error {
		h.corrected[key] = c
		c = Correction{}
		return nil
	})
	if err != nil {
		return h, fmt.Errorf("read corrections: %w", err)
	}
	return h, nil
}

// news is what a source says about entries that editors have changed.
type news struct {
	keys      []string
	imported  []*string // nil: the source no longer has it
	conflicts []string  // pointers, one to a line
}

func (n *news) add(key string, imported []byte, conflicts []string) {
	var text *string
	if imported != nil {
		s := string(imported)
		text = &s
	}
	n.keys = append(n.keys, key)
	n.imported = append(n.imported, text)
	n.conflicts = append(n.conflicts, strings.Join(conflicts, "\n"))
}

func (s store) noteNews(ctx context.Context, kind, source string, n news) error {
	if len(n.keys) == 0 {
		return nil
	}
	_, err := s.db.Pgx(ctx).Exec(ctx, `
		UPDATE catalog_corrections c SET source = $2, imported = x.imported::json, 
			conflicts = coalesce(string_to_array(nullif(x.conflicts, ''), E'\n'), '{}')
		FROM unnest($3::text[], $4::text[], $5::text[]) AS x (entry_id, imported, conflicts)
		WHERE c.kind = $1 AND c.entry_id = x.entry_id`, kind, source, n.keys, n.imported, n.conflicts)
	if err != nil {
		return fmt.Errorf("keep what a source says: %w", err)
	}
	return nil
}

// corrected lays what editors have changed over what an import says: an import never undoes an editor's correction by the way.
// It gives the entries to write; those that were written at this portal are left out and named in the report.
func (run *importRun) corrected(ctx context.Context, kind string, batch []prepared) ([]prepared, error) {
	keys := make([]string, 0, len(batch))
	for _, p := range batch {
		keys = append(keys, p.entry.key())
	}
	h, err := run.service.store.hold(ctx, kind, keys)
	if err != nil || len(h.manual)+len(h.corrected) == 0 {
		return batch, err
	}
	rest := make([]prepared, 0, len(batch))
	var n news
	for _, p := range batch {
		c, corrected := h.corrected[p.entry.key()]
		switch {
		case h.manual[p.entry.key()]:
			run.report.skip(p.from, "id %s was written at this portal", p.entry.key())
		case !corrected:
			rest = append(rest, p)
		case c.Ours == nil: // taken off the portal
			n.add(p.entry.key(), p.payload, nil)
		default:
			both, conflicts, err := run.service.overlay(kind, c, p)
			if err != nil {
				return nil, err
			}
			if len(conflicts) > 0 {
				run.report.warn(p.from, fmt.Sprintf("id %s: editors of this portal say otherwise at %s", p.entry.key(), strings.Join(conflicts, ", ")))
			}
			n.add(p.entry.key(), p.payload, conflicts)
			rest = append(rest, both)
		}
	}
	return rest, run.noteNews(ctx, kind, n)
}

// overlay lays a correction over what an import says.
func (s *Service) overlay(kind string, c Correction, p prepared) (prepared, []string, error) {
	merged, conflicts, err := merge(s.normal(kind, c.Base), s.normal(kind, c.Ours), p.payload)
	if err != nil {
		return p, nil, fmt.Errorf("merge %s %s: %w", kind, p.entry.key(), err)
	}
	both, err := s.reader.prepare(kind, merged)
	if err != nil { // the two do not go together: the editors' words stand
		if both, err = s.reader.prepare(kind, c.Ours); err != nil {
			return p, nil, fmt.Errorf("merge %s %s: %w", kind, p.entry.key(), err)
		}
	}
	both.from = p.from
	return both, conflicts, nil
}

// keptBack takes those keys out that an import may not delete, as editors have changed the entries or written them; it notes
// that the source no longer has them.
func (run *importRun) keptBack(ctx context.Context, kind string, keys []string) ([]string, error) {
	h, err := run.service.store.hold(ctx, kind, keys)
	if err != nil || len(h.manual)+len(h.corrected) == 0 {
		return keys, err
	}
	var n news
	keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		if _, corrected := h.corrected[key]; corrected {
			n.add(key, nil, nil)
			return true
		}
		return h.manual[key]
	})
	return keys, run.noteNews(ctx, kind, n)
}

func (run *importRun) noteNews(ctx context.Context, kind string, n news) error {
	if run.options.DryRun {
		return nil
	}
	return run.service.store.noteNews(ctx, kind, run.origin.source, n)
}

// normal brings an entry that was kept earlier to the form of today, so that only what people changed differs.
func (s *Service) normal(kind string, kept []byte) []byte {
	if p, err := s.reader.prepare(kind, kept); err == nil {
		return p.payload
	}
	return kept
}

// merge lays what two sides made of a common base over each other, part by part: top-level members of the entry, and for texts
// each language. Where only one side changed a part, its words count; where both did, and differently, ours do, and the part is
// a conflict.
func merge(base, ours, theirs []byte) (merged json.RawMessage, conflicts []string, err error) {
	var b, o, t map[string]any
	for raw, into := range map[*[]byte]*map[string]any{&base: &b, &ours: &o, &theirs: &t} {
		if err := json.Unmarshal(*raw, into); err != nil {
			return nil, nil, err
		}
	}
	m := map[string]any{}
	for _, name := range members(b, o, t) {
		value, there, apart := mergeMember("/"+escapePointer(name), b[name], o[name], t[name])
		if there {
			m[name] = value
		}
		if name != "updatedAt" { // says when, not what
			conflicts = append(conflicts, apart...)
		}
	}
	slices.Sort(conflicts)
	merged, err = json.Marshal(m)
	return merged, conflicts, err
}

func members(objects ...map[string]any) []string {
	seen := map[string]bool{}
	var names []string
	for _, o := range objects {
		for name := range o {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

func mergeMember(pointer string, base, ours, theirs any) (value any, there bool, conflicts []string) {
	switch {
	case reflect.DeepEqual(ours, theirs), reflect.DeepEqual(theirs, base):
		return ours, ours != nil, nil
	case reflect.DeepEqual(ours, base):
		return theirs, theirs != nil, nil
	}
	b, bIsText := texts(base)
	o, oIsText := texts(ours)
	t, tIsText := texts(theirs)
	if !bIsText || !oIsText || !tIsText {
		return ours, ours != nil, []string{pointer}
	}
	m := map[string]any{}
	for _, language := range members(b, o, t) {
		value, there, apart := mergeMember(pointer+"/"+escapePointer(language), b[language], o[language], t[language])
		if there {
			m[language] = value
		}
		conflicts = append(conflicts, apart...)
	}
	return m, len(m) > 0, conflicts
}

// texts gives a member as a text by language; what is not there is an empty one.
func texts(member any) (map[string]any, bool) {
	if member == nil {
		return nil, true
	}
	object, ok := member.(map[string]any)
	if !ok {
		return nil, false
	}
	for language, value := range object {
		if _, isString := value.(string); !isString || !languageTag.MatchString(language) {
			return nil, false
		}
	}
	return object, true
}

func escapePointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
