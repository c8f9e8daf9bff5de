package types

import "strings"

// answerTo stands before the id of a requested document, in the field of a file that answers a question.
const answerTo = "#"

// Field is the field of files that are sent for a document that was asked for.
func (d RequestedDocument) Field() string { return answerTo + d.Id.String() }

// AnswersQuestion says whether files of a field are part of an answer, and not of what was submitted.
func AnswersQuestion(field string) bool { return strings.HasPrefix(field, answerTo) }

// RequestedIn gives all that the questions of a timeline ask for.
func RequestedIn(timeline []TimelineEvent) (documents []RequestedDocument, fields []string) {
	for _, e := range timeline {
		if e.Requested != nil {
			documents, fields = append(documents, e.Requested.Documents...), append(fields, e.Requested.Fields...)
		}
	}
	return documents, fields
}
