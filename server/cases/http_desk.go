package cases

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	openapi "github.com/oapi-codegen/runtime/types"

	api "portalverbund/api/cases"
	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Who can be named without an id.
const (
	assigneeMe     = "me"
	assigneeNobody = "nobody"
)

// assignee reads whom a request names; uuid.Nil is nobody.
func assignee(ctx context.Context, word *types.CaseAssignee, pointer string) (*uuid.UUID, error) {
	if word == nil {
		return nil, nil
	}
	var id uuid.UUID
	switch *word {
	case assigneeMe:
		id = httpx.CallerOf(ctx).AccountID
	case assigneeNobody:
	default:
		var err error
		if id, err = uuid.Parse(*word); err != nil {
			return nil, problem.Invalid(problem.FieldError{Pointer: pointer, Code: "pattern"})
		}
	}
	return &id, nil
}

// PlanCase answers PATCH /api/v1/cases/{caseId}.
func (h *Handlers) PlanCase(ctx context.Context, request api.PlanCaseRequestObject) (api.PlanCaseResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	var p Plan
	var err error
	if p.Assignee, err = assignee(ctx, request.Body.Assignee, "/assignee"); err != nil {
		return nil, err
	}
	if day := request.Body.DueOn; day != nil {
		p.DueOn = &day.Time
	}
	c, err := h.s.Plan(ctx, request.CaseId, request.Params.IfMatch, p)
	changed, err := h.changed(ctx, c, err)
	return api.PlanCase200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// NoteCase answers POST /api/v1/cases/{caseId}/notes.
func (h *Handlers) NoteCase(ctx context.Context, request api.NoteCaseRequestObject) (api.NoteCaseResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	text, err := written(request.Body.Text)
	if err != nil {
		return nil, err
	}
	c, err := h.s.Note(ctx, request.CaseId, request.Params.IdempotencyKey, text)
	changed, err := h.changed(ctx, c, err)
	return api.NoteCase200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// ListColleagues answers GET /api/v1/cases/colleagues.
func (h *Handlers) ListColleagues(ctx context.Context, request api.ListColleaguesRequestObject) (api.ListColleaguesResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	all, err := h.s.Clerks(ctx, request.Params.Case)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Colleague) int {
		return cmp.Or(cmp.Compare(fold(a.Name), fold(b.Name)), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	list := types.ColleagueList{Items: make([]types.Colleague, len(all))}
	for i, c := range all {
		self := c.ID == httpx.CallerOf(ctx).AccountID
		list.Items[i] = types.Colleague{Id: c.ID, Name: c.Name, Self: &self, Open: &all[i].Open}
	}
	return api.ListColleagues200JSONResponse(list), nil
}

// ListCaseViews answers GET /api/v1/cases/views.
func (h *Handlers) ListCaseViews(ctx context.Context, _ api.ListCaseViewsRequestObject) (api.ListCaseViewsResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	views, err := h.s.Views(ctx)
	return api.ListCaseViews200JSONResponse{Items: append([]types.CaseView{}, views...)}, err
}

// SaveCaseViews answers PUT /api/v1/cases/views.
func (h *Handlers) SaveCaseViews(ctx context.Context, request api.SaveCaseViewsRequestObject) (api.SaveCaseViewsResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	if err := h.s.SaveViews(ctx, request.Body.Items); err != nil {
		return nil, err
	}
	return api.SaveCaseViews200JSONResponse(*request.Body), nil
}

// GetDeskSettings answers GET /api/v1/cases/settings.
func (h *Handlers) GetDeskSettings(ctx context.Context, _ api.GetDeskSettingsRequestObject) (api.GetDeskSettingsResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	settings, err := h.s.DeskSettings(ctx)
	return api.GetDeskSettings200JSONResponse(settings), err
}

// SaveDeskSettings answers PUT /api/v1/cases/settings.
func (h *Handlers) SaveDeskSettings(ctx context.Context, request api.SaveDeskSettingsRequestObject) (api.SaveDeskSettingsResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	return api.SaveDeskSettings200JSONResponse(*request.Body), h.s.SaveDeskSettings(ctx, *request.Body)
}

// ListCaseTemplates answers GET /api/v1/cases/templates.
func (h *Handlers) ListCaseTemplates(ctx context.Context, _ api.ListCaseTemplatesRequestObject) (api.ListCaseTemplatesResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	all, reach, err := h.s.Templates(ctx)
	if err != nil {
		return nil, err
	}
	var ofServices []uuid.UUID
	for _, t := range all {
		if t.ServiceID != nil {
			ofServices = append(ofServices, *t.ServiceID)
		}
	}
	titles, err := h.s.services.ServiceTitles(ctx, ofServices)
	if err != nil {
		return nil, err
	}
	list := types.CaseTemplateList{Items: make([]types.CaseTemplate, len(all))}
	for i, t := range all {
		item := describeTemplate(t, t.changeable(reach))
		if t.ServiceID != nil && titles[*t.ServiceID] != nil {
			title := httpx.Localized(ctx, titles[*t.ServiceID])
			item.ServiceTitle = &title
		}
		list.Items[i] = item
	}
	return api.ListCaseTemplates200JSONResponse(list), nil
}

func describeTemplate(t Template, changeable bool) types.CaseTemplate {
	return types.CaseTemplate{Id: t.ID, Unit: t.Unit, Service: t.ServiceID, Use: t.Use, Title: t.Title, Text: t.Text, Changeable: changeable}
}

// CreateCaseTemplate answers POST /api/v1/cases/templates.
func (h *Handlers) CreateCaseTemplate(ctx context.Context, request api.CreateCaseTemplateRequestObject) (api.CreateCaseTemplateResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	t, err := h.s.CreateTemplate(ctx, request.Params.IdempotencyKey, *request.Body)
	return api.CreateCaseTemplate201JSONResponse(describeTemplate(t, true)), err
}

// ChangeCaseTemplate answers PUT /api/v1/cases/templates/{templateId}.
func (h *Handlers) ChangeCaseTemplate(ctx context.Context, request api.ChangeCaseTemplateRequestObject) (api.ChangeCaseTemplateResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	t, err := h.s.ChangeTemplate(ctx, request.TemplateId, *request.Body)
	return api.ChangeCaseTemplate200JSONResponse(describeTemplate(t, true)), err
}

// DeleteCaseTemplate answers DELETE /api/v1/cases/templates/{templateId}.
func (h *Handlers) DeleteCaseTemplate(ctx context.Context, request api.DeleteCaseTemplateRequestObject) (api.DeleteCaseTemplateResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	return api.DeleteCaseTemplate204Response{}, h.s.DeleteTemplate(ctx, request.TemplateId)
}

func period(from, to *openapi.Date) Period {
	var p Period
	if from != nil {
		p.From = from.Time
	}
	if to != nil {
		p.To = to.Time
	}
	return p
}

// GetCaseStatistics answers GET /api/v1/cases/statistics.
func (h *Handlers) GetCaseStatistics(ctx context.Context, request api.GetCaseStatisticsRequestObject) (api.GetCaseStatisticsResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	st, err := h.s.Statistics(ctx, period(request.Params.From, request.Params.To))
	if err != nil {
		return nil, err
	}
	body := types.CaseStatistics{
		From: openapi.Date{Time: st.From}, To: openapi.Date{Time: st.To}, Total: describeFigures(ctx, st.Total),
		Services: make([]types.CaseFigures, 0, len(st.Services)), People: make([]types.CaseLoad, 0, len(st.People)),
	}
	for _, f := range st.Services {
		body.Services = append(body.Services, describeFigures(ctx, f))
	}
	for _, c := range st.People {
		load := types.CaseLoad{Open: c.Open, Overdue: c.Overdue}
		if c.ID != uuid.Nil {
			load.Id, load.Name = &c.ID, &c.Name
		}
		body.People = append(body.People, load)
	}
	return api.GetCaseStatistics200JSONResponse(body), nil
}

func describeFigures(ctx context.Context, f Figures) types.CaseFigures {
	out := types.CaseFigures{
		ServiceId: f.ServiceID, Received: f.Received, Open: f.Open, Overdue: f.Overdue, Granted: f.Granted, Refused: f.Refused, Withdrawn: f.Withdrawn, Closed: f.Closed,
		MedianDays: tenths(f.MedianDays), SlowDays: tenths(f.SlowDays), OldestDays: f.OldestDays,
	}
	if f.ServiceID != nil {
		title := httpx.Localized(ctx, f.ServiceTitle)
		out.ServiceTitle = &title
	}
	return out
}

func tenths(days *float64) *float32 {
	if days == nil {
		return nil
	}
	rounded := float32(math.Round(*days*10) / 10)
	return &rounded
}

// ExportCaseStatistics answers GET /api/v1/cases/statistics.csv.
func (h *Handlers) ExportCaseStatistics(ctx context.Context, request api.ExportCaseStatisticsRequestObject) (api.ExportCaseStatisticsResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	st, err := h.s.Statistics(ctx, period(request.Params.From, request.Params.To))
	if err != nil {
		return nil, err
	}
	return table{ctx: ctx, st: st}, nil
}

// table sends statistics as CSV.
type table struct {
	ctx context.Context
	st  Statistics
}

// tableHead names the columns.
func tableHead(german bool) []string {
	if german {
		return []string{
			"Leistung", "Eingegangen", "Offen", "Überfällig", "Bewilligt", "Abgelehnt", "Zurückgezogen", "Ohne Bescheid abgeschlossen",
			"Tage bis zur Entscheidung (Median)", "Tage bis zur Entscheidung (neun von zehn)", "Ältester offener Vorgang (Tage)",
		}
	}
	return []string{
		"Service", "Received", "Open", "Overdue", "Granted", "Refused", "Withdrawn", "Closed without a decision", "Days to decision (median)", "Days to decision (nine of ten)", "Oldest open case (days)",
	}
}

// VisitExportCaseStatisticsResponse writes the answer.
func (t table) VisitExportCaseStatisticsResponse(w http.ResponseWriter) error {
	german := httpx.LanguageOf(t.ctx) == "de"
	name := "vorgaenge"
	if !german {
		name = "cases"
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", files.Disposition(fmt.Sprintf("%s-%s-%s.csv", name, t.st.From.Format(time.DateOnly), t.st.To.Format(time.DateOnly))))
	w.Header().Set("Cache-Control", "private, no-store")
	if _, err := w.Write([]byte("\uFEFF")); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	_ = out.Write(tableHead(german)) // Error gives the first error
	for _, f := range t.st.Services {
		_ = out.Write(cells(cell(httpx.Localized(t.ctx, f.ServiceTitle)), f, german))
	}
	_ = out.Write(cells(map[bool]string{true: "Alle", false: "All"}[german], t.st.Total, german))
	out.Flush()
	return out.Error()
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(text string) string {
	if strings.ContainsAny(text[:min(1, len(text))], "=+-@\t\r") {
		return "'" + text
	}
	return text
}

func cells(title string, f Figures, german bool) []string {
	days := func(d *float64) string {
		if d == nil {
			return ""
		}
		figure := strconv.FormatFloat(*d, 'f', 1, 64)
		if german {
			return strings.ReplaceAll(figure, ".", ",")
		}
		return figure
	}
	oldest := ""
	if f.OldestDays != nil {
		oldest = strconv.Itoa(*f.OldestDays)
	}
	row := []string{title}
	for _, n := range []int{f.Received, f.Open, f.Overdue, f.Granted, f.Refused, f.Withdrawn, f.Closed} {
		row = append(row, strconv.Itoa(n))
	}
	return append(row, days(f.MedianDays), days(f.SlowDays), oldest)
}
