package applications

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/problem"
)

// fileField finds the field for files that a pointer names.
func fileField(layout types.FormLayout, at string) (types.FormField, bool) {
	p, found := layout.FieldAt(at)
	return p.Field, found && p.Field.Kind == types.FormFieldKindFile
}

// accepts says whether a field takes files of a kind; without a list it takes all that are taken at all.
func accepts(field types.FormField, kind files.Kind) bool {
	if field.Accept == nil || len(*field.Accept) == 0 {
		return true
	}
	return slices.ContainsFunc(*field.Accept, func(accepted string) bool {
		accepted = strings.ToLower(strings.TrimSpace(accepted))
		family, isFamily := strings.CutSuffix(accepted, "/*")
		return accepted == kind.MediaType || accepted == kind.Extension || accepted == ".jpeg" && kind.Extension == ".jpg" ||
			isFamily && strings.HasPrefix(kind.MediaType, family+"/")
	})
}

// content is what would be submitted of a draft.
type content struct {
	data        map[string]any
	attachments []types.Attachment   // those that the answers name, each with the pointer where they do, in the form's order
	unused      []uuid.UUID          // attachments that no answer names
	errors      []problem.FieldError // attachments that the answers name and that are not there
}

// contentOf finds the attachments that the answers name.
func contentOf(form types.Form, data map[string]any, attachments []types.Attachment) content {
	c := content{data: data, attachments: []types.Attachment{}}
	known := make(map[uuid.UUID]types.Attachment, len(attachments))
	for _, a := range attachments {
		known[a.Id] = a
	}
	used := map[uuid.UUID]bool{}
	for _, step := range form.Layout.Steps {
		values, _ := data[step.Id].(map[string]any)
		eachFile(step.Fields, values, "/"+step.Id, func(at, field, value string) {
			id, err := uuid.Parse(value)
			if err != nil {
				return // the schema says so
			}
			a, ok := known[id]
			if !ok {
				c.errors = append(c.errors, problem.FieldError{Pointer: at, Code: "attachment", Message: problem.Text{
					De: "Diese Datei ist nicht mehr da. Bitte laden Sie sie noch einmal hoch.", En: "This file is not there any more. Please upload it again.",
				}})
				return
			}
			if a.Check != nil && *a.Check == types.CheckRefused {
				c.errors = append(c.errors, problem.FieldError{Pointer: at, Code: "attachment", Message: harmfulText()})
				return
			}
			if !used[id] {
				used[id] = true
				a.Field = field
				c.attachments = append(c.attachments, a)
			}
		})
	}
	for _, a := range attachments {
		if !used[a.Id] {
			c.unused = append(c.unused, a.Id)
		}
	}
	return c
}

// eachFile visits the answers of file fields: at points at the answer, field at its field.
func eachFile(fields []types.FormField, values map[string]any, parent string, visit func(at, field, value string)) {
	for _, f := range fields {
		here := parent + "/" + f.Name
		switch value := values[f.Name].(type) {
		case string:
			if f.Kind == types.FormFieldKindFile {
				visit(here, here, value)
			}
		case []any:
			for i, item := range value {
				at := here + "/" + strconv.Itoa(i)
				if text, ok := item.(string); ok && f.Kind == types.FormFieldKindFile {
					visit(at, here, text)
				}
				if object, ok := item.(map[string]any); ok && f.Kind == types.FormFieldKindGroup && f.Fields != nil {
					eachFile(*f.Fields, object, at, visit)
				}
			}
		}
	}
}
