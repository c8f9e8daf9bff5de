package demo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

// errand is one thing a citizen applies for, and where it must arrive.
type errand struct {
	words     string
	authority string // portal whose clerks have it; empty when the provider has it
	file      string // field that takes a file: step.name
}

// errands are one for each way that an application goes: this portal's clerks, a linked portal, the provider.
func errands() []errand {
	return []errand{{"hund anmelden", "meppen", "tax.exemptionProof"}, {"auto abmelden", "landkreis", "vehicle.evidence"}, {"sperrmüll abholen", "", "items.photos"}}
}

const meppen = "034540035035"

func sampleAnswers(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	all, err := Answers()
	require.NoError(t, err)
	answers := make(map[string]json.RawMessage, len(all))
	for id, text := range all {
		answers[id.String()] = text
	}
	return answers
}

// citizenOf finds the account that is nobody's who works at the portal.
func citizenOf(t *testing.T, accounts []Account) Account {
	t.Helper()
	i := slices.IndexFunc(accounts, func(a Account) bool { return len(a.Roles) == 0 })
	require.GreaterOrEqual(t, i, 0, "no citizen among %d accounts", len(accounts))
	return accounts[i]
}

// TestAnyProcessKilledAtAnyPoint submits applications and pays fees while anything of an association is killed.
func TestAnyProcessKilledAtAnyPoint(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a whole association; run without -short")
	}
	demo := startDemo(t, t.TempDir())
	a, home := demo.places.Portals["meppen"], demo.places.Portals["landkreis"]
	citizen := newPerson(t)
	account := citizenOf(t, demo.places.Accounts["landkreis"])
	citizen.signInByHome(a, home, account.Email, account.Password)
	t.Run("ApplicationsArriveOnce", func(t *testing.T) { submitWhileKilled(t, demo, citizen.in(t)) })
	t.Run("NoCentIsLostOrDoubled", func(t *testing.T) { payWhileKilled(t, demo, citizen.in(t)) })
}

// strain is what people do, so many at once, while processes are killed (kill -9) at random moments.
type strain struct {
	people  int
	more    func(n, kills int64) bool // whether there is an n-th thing to do
	do      func(n int64)
	victims []string
	pause   func() time.Duration // before the next kill
	kills   int64                // at most
}

// under has people do things while processes are killed, and says how many were.
func (r *running) under(t *testing.T, s strain, random *rand.Rand) int {
	t.Helper()
	var next, kills atomic.Int64
	var people sync.WaitGroup
	over := make(chan struct{})
	for range s.people {
		people.Go(func() {
			for n := next.Add(1); s.more(n, kills.Load()) && !t.Failed(); n = next.Add(1) {
				s.do(n)
			}
		})
	}
	go func() { people.Wait(); close(over) }()
	for {
		select {
		case <-over:
			require.False(t, t.Failed())
			return int(kills.Load())
		case <-time.After(s.pause()):
			if kills.Load() == s.kills {
				continue
			}
			r.command("kill " + s.victims[random.IntN(len(s.victims))])
			kills.Add(1)
			r.waitBack() // else nothing but starting would happen on a slow machine
		}
	}
}

// submit presses the button until there is an answer, always with the same key.
func (p *person) submit(portal string, id uuid.UUID, query ...string) string {
	p.t.Helper()
	var done types.Application
	res := p.call(http.MethodPost, fmt.Sprintf("%s/api/v1/applications/%s/submit%s", portal, id, strings.Join(query, "")), nil, "Idempotency-Key", id.String())
	require.Equal(p.t, http.StatusOK, res.status, "%s", res.body)
	require.NoError(p.t, json.Unmarshal(res.body, &done))
	require.NotNil(p.t, done.Number)
	return *done.Number
}

// notArrived counts the person's applications that are still on their way.
func (p *person) notArrived(portal string) int {
	p.t.Helper()
	waiting, cursor := 0, ""
	for {
		var list types.ApplicationList
		p.get(portal+"/api/v1/applications?limit=100&cursor="+url.QueryEscape(cursor), &list)
		for _, item := range list.Items {
			if item.State == types.ApplicationStateSubmitted {
				waiting++
			}
		}
		if list.NextCursor == nil {
			return waiting
		}
		cursor = *list.NextCursor
	}
}
