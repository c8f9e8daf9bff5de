package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// submitted is what the floor writes of an application.
type submitted struct {
	ID     uuid.UUID
	Data   []byte // the answers; the portal's are sealed, and little longer
	Number string
	Hash   string
	At     time.Time
}

// submit decodes the answers and writes, in one transaction, the rows that the portal writes when it submits an application to
// its own clerks: the key of the request and then its answer, the application, two entries of its timeline (submitted, received), the
// message in the mailbox, the job that follows, the case, and two entries of its timeline. It reads nothing and checks nothing.
//
// The session is read, and the draft locked and read, by the portal alone: that is the work of a portal, not of the writing.
func (f floor) submit(w http.ResponseWriter, r *http.Request) {
	var data map[string]any
	if err := json.NewDecoder(r.Body).Decode(&data); err != nil {
		answer(w, nil, err)
		return
	}
	plain, err := json.Marshal(data)
	if err != nil {
		answer(w, nil, err)
		return
	}
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		answer(w, nil, err)
		return
	}
	s := submitted{ID: id, Data: plain, Number: "EL-" + id.String()[:13], Hash: uuid.NewString() + uuid.NewString(), At: time.Now()}
	err = pgx.BeginFunc(r.Context(), f.pool, func(tx pgx.Tx) error { return s.write(r.Context(), tx) })
	answer(w, map[string]any{"id": id, "state": "submitted", "number": s.Number, "contentHash": s.Hash, "submittedAt": s.At, "data": data}, err)
}

func (s submitted) write(ctx context.Context, tx pgx.Tx) error {
	caseID, messageID := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	scope, key := "applications.submit http://localhost "+s.ID.String(), uuid.NewString()
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO idempotency_keys (scope, key, request_hash) VALUES ($1, $2, $3)", []any{scope, key, s.Hash[:32]}},
		{`UPDATE applications SET state = 'received', revision = revision + 1, number = $2, data = $3, step = '', language = 'de', trust_level = 'low',
			content_hash = $4, submitted_at = $5, arrived_at = $5, authority_at = $5, changed_at = $5 WHERE id = $1`, []any{s.ID, s.Number, s.Data, s.Hash, s.At}},
		{`INSERT INTO application_events (application_id, id, at, kind, by, name)
			VALUES ($1, $2, $4, 'submitted', 'citizen', ''), ($1, $3, $4, 'received', 'authority', 'Steueramt')`, []any{s.ID, uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), s.At}},
		{"INSERT INTO mailbox_messages (id, account_id, origin, message_id, content, at, received_at) VALUES ($1, $2, 'http://localhost', $3, $4, $5, $5)",
			[]any{messageID, s.ID, uuid.New(), s.Data[:min(len(s.Data), 400)], s.At}},
		{"INSERT INTO river_job (kind, args, max_attempts) VALUES ('mailbox.notice', $1, 25)", []any{map[string]any{"messageId": messageID}}},
		{`INSERT INTO cases (id, origin, application_id, number, state, service_id, service_title, organisation_id, organisation_name, applicant_name, ars, form_id,
			form_version, language, trust_level, content_hash, content, search, submitted_at, received_at, complete_at, changed_at, due_on)
			VALUES ($1, 'http://localhost', $2, $3, 'received', $4, '{"de": "Hund anmelden"}', $4, '{"de": "Steueramt"}', 'Clara Beispiel', '034540035035', $4,
			1, 'de', 'low', $5, $6, lower($3) || ' ' || lower(replace($3, '-', '')) || ' clara beispiel', $7, $7, $7, $7, current_date + 28)`,
			[]any{caseID, s.ID, s.Number, uuid.New(), s.Hash, s.Data, s.At}},
		{`INSERT INTO case_events (case_id, id, at, kind, by, name)
			VALUES ($1, $2, $4, 'submitted', 'citizen', ''), ($1, $3, $4, 'received', 'authority', 'Steueramt')`, []any{caseID, uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), s.At}},
		{"UPDATE idempotency_keys SET response = '{}' WHERE scope = $1 AND key = $2", []any{scope, key}},
	} {
		if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	return nil
}
