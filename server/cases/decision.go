package cases

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/pdf"
	"portalverbund/server/platform/problem"
)

const (
	sealDecision = "cases decision"

	// usualRemedy says how one can object (§ 70 VwGO). Authorities against whose decisions one has to go to court at once keep words of their own.
	usualRemedy = "Gegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Widerspruch erhoben werden. Der Widerspruch ist bei {authority}{address} " +
		"schriftlich, in elektronischer Form nach § 3a Absatz 2 des Verwaltungsverfahrensgesetzes, schriftformersetzend nach § 3a Absatz 3 des " +
		"Verwaltungsverfahrensgesetzes und § 9a Absatz 5 des Onlinezugangsgesetzes oder zur Niederschrift zu erheben."
)

// Authority is an office as it stands on its letters.
type Authority struct {
	Name       string   // of the body that the office belongs to, or its own
	Unit       string   // the office, where it is a part of a body
	Address    []string // street, and place
	Contact    []string // phone, mail
	LegalBasis string   // of a service, a line for each law
}

// Authorities knows the offices of this portal. One that is there no longer has no name.
type Authorities interface {
	Authority(ctx context.Context, unit, service uuid.UUID) (Authority, error)
}

// Forms knows what applications were asked for; problem.NotFound for forms that are not here.
type Forms interface {
	Form(ctx context.Context, id uuid.UUID, version int) (types.Form, error)
}

// DecisionPaper is a decision as it went out.
type DecisionPaper struct {
	CaseID   uuid.UUID
	ID       uuid.UUID
	At       time.Time
	Name     string
	Size     int64
	SHA256   string `gorm:"column:sha256"`
	Content  []byte // sealed; only where it is read as a file
	OpenedAt *time.Time
}

// TableName is for gorm.
func (DecisionPaper) TableName() string { return "case_decisions" }

var errNoPaper = problem.NotFound("document-unknown", "Dieses Dokument gibt es nicht.", "There is no such document.")

// decisionFrame is what a decision on a case is written around.
type decisionFrame struct {
	authority Authority
	recipient []string
	remedy    string // how one can object, as it is kept for the service or the office
	signer    string // whose name stands under it: of who releases it, and answers for it (§ 37 Absatz 3 VwVfG); empty while nobody has
	contact   string // who has written it, where that is somebody else
}

