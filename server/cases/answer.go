package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

const (
	sealMore = "cases event more"

	maxValues     = 20
	maxValuesSize = 64 << 10 // bytes of JSON
)

// more is what is kept of an event beside its words. Of files that came with it, the ids: names are in the content of the case, the rest in the rows.
type more struct {
	Requested   *types.RequestedInformation `json:"requested,omitempty"`
	Attachments []uuid.UUID                 `json:"attachments,omitempty"`
	Values      *[]types.CorrectedAnswer    `json:"values,omitempty"`
}

func (s *Service) sealMore(caseID uuid.UUID, e types.TimelineEvent) ([]byte, error) {
	m := more{Requested: e.Requested, Values: e.Values}
	for _, a := range or(e.Attachments) {
		m.Attachments = append(m.Attachments, a.Id)
	}
	if m.Requested == nil && m.Values == nil && m.Attachments == nil {
		return nil, nil
	}
	plain, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("seal event: %w", err)
	}
	return s.keys.Seal(sealMore, plain, eventContext(caseID, e.Id))
}

// openMore puts what was sealed on an event. Of its files only the ids are there: nameFiles gives the rest.
func (s *Service) openMore(caseID uuid.UUID, sealed []byte, e *types.TimelineEvent) error {
	if sealed == nil {
		return nil
	}
	plain, err := s.keys.Open(sealMore, sealed, eventContext(caseID, e.Id))
	if err != nil {
		return err
	}
	var m more
	if err := json.Unmarshal(plain, &m); err != nil {
		return fmt.Errorf("read event %s: %w", e.Id, err)
	}
	e.Requested, e.Values = m.Requested, m.Values
	if len(m.Attachments) == 0 {
		return nil
	}
	files := make([]types.Attachment, len(m.Attachments))
	for i, id := range m.Attachments {
		files[i].Id = id
	}
	e.Attachments = &files
	return nil
}

// nameFiles puts the files of a case on the events with which they came.
func nameFiles(events []types.TimelineEvent, files []Attachment) {
	for _, e := range events {
		for i, a := range or(e.Attachments) {
			if at := slices.IndexFunc(files, func(f Attachment) bool { return f.ID == a.Id }); at >= 0 {
				(*e.Attachments)[i] = files[at].wire()
			}
		}
	}
}

// wire is an attachment as the contract has it.
func (a Attachment) wire() types.Attachment {
	available := a.State == AttachmentAvailable
	f := types.Attachment{Id: a.ID, Name: a.Name, Field: a.Field, MediaType: a.MediaType, Size: a.Size, Sha256: a.SHA256, Available: &available, Origin: a.Origin}
	if a.State == AttachmentRefused {
		refused := types.CheckRefused
		f.Check = &refused
	}
	return f
}

// answers says whether a file came with an answer, and not with the application: it is none of those that were hashed.
func (a Attachment) answers() bool { return types.AnswersQuestion(a.Field) }

// errAnswer refuses, for good, what nobody has asked for.
func errAnswer(what string) error {
	return problem.Unprocessable("event-answer", "Diese Antwort bringt etwas mit, wonach nicht gefragt wurde.", "This answer brings something that nobody has asked for.").Because(errors.New(what))
}

// checkAnswer refuses what no answer can bring, and takes away what only an authority says.
func checkAnswer(e *types.TimelineEvent) error {
	e.Requested, e.Documents = nil, nil
	files, values := or(e.Attachments), or(e.Values)
	if len(files) == 0 {
		e.Attachments = nil
	}
	if len(values) == 0 {
		e.Values = nil
	}
	switch size, err := json.Marshal(values); {
	case e.Attachments == nil && e.Values == nil:
		return nil
	case e.Kind != types.Message:
		return errAnswer("only an answer brings something")
	case len(files) > maxAttachments:
		return errAnswer("too many files")
	case err != nil, len(values) > maxValues, len(size) > maxValuesSize:
		return errAnswer("too many values, or too long ones")
	}
	for i, a := range files {
		if !plausible(a) || slices.ContainsFunc(files[:i], func(other types.Attachment) bool { return other.Id == a.Id }) {
			return errAnswer("file")
		}
	}
	for i, v := range values {
		if slices.ContainsFunc(values[:i], func(other types.CorrectedAnswer) bool { return other.Pointer == v.Pointer }) {
			return errAnswer("value twice")
		}
	}
	return nil
}

// takeAnswer adds to a locked case what came with an answer, in ctx's transaction: all of it was asked for by some question of the case, and is new. Files
// are fetched later.
func (s *Service) takeAnswer(ctx context.Context, r caseRow, e types.TimelineEvent) error {
	if e.Attachments == nil && e.Values == nil {
		return nil
	}
	events, err := s.timeline(ctx, r.ID)
	if err != nil {
		return err
	}
	documents, fields := types.RequestedIn(events)
	for _, v := range or(e.Values) {
		if !slices.Contains(fields, v.Pointer) {
			return errAnswer("value that was not asked for")
		}
	}
	for _, a := range or(e.Attachments) {
		if !slices.ContainsFunc(documents, func(d types.RequestedDocument) bool { return d.Field() == a.Field }) {
			return errAnswer("file that was not asked for")
		}
	}
	return s.addFiles(ctx, r, or(e.Attachments))
}

// addFiles adds files to a locked case, and has them fetched.
func (s *Service) addFiles(ctx context.Context, r caseRow, files []types.Attachment) error {
	if len(files) == 0 {
		return nil
	}
	c, err := s.openContent(r.ID, r.Content)
	if err != nil {
		return err
	}
	if len(c.Attachments)+len(files) > maxAttachments {
		return errAnswer("too many files")
	}
	for _, a := range files {
		if slices.ContainsFunc(c.Attachments, func(f fileContent) bool { return f.ID == a.Id }) {
			return errAnswer("file that is there already")
		}
	}
	rows := fileRows(r.ID, files)
	now := s.now()
	for i, a := range files {
		rows[i].AnnouncedAt = &now
		c.Attachments = append(c.Attachments, contentOf(a))
	}
	sealed, err := s.sealContent(r.ID, c)
	if err != nil {
		return fmt.Errorf("seal application: %w", err)
	}
	if err := s.db.From(ctx).Exec("UPDATE cases SET content = ? WHERE id = ?", sealed, r.ID).Error; err != nil {
		return fmt.Errorf("change content of a case: %w", err)
	}
	if err := s.db.From(ctx).Create(&rows).Error; err != nil {
		return fmt.Errorf("insert attachments: %w", err)
	}
	return s.fetchLater(ctx, r.ID, rows)
}

// contentOf is what is sealed of a file.
func contentOf(a types.Attachment) fileContent {
	return fileContent{ID: a.Id, Name: a.Name, Field: a.Field, MediaType: a.MediaType, Origin: a.Origin}
}

// fileRows are the rows of files that are still to be fetched.
func fileRows(caseID uuid.UUID, files []types.Attachment) []attachmentRow {
	var rows []attachmentRow
	for _, a := range files {
		rows = append(rows, attachmentRow{CaseID: caseID, ID: a.Id, Size: a.Size, SHA256: strings.ToLower(a.Sha256), State: AttachmentPending})
	}
	return rows
}

// announced is when the portal of origin has told of a file.
func (a attachmentRow) announced(c caseRow) time.Time {
	if a.AnnouncedAt != nil {
		return *a.AnnouncedAt
	}
	return c.ReceivedAt
}
