package accounts

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// Limits of an export.
const (
	linkedTime = 20 * time.Second // for one linked portal
	maxItem    = 4 << 20          // bytes of one thing that a linked portal holds
)

// exportWriter writes what is exported in one format.
type exportWriter interface {
	begin(at time.Time) error
	portal(name string, reached bool) error
	item(section string, data json.RawMessage) error
	end() error
}

// Export writes all that is held about the caller, here and at linked portals, as it is read: format is json, html, or zip with the files. It needs a
// fresh proof of who the caller is. What of it cannot be read from a linked portal is named in it; an error means that it is broken off.
func (s *Service) Export(ctx context.Context, format types.ExportAccountParamsFormat) (io.ReadCloser, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return nil, err
	}
	if err := httpx.CallerOf(ctx).CheckRecentProof(s.Now()); err != nil {
		return nil, err
	}
	reader, writer := io.Pipe()
	buffered := bufio.NewWriter(writer)
	var out exportWriter = &jsonExport{w: buffered}
	if format == types.ExportHTML {
		out = newHTMLExport(buffered, httpx.LanguageOf(ctx))
	}
	write := func() error { return s.export(ctx, id, out) }
	if format == types.ExportZIP {
		write = func() error { return s.exportArchive(ctx, id, buffered, httpx.LanguageOf(ctx)) }
	}
	go func() { // ends when all is written, or when the reader is closed
		err := write()
		_ = writer.CloseWithError(errors.Join(err, buffered.Flush())) // never fails
	}()
	return reader, nil
}

func (s *Service) export(ctx context.Context, id uuid.UUID, out exportWriter) error {
	if err := out.begin(s.Now()); err != nil {
		return err
	}
	if err := out.portal(s.Self.Name, true); err != nil {
		return err
	}
	add := func(section string, data any) error {
		text, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("export %s: %w", section, err)
		}
		return out.item(section, text)
	}
	if err := s.ownData(ctx, add); err != nil {
		return err
	}
	if err := s.PersonalData(ctx, httpx.Person{Issuer: s.Self.Id, Subject: id.String()}, add); err != nil {
		return err
	}
	if err := s.exportLinked(ctx, id, out); err != nil {
		return err
	}
	return out.end()
}

// exportLinked adds what linked portals hold. Each has some seconds; one that does not answer is named as such.
func (s *Service) exportLinked(ctx context.Context, id uuid.UUID, out exportWriter) error {
	subjects, err := s.rooms.Subjects.SubjectsOf(ctx, id)
	if err != nil {
		return err
	}
	for portal, subject := range subjects {
		member, ok := s.member(portal)
		if !ok || portal == s.Self.Id {
			continue
		}
		if err := s.exportFrom(ctx, member, subject, out); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) exportFrom(ctx context.Context, member types.PortalReference, subject string, out exportWriter) error {
	ctx, cancel := context.WithTimeout(ctx, linkedTime)
	defer cancel()
	lines, err := s.rooms.Linked.FetchPerson(ctx, member.Id, subject)
	if err != nil {
		s.Log.WarnContext(ctx, "a linked portal is left out of an export", "portal", member.Id, "error", err)
		return out.portal(member.Name, false)
	}
	defer func() { _ = lines.Close() }() // it was only read
	if err := out.portal(member.Name, true); err != nil {
		return err
	}
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(nil, maxItem)
	for scanner.Scan() {
		var item struct {
			Section string          `json:"section"`
			Data    json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(scanner.Bytes(), &item); err != nil {
			return out.portal(member.Name, false)
		}
		if err := out.item(item.Section, item.Data); err != nil {
			return err
		}
	}
	if scanner.Err() != nil {
		return out.portal(member.Name, false)
	}
	return nil
}

// PersonalData gives what all rooms of this portal but the account itself hold about a person.
func (s *Service) PersonalData(ctx context.Context, person httpx.Person, add func(section string, data any) error) error {
	for _, holder := range s.rooms.Holders {
		if err := holder.PersonalData(ctx, person, add); err != nil {
			return err
		}
	}
	return nil
}

// ownData gives what this room holds: profile, consents, access log, proposals.
func (s *Service) ownData(ctx context.Context, add func(section string, data any) error) error {
	profile, _, err := s.Profile(ctx)
	if err != nil {
		return err
	}
	if err := add("profile", profile); err != nil {
		return err
	}
	consents, err := s.Consents(ctx)
	if err != nil {
		return err
	}
	for _, c := range consents {
		if err := add("consents", c); err != nil {
			return err
		}
	}
	proposals, err := s.Proposals(ctx)
	if err != nil {
		return err
	}
	for _, p := range proposals {
		if err := add("proposals", p); err != nil {
			return err
		}
	}
	return s.exportAccesses(ctx, add)
}

const exportPage = 100

func (s *Service) exportAccesses(ctx context.Context, add func(section string, data any) error) error {
	cursor := ""
	for {
		page, err := s.Accesses(ctx, exportPage, cursor)
		if err != nil {
			return err
		}
		for _, a := range page.Items {
			if err := add("accesses", a); err != nil {
				return err
			}
		}
		if page.NextCursor == nil {
			return nil
		}
		cursor = *page.NextCursor
	}
}

// jsonExport writes {"exportedAt": …, "items": [{"portal": …, "section": …, "data": …}], "unreachable": [portal]}.
type jsonExport struct {
	w           io.Writer
	name        string
	some        bool
	unreachable []string
}

func (j *jsonExport) begin(at time.Time) error {
	_, err := fmt.Fprintf(j.w, "{\"exportedAt\": %q, \"items\": [", at.UTC().Format(time.RFC3339))
	return err
}

func (j *jsonExport) portal(name string, reached bool) error {
	j.name = name
	if !reached {
		j.unreachable = append(j.unreachable, name)
	}
	return nil
}

func (j *jsonExport) item(section string, data json.RawMessage) error {
	text, err := json.Marshal(map[string]any{"portal": j.name, "section": section, "data": data})
	if err != nil {
		return fmt.Errorf("export %s: %w", section, err)
	}
	separator := "\n"
	if j.some {
		separator = ",\n"
	}
	j.some = true
	_, err = fmt.Fprintf(j.w, "%s%s", separator, text)
	return err
}

func (j *jsonExport) end() error {
	if j.unreachable == nil {
		j.unreachable = []string{}
	}
	names, err := json.Marshal(j.unreachable)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, "\n], \"unreachable\": %s}\n", names)
	return err
}
