package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

// TestRequests_ClerkAsksForADocumentAndAnAnswer_CitizenSendsThem goes the way through a portal, by its API alone: asked, uploaded, answered, read, written
// to, and closed without a decision.
func TestRequests_ClerkAsksForADocumentAndAnAnswer_CitizenSendsThem(t *testing.T) {
	t.Parallel()
	g := newGuided(t)
	portal, accounts := g.config.PublicURL, sites()[0].Accounts
	citizen, clerk := newPerson(t), newPerson(t)
	who := citizenOf(t, accounts)
	citizen.signInHere(portal, who.Email, who.Password)
	clerk.signInHere(portal, accounts[0].Email, accounts[0].Password)
	draft := citizen.startApplication(portal, "auto abmelden", meppen, sampleAnswers(t))
	number := citizen.submit(portal, draft.Id)
	mine := fmt.Sprintf("%s/api/v1/applications/%s", portal, draft.Id)
	var list types.CaseList
	clerk.get(portal+"/api/v1/cases?q="+url.QueryEscape(number), &list)
	require.Len(t, list.Items, 1)
	theirs := fmt.Sprintf("%s/api/v1/cases/%s", portal, list.Items[0].Id)

	label, fields := "Zulassungsbescheinigung Teil I", []string{"/applicant/city", "/applicant/postalCode", "/vehicle/vinEnding"}
	var c types.Case
	clerk.post(theirs+"/questions", map[string]any{"text": "Uns fehlt noch etwas.", "documents": []any{map[string]any{"label": label}}, "fields": fields, "until": time.Now().AddDate(0, 0, 20).Format(time.DateOnly)}, &c)
	var a types.Application
	citizen.get(mine, &a)
	require.Equal(t, types.ApplicationStateQuestion, a.State)
	asked := a.Timeline[len(a.Timeline)-1].Requested
	require.NotNil(t, asked)
	require.Equal(t, fields, asked.Fields)
	require.Equal(t, label, asked.Documents[0].Label)

	content, field := rawFile("%PDF-1.7 Schein"), "#"+asked.Documents[0].Id.String()
	added := citizen.call(http.MethodPost, mine+"/attachments?name=schein.pdf&field="+url.QueryEscape(field), content)
	require.Equal(t, http.StatusCreated, added.status, "%s", added.body)
	var file types.Attachment
	require.NoError(t, json.Unmarshal(added.body, &file))
	key, answer := uuid.NewString(), map[string]any{"attachments": []uuid.UUID{file.Id}, "values": []any{
		map[string]any{"pointer": fields[0], "value": "Haren"}, map[string]any{"pointer": fields[1], "value": "49733"}, map[string]any{"pointer": fields[2], "value": "8W012346"},
	}}
	for range 2 { // the button pressed twice
		sent := citizen.call(http.MethodPost, mine+"/messages", answer, "Idempotency-Key", key)
		require.Equal(t, http.StatusCreated, sent.status, "%s", sent.body)
	}
	require.Eventually(t, func() bool {
		clerk.get(theirs, &c)
		return len(c.Attachments) == 1 && c.Attachments[0].Available != nil && *c.Attachments[0].Available
	}, 30*time.Second, 50*time.Millisecond, "the file is not fetched")
	last := c.Timeline[len(c.Timeline)-1]
	require.Equal(t, types.CaseStateInProgress, c.State)
	require.Equal(t, "8W012345", c.Data["vehicle"].(map[string]any)["vinEnding"], "what was submitted has changed")
	require.Len(t, *last.Values, 3)
	require.Equal(t, field, (*last.Attachments)[0].Field)
	read := clerk.call(http.MethodGet, fmt.Sprintf("%s/attachments/%s", theirs, file.Id), nil)
	require.Equal(t, []byte(content), read.body)
	var decision types.DecisionDraft
	clerk.get(theirs+"/decision", &decision)
	require.Equal(t, "49733 Haren", decision.Recipient[len(decision.Recipient)-1])

	clerk.post(theirs+"/message", map[string]string{"text": "Danke, alles ist da."}, &c)
	clerk.post(theirs+"/close", map[string]string{"text": "Ihr Auto ist abgemeldet."}, &c)
	require.Equal(t, types.CaseStateClosed, c.State)
	citizen.get(mine, &a)
	require.Equal(t, types.ApplicationStateClosed, a.State)
	events := a.Timeline
	require.Equal(t, "Danke, alles ist da.", *events[len(events)-2].Text)
	require.Equal(t, types.Closed, events[len(events)-1].Kind)
	clerk.post(theirs+"/message", map[string]string{"text": "Die Gebühr kommt mit der Post."}, &c)
	citizen.get(mine, &a)
	require.Equal(t, types.ApplicationStateClosed, a.State)
	require.Len(t, a.Timeline, len(events)+1, "what is written after the end does not arrive")
}
