package demo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
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
}

// errands are one for each way that an application goes: this portal's clerks, a linked portal, the provider.
func errands() []errand {
	return []errand{{"hund anmelden", "meppen"}, {"auto abmelden", "landkreis"}, {"sperrmüll abholen", ""}}
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

// kills is how often the test kills something.
func kills(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("PORTALVERBUND_KILLS"))
	if err != nil {
		return 50
	}
	return n
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

// submitWhileKilled submits applications on all ways while the portal of origin, the competent portal, the provider or the database is killed (kill -9)
// at a random moment. Each must arrive exactly once.
func submitWhileKilled(t *testing.T, demo *running, citizen *person) {
	a := demo.places.Portals["meppen"]
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	answers := sampleAnswers(t)
	victims := []string{"meppen", "landkreis", ProviderID, "postgres"}
	numbers := map[string]errand{}
	for i := range kills(t) {
		e := errands()[i%len(errands())]
		victim := victims[random.IntN(len(victims))]
		draft := citizen.startApplication(a, e.words, meppen, answers)
		// Half of the kills fall into the first tens of milliseconds, while the application is being submitted and sent.
		delay := time.Duration(300*random.Float64()*random.Float64()*random.Float64()) * time.Millisecond
		struck := make(chan struct{})
		go func() {
			defer close(struck)
			pause(t.Context(), delay)
			demo.command("kill " + victim)
		}()
		number := citizen.submit(a, draft.Id)
		<-struck
		require.NotContains(t, numbers, number, "two applications with one number")
		numbers[number] = e
		t.Logf("%d: %s killed after %v; %s (%s)", i+1, victim, delay, number, e.words)
	}
	citizen.checkArrived(demo, numbers)
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

// checkArrived waits until every application has arrived, and then counts them at the authorities and the provider.
func (p *person) checkArrived(demo *running, numbers map[string]errand) {
	p.t.Helper()
	a := demo.places.Portals["meppen"]
	deadline := time.Now().Add(2 * time.Minute)
	for {
		waiting := p.notArrived(a)
		if waiting == 0 {
			break
		}
		require.True(p.t, time.Now().Before(deadline), "%d applications have not arrived", waiting)
		pause(p.t.Context(), 500*time.Millisecond)
	}
	for _, name := range []string{"meppen", "landkreis"} {
		clerk := newPerson(p.t)
		account := demo.places.Accounts[name][0]
		clerk.signInHere(demo.places.Portals[name], account.Email, account.Password)
		for number, e := range numbers {
			var found types.CaseList
			clerk.get(demo.places.Portals[name]+"/api/v1/cases?q="+url.QueryEscape(number), &found)
			want := 0
			if e.authority == name {
				want = 1
			}
			require.Len(p.t, found.Items, want, "%s (%s) at %s", number, e.words, name)
		}
	}
	want := map[string]int{}
	for number, e := range numbers {
		if e.authority == "" {
			want[number] = 1
		}
	}
	for { // the county has the application; the provider gets it a moment later
		orders := p.providerOrders(demo)
		if len(orders) >= len(want) {
			require.Equal(p.t, want, orders, "orders at the provider")
			return
		}
		require.True(p.t, time.Now().Before(deadline), "orders at the provider: %v, not %v", orders, want)
		pause(p.t.Context(), 500*time.Millisecond)
	}
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