// PrepareDecision gives what the decision of an open case begins from.
func (s *Service) PrepareDecision(ctx context.Context, id uuid.UUID) (types.DecisionDraft, error) {
	ctx, r, err := s.toDecide(ctx, id, "case.read")
	if err != nil {
		return types.DecisionDraft{}, err
	}
	author, err := s.authorOf(ctx, r)
	if err != nil {
		return types.DecisionDraft{}, err
	}
	f, err := s.frame(ctx, r, author)
	if err != nil {
		return types.DecisionDraft{}, err
	}
	sender := append([]string{f.authority.Name}, f.authority.Address...)
	return types.DecisionDraft{Sender: sender, Recipient: f.recipient, LegalBasis: f.authority.LegalBasis, Remedy: f.remedy, SignedBy: optional(f.signer)}, nil
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// authorOf gives who writes a decision of a case that a second clerk has to release: of one that waits who has written it, else the caller; uuid.Nil
// where nobody else is needed.
func (s *Service) authorOf(ctx context.Context, r caseRow) (uuid.UUID, error) {
	waits, err := s.proposalOf(ctx, r.ID)
	if err != nil {
		return uuid.Nil, err
	}
	if waits != nil {
		return waits.By, nil
	}
	if asked, err := s.fourEyes(ctx, r); err != nil || !asked {
		return uuid.Nil, err
	}
	return httpx.CallerOf(ctx).AccountID, nil
}

// PreviewDecision sets a decision as it would go out, marked as a draft.
func (s *Service) PreviewDecision(ctx context.Context, id uuid.UUID, d types.Decision) (content []byte, name string, err error) {
	ctx, r, err := s.toDecide(ctx, id, "case.decision.preview")
	if err != nil {
		return nil, "", err
	}
	author, err := s.authorOf(ctx, r)
	if err != nil {
		return nil, "", err
	}
	content, err = s.setDecision(ctx, r, d, author, true)
	return content, "Entwurf " + r.Number + ".pdf", err
}

// toDecide reads an open case of the caller's units, and records that they see whose it is.
func (s *Service) toDecide(ctx context.Context, id uuid.UUID, action string) (context.Context, caseRow, error) {
	r, err := s.readCase(ctx, id)
	if err != nil {
		return ctx, r, err
	}
	if ctx, err = s.within(ctx, r); err != nil {
		return ctx, r, err
	}
	if !open(r.State) {
		return ctx, r, errFinished(r.State)
	}
	if err := s.audit.Record(ctx, action, object(id), ""); err != nil {
		return ctx, r, err
	}
	return ctx, r, s.clerkReads(ctx, r, itemApplication)
}

// issue sets the decision on a case that is locked, and keeps it as it goes out, in ctx's transaction. author has written what the caller releases;
// uuid.Nil: the caller.
func (s *Service) issue(ctx context.Context, r caseRow, d types.Decision, author uuid.UUID) ([]types.EventDocument, error) {
	content, err := s.setDecision(ctx, r, d, author, false)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(content)
	p := DecisionPaper{CaseID: r.ID, At: s.now(), Name: "Bescheid " + r.Number + ".pdf", Size: int64(len(content)), SHA256: hex.EncodeToString(hash[:])}
	if p.ID, err = uuid.NewV7(); err != nil {
		return nil, fmt.Errorf("make id: %w", err)
	}
	if p.Content, err = s.keys.Seal(sealDecision, content, p.ID[:]); err != nil {
		return nil, fmt.Errorf("seal decision: %w", err)
	}
	if err := s.db.From(ctx).Create(&p).Error; err != nil {
		return nil, fmt.Errorf("keep decision: %w", err)
	}
	return []types.EventDocument{{Id: p.ID, Name: p.Name, MediaType: "application/pdf", Size: p.Size, Sha256: p.SHA256}}, nil
}

// frame gathers what a decision is written around. author is as authorOf says.
func (s *Service) frame(ctx context.Context, r caseRow, author uuid.UUID) (f decisionFrame, err error) {
	if f.authority, err = s.authority(ctx, r.OrganisationID, r.ServiceID); err != nil {
		return f, err
	}
	if f.authority.Name == "" {
		f.authority.Name = localized(r.OrganisationName, "de")
	}
	if f.recipient, err = s.recipient(ctx, r); err != nil {
		return f, err
	}
	if f.remedy, err = s.remedyOf(ctx, r.OrganisationID, r.ServiceID, f.authority); err != nil {
		return f, err
	}
	caller := httpx.CallerOf(ctx).AccountID
	names, err := s.colleagues.StaffNames(ctx, []uuid.UUID{caller, author})
	if author != caller {
		f.signer = names[caller]
	}
	f.contact = names[author]
	return f, err
}

func (s *Service) authority(ctx context.Context, unit, service uuid.UUID) (Authority, error) {
	a, err := s.authorities.Authority(ctx, unit, service)
	if err != nil {
		return a, fmt.Errorf("read office of a decision: %w", err)
	}
	return a, nil
}

// Remedy gives the words in which an office says how one can object to what it asks for.
func (s *Service) Remedy(ctx context.Context, unit uuid.UUID) (string, error) {
	a, err := s.authority(ctx, unit, uuid.Nil)
	if err != nil || a.Name == "" {
		return "", err
	}
	return s.remedyOf(ctx, unit, uuid.Nil, a)
}

// remedyOf gives the words that are kept for a service, or else for any: of an office, or of the next one above it, or of the portal; or the usual ones.
func (s *Service) remedyOf(ctx context.Context, unit, service uuid.UUID, a Authority) (string, error) {
	above, err := s.units.Above(ctx, unit) // from the office upwards
	if err != nil {
		return "", fmt.Errorf("read units above: %w", err)
	}
	var kept []Template
	err = s.db.From(ctx).Raw(`SELECT * FROM case_templates WHERE (use = ? OR use = ? AND service_id = ?) AND (unit IS NULL OR unit = ANY (?::uuid[]))
		ORDER BY service_id IS NULL, array_position(?::uuid[], unit) NULLS LAST, title, id LIMIT 1`,
		types.TemplateForRemedy, types.TemplateForServiceRemedy, service, array(above), array(above)).Scan(&kept).Error
	if err != nil {
		return "", fmt.Errorf("read words about objecting: %w", err)
	}
	words := usualRemedy
	if len(kept) > 0 {
		words = kept[0].Text
	}
	name, address := a.Name, strings.Join(a.Address, ", ")
	if a.Unit != "" {
		name += ", " + a.Unit
	}
	if address != "" && words == usualRemedy {
		address = ", " + address + ","
	}
	return strings.NewReplacer("{authority}", name, "{address}", address).Replace(words), nil
}

// recipient is to whom a decision goes, everybody who has applied, with the address that the answers give, as they were corrected: those of fields that people fill from their profile.
func (s *Service) recipient(ctx context.Context, r caseRow) ([]string, error) {
	c, err := s.openContent(r.ID, r.Content)
	if err != nil {
		return nil, err
	}
	events, err := s.timeline(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	data := corrected(c.Data, events)
	lines := []string{r.ApplicantName}
	if name := nameIn(data); c.ActsFor == nil && name != "" && name != nameIn(c.Data) {
		lines[0] = name
	}
	if a := c.ActsFor; a != nil && (a.Kind == nil || *a.Kind != types.ActingPower) {
		lines = []string{a.Name, a.Person}
	}
	if c.CoApplicants != nil { // it is for each of them
		for _, other := range *c.CoApplicants {
			lines = append(lines, other.Name)
		}
	}
	form, err := s.forms.Form(ctx, r.FormID, r.FormVersion)
	if err != nil {
		if problem.From(err).Status == http.StatusNotFound { // a form of long ago
			return lines, nil
		}
		return nil, fmt.Errorf("read form of a case: %w", err)
	}
	known := map[types.ProfileItem]string{}
	for _, step := range form.Layout.Steps {
		values, _ := data[step.Id].(map[string]any)
		for _, f := range step.Fields {
			if text, ok := values[f.Name].(string); ok && f.Profile != nil && known[*f.Profile] == "" {
				known[*f.Profile] = text
			}
		}
	}
	for _, line := range [][2]types.ProfileItem{{types.ProfileItemStreet, types.ProfileItemHouseNumber}, {types.ProfileItemPostalCode, types.ProfileItemCity}} {
		if text := strings.TrimSpace(known[line[0]] + " " + known[line[1]]); text != "" {
			lines = append(lines, text)
		}
	}
	return lines, nil
}

// nameIn is the name in the step applicant, from which that of the applicant comes.
func nameIn(data map[string]any) string {
	given, _ := at(data, []string{"applicant", "givenName"}).(string)
	family, _ := at(data, []string{"applicant", "familyName"}).(string)
	return strings.Join(strings.Fields(given+" "+family), " ")
}

// setDecision sets a decision. It is in German, the language of administration.
func (s *Service) setDecision(ctx context.Context, r caseRow, d types.Decision, author uuid.UUID, draft bool) ([]byte, error) {
	f, err := s.frame(ctx, r, author)
	if err != nil {
		return nil, err
	}
	legalBasis, remedy := f.authority.LegalBasis, f.remedy
	if d.LegalBasis != nil {
		legalBasis = strings.TrimSpace(*d.LegalBasis)
	}
	if d.Remedy != nil {
		remedy = strings.TrimSpace(*d.Remedy)
	}
	now := s.now()
	p, err := pdf.New(pdf.Head{Title: "Bescheid " + r.Number, Author: f.authority.Name, Language: "de-DE", At: now})
	if err != nil {
		return nil, err
	}
	day := func(at time.Time) string { return at.In(s.zone).Format("02.01.2006") }
	service, outcome := localized(r.ServiceTitle, "de"), "bewilligt"
	if d.Outcome == types.DecisionOutcomeRefused {
		outcome = "abgelehnt"
	}
	p.Letterhead(f.authority.Name, f.authority.lines()...)
	p.Recipient(strings.Join(append([]string{f.authority.Name}, f.authority.Address...), ", "), f.recipient...)
	facts := []pdf.Fact{{Label: "Antragsnummer", Value: r.Number}, {Label: "Antrag vom", Value: day(r.SubmittedAt)}, {Label: "Datum", Value: day(now)}}
	if f.contact != "" {
		facts = append(facts, pdf.Fact{Label: "Auskunft erteilt", Value: f.contact})
	}
	p.Facts(facts...)
	if draft {
		p.Heading("Entwurf – Bescheid: " + service)
	} else {
		p.Heading("Bescheid: " + service)
	}
	p.Text(fmt.Sprintf("Ihr Antrag „%s“ vom %s wird %s.", service, day(r.SubmittedAt), outcome))
	part := func(heading, text string) {
		if text != "" {
			p.Heading(heading)
			p.Text(text)
		}
	}
	part("Begründung und Hinweise", d.Text)
	part("Rechtsgrundlage", legalBasis)
	part("Rechtsbehelfsbelehrung", remedy)
	switch {
	case f.signer != "":
		p.Text("Im Auftrag\n" + f.signer)
	case draft:
		p.Text("Im Auftrag\n(Name der Person, die zustimmt)")
	}
	p.Small("Dieser Bescheid wurde elektronisch erlassen und gilt ohne Unterschrift.")
	p.Footer(map[bool]string{false: f.authority.Name + " · " + r.Number, true: "Entwurf · nicht verschickt · " + r.Number}[draft])
	var b bytes.Buffer
	err = p.Write(&b)
	return b.Bytes(), err
}

// lines is what stands below the name at the head of a letter.
func (a Authority) lines() []string {
	var lines []string
	for _, line := range []string{a.Unit, strings.Join(a.Address, ", "), strings.Join(a.Contact, " · ")} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// decisionOf gives what is known of the decision on a case, without its content; nil where there is none on paper.
func (s *Service) decisionOf(ctx context.Context, caseID uuid.UUID) (*DecisionPaper, error) {
	var p DecisionPaper
	err := s.db.From(ctx).Raw("SELECT case_id, id, at, name, size, sha256, opened_at FROM case_decisions WHERE case_id = ?", caseID).Take(&p).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read decision: %w", err)
	}
	return &p, nil
}

// DecisionPaperOf opens the decision on a case, and records that the caller has read it.
func (s *Service) DecisionPaperOf(ctx context.Context, id uuid.UUID) (Download, error) {
	r, err := s.readCase(ctx, id)
	if err != nil {
		return Download{}, err
	}
	if ctx, err = s.within(ctx, r); err != nil {
		return Download{}, err
	}
	p, err := s.readPaper(ctx, "SELECT * FROM case_decisions WHERE case_id = ?", id)
	if err != nil {
		return Download{}, err
	}
	if err := s.audit.Record(ctx, "case.decision.read", object(id), ""); err != nil {
		return Download{}, err
	}
	return Download{Name: p.Name, Size: p.Size, Content: inMemory{bytes.NewReader(p.Content)}}, nil
}

// DocumentFor gives the decision to the portal where the person applied; problem.NotFound for everybody else.
func (s *Service) DocumentFor(ctx context.Context, member string, id uuid.UUID) (name, mediaType string, size int64, content io.ReadSeekCloser, err error) {
	p, err := s.readPaper(ctx, "SELECT d.* FROM case_decisions d JOIN cases c ON c.id = d.case_id WHERE d.id = ? AND c.origin = ?", id, member)
	if err != nil {
		return "", "", 0, nil, err
	}
	return p.Name, "application/pdf", p.Size, inMemory{bytes.NewReader(p.Content)}, nil
}

// readPaper reads a decision with its content as it went out.
func (s *Service) readPaper(ctx context.Context, query string, args ...any) (p DecisionPaper, err error) {
	err = s.db.From(ctx).Raw(query, args...).Take(&p).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return p, errNoPaper
	}
	if err != nil {
		return p, fmt.Errorf("read decision: %w", err)
	}
	p.Content, err = s.keys.Open(sealDecision, p.Content, p.ID[:])
	return p, err
}

// inMemory is a small file.
type inMemory struct{ *bytes.Reader }

// Close does nothing.
func (inMemory) Close() error { return nil }

// DocumentOpened notes, in ctx's transaction, when a person first opened the decision on their application at the portal from. Documents of others are none
// of this room's.
func (s *Service) DocumentOpened(ctx context.Context, from string, m types.MessageDocumentOpened) error {
	at := m.At.UTC()
	if now := s.now(); at.After(now) {
		at = now // a clock that is ahead
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		var changed []caseRow
		err := s.db.From(ctx).Raw(`UPDATE case_decisions d SET opened_at = ? FROM cases c
			WHERE c.id = d.case_id AND c.origin = ? AND c.application_id = ? AND d.id = ? AND d.opened_at IS NULL RETURNING c.id, c.organisation_id`,
			at, from, m.ApplicationId, m.DocumentId).Scan(&changed).Error
		if err != nil {
			return fmt.Errorf("note opened decision: %w", err)
		}
		for _, r := range changed {
			if err := s.changed(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}
