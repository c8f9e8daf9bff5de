package cases

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// maxTemplates is how many text templates a unit, or the portal, can have.
const maxTemplates = 200

// Template is a text that clerks begin from.
type Template struct {
	ID        uuid.UUID             `gorm:"primaryKey" json:"id"`
	Unit      *uuid.UUID            `json:"unit"` // nil: of the whole portal
	ServiceID *uuid.UUID            `json:"service"`
	Use       types.CaseTemplateUse `json:"use"`
	Title     string                `json:"title"`
	Text      string                `json:"text"`
}

// TableName is for gorm.
func (Template) TableName() string { return "case_templates" }

var errNoTemplate = problem.NotFound("template-unknown", "Diese Vorlage gibt es nicht.", "There is no such template.")

// Templates gives the text templates of the whole portal and of the units in which the caller of ctx is a clerk, by title; and
// where the caller is one.
func (s *Service) Templates(ctx context.Context) ([]Template, httpx.Reach, error) {
	reach, err := s.reach(ctx)
	if err != nil {
		return nil, reach, err
	}
	query := s.db.From(ctx).Order("title, id").Limit(maxListed)
	if !reach.Everywhere {
		query = query.Where("unit IS NULL OR unit = ANY (?::uuid[])", array(reach.Units))
	}
	var all []Template
	if err := query.Find(&all).Error; err != nil {
		return nil, reach, fmt.Errorf("read templates: %w", err)
	}
	return all, reach, nil
}

// maxListed is how many templates a clerk of many units gets.
const maxListed = 2000

// CreateTemplate keeps a new text template, once for the caller's key.
func (s *Service) CreateTemplate(ctx context.Context, key string, text types.CaseTemplateText) (Template, error) {
	t, err := s.template(ctx, text)
	if err != nil {
		return t, err
	}
	return idempotency.Do(ctx, s.db, "case.template:"+httpx.CallerOf(ctx).AccountID.String(), key, text, func(ctx context.Context) (Template, error) {
		var n int64
		if err := s.db.From(ctx).Model(&Template{}).Where("unit IS NOT DISTINCT FROM ?::uuid", t.Unit).Count(&n).Error; err != nil {
			return t, fmt.Errorf("count templates: %w", err)
		}
		if n >= maxTemplates {
			return t, problem.Conflict("templates-full", "Es gibt schon sehr viele Vorlagen. Bitte löschen Sie erst eine.", "There are very many templates already. Please delete one first.")
		}
		if t.ID, err = uuid.NewV7(); err != nil {
			return t, fmt.Errorf("make id: %w", err)
		}
		if err := s.db.From(ctx).Create(&t).Error; err != nil {
			return t, fmt.Errorf("insert template: %w", err)
		}
		return t, s.audit.Record(ctx, "case.template.create", "template:"+t.ID.String(), t.Title)
	})
}

// ChangeTemplate replaces a text template.
func (s *Service) ChangeTemplate(ctx context.Context, id uuid.UUID, text types.CaseTemplateText) (Template, error) {
	t, err := s.template(ctx, text)
	if err != nil {
		return t, err
	}
	t.ID = id
	return t, s.onTemplate(ctx, id, "case.template.change", func(ctx context.Context) error { return s.db.From(ctx).Select("*").Updates(&t).Error })
}

// DeleteTemplate deletes a text template.
func (s *Service) DeleteTemplate(ctx context.Context, id uuid.UUID) error {
	return s.onTemplate(ctx, id, "case.template.delete", func(ctx context.Context) error { return s.db.From(ctx).Delete(&Template{ID: id}).Error })
}

// onTemplate does something with a template that the caller may change, and records it.
func (s *Service) onTemplate(ctx context.Context, id uuid.UUID, action string, fn func(context.Context) error) error {
	reach, err := s.reach(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		var old Template
		err := s.db.From(ctx).Raw("SELECT * FROM case_templates WHERE id = ? FOR UPDATE", id).Take(&old).Error
		if errors.Is(err, gorm.ErrRecordNotFound) || err == nil && old.Unit != nil && !reach.Has(*old.Unit) {
			return errNoTemplate
		}
		if err != nil {
			return fmt.Errorf("read template: %w", err)
		}
		if !old.changeable(reach) {
			return errOfThePortal()
		}
		if err := fn(ctx); err != nil {
			return fmt.Errorf("%s: %w", action, err)
		}
		return s.audit.Record(ctx, action, "template:"+id.String(), old.Title)
	})
}

// changeable says whether a clerk of a reach may change the template.
func (t Template) changeable(reach httpx.Reach) bool {
	return reach.Everywhere || t.Unit != nil && reach.Has(*t.Unit)
}

func errOfThePortal() error {
	return problem.Forbidden("unit-other", "Das betrifft das ganze Portal.", "This concerns the whole portal.").
		With(problem.Text{De: "Vorlagen für alle ändert, wer am ganzen Portal Sachbearbeitung ist.", En: "Templates for all are changed by clerks of the whole portal."})
}

// template reads what was sent, and sees whether the caller may have it.
func (s *Service) template(ctx context.Context, text types.CaseTemplateText) (Template, error) {
	t := Template{Unit: text.Unit, ServiceID: text.Service, Use: text.Use, Title: strings.TrimSpace(text.Title), Text: strings.TrimSpace(text.Text)}
	var wrong []problem.FieldError
	if t.Title == "" {
		wrong = append(wrong, problem.FieldError{Pointer: "/title", Code: "required"})
	}
	if t.Text == "" {
		wrong = append(wrong, problem.FieldError{Pointer: "/text", Code: "required"})
	}
	ofService := t.Use == types.TemplateForServiceRemedy
	switch {
	case ofService && t.ServiceID == nil:
		wrong = append(wrong, problem.FieldError{Pointer: "/service", Code: "required"})
	case !ofService && t.ServiceID != nil:
		wrong = append(wrong, problem.FieldError{Pointer: "/service", Code: "invalid"})
	}
	if wrong != nil {
		return t, problem.Invalid(wrong...)
	}
	if err := s.knownService(ctx, t.ServiceID, "/service"); err != nil {
		return t, err
	}
	reach, err := s.reach(ctx)
	switch {
	case err != nil:
		return t, err
	case t.Unit != nil && !reach.Has(*t.Unit):
		return t, problem.Invalid(problem.FieldError{Pointer: "/unit", Code: "unknown"})
	case !t.changeable(reach):
		return t, errOfThePortal()
	}
	return t, nil
}

// knownService refuses a service that this portal does not know, at its field; nil is none.
func (s *Service) knownService(ctx context.Context, id *uuid.UUID, pointer string) error {
	if id == nil {
		return nil
	}
	titles, err := s.services.ServiceTitles(ctx, []uuid.UUID{*id})
	if err != nil {
		return fmt.Errorf("look for service: %w", err)
	}
	if len(titles) == 0 {
		return problem.Invalid(problem.FieldError{Pointer: pointer, Code: "unknown"})
	}
	return nil
}
