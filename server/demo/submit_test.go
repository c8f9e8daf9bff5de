package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/app"
)

const (
	// killedSubmissions is how many applications are submitted while processes are killed; without it, a few.
	killedSubmissions = "PORTALVERBUND_KILLED_SUBMISSIONS"
	// submissionFigures names the file for what the test has counted.
	submissionFigures = "PORTALVERBUND_SUBMISSION_FIGURES"

	shortSubmissions = 36
	killsOfAll       = 25              // at least, and one for each forty applications
	applicants       = 8               // applications that are written at once; in the short form a third of them
	fileBytes        = 20 << 10        // of each attachment
	pastKill         = 5 * time.Minute // without anything that arrives
)

// submitFigures are what is printed.
type submitFigures struct {
	Submissions int `json:"killed_submissions"`
	Kills       int `json:"submission_kills"`
	Lost        int `json:"submissions_lost"`
	Doubled     int `json:"submissions_doubled"`
	Files       int `json:"submission_files"` // that are at the authority, byte for byte
	Receipts    int `json:"submission_receipts"`
}

// handedIn is an application that the portal of origin has said it has.
type handedIn struct {
	errand
	id     uuid.UUID
	number string
	file   string // SHA-256
}

// submitWhileKilled submits applications with a file each, on all ways, while the portal of origin, the competent portal, the provider or the database is
// killed (kill -9) at random moments. Each must arrive once, with its file, and with a receipt that verifies.
func submitWhileKilled(t *testing.T, demo *running, citizen *person) {
	count, err := strconv.Atoi(os.Getenv(killedSubmissions))
	if err != nil {
		count = shortSubmissions
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	answers, random := sampleAnswers(t), rand.New(rand.NewPCG(seed, 0))
	var mu sync.Mutex
	done := map[string]handedIn{}
	enough := int64(max(killsOfAll, count/40))
	kills := demo.under(t, strain{
		people: min(count/12, applicants), more: func(n, kills int64) bool { return n <= int64(count) || kills < enough },
		do: func(n int64) {
			one := citizen.handInWithFile(demo.places.Portals["meppen"], errands()[n%3], answers, rand.New(rand.NewPCG(seed, uint64(n))))
			mu.Lock()
			defer mu.Unlock()
			require.NotContains(t, done, one.number, "two applications with one number")
			done[one.number] = one
		},
		victims: []string{"meppen", "landkreis", ProviderID, "postgres"}, kills: math.MaxInt64,
		pause: func() time.Duration { return time.Duration(random.IntN(400)) * time.Millisecond }, // most fall into a submission
	}, random)
	f := demo.checkArrived(t, citizen, done)
	f.Kills = kills
	line, err := json.Marshal(f)
	require.NoError(t, err)
	t.Logf("%s", line)
	if file := os.Getenv(submissionFigures); file != "" {
		require.NoError(t, os.WriteFile(file, line, 0o600))
	}
	require.GreaterOrEqual(t, f.Submissions, count)
	require.Zero(t, f.Lost)
	require.Zero(t, f.Doubled)
}

// handInWithFile starts an application, adds a file, fills in and submits. Whatever gets no answer is done again, as people do.
func (p *person) handInWithFile(portal string, e errand, answers map[string]json.RawMessage, random *rand.Rand) handedIn {
	p.t.Helper()
	draft := p.startApplication(portal, e.words, meppen, answers)
	at := fmt.Sprintf("%s/api/v1/applications/%s", portal, draft.Id)
	file := make([]byte, fileBytes)
	for i := range file {
		file[i] = byte(random.Uint32())
	}
	copy(file, "%PDF-1.7\n")
	var kept types.Attachment
	added := p.call(http.MethodPost, at+"/attachments?name=nachweis.pdf&field="+url.QueryEscape("/"+strings.ReplaceAll(e.file, ".", "/")), rawFile(file))
	require.Equal(p.t, http.StatusCreated, added.status, "%s", added.body)
	require.NoError(p.t, json.Unmarshal(added.body, &kept))
	var data map[string]map[string]any
	require.NoError(p.t, json.Unmarshal(answers[draft.FormId.String()], &data))
	step, name, _ := strings.Cut(e.file, ".")
	data[step][name] = []string{kept.Id.String()}
	if name == "exemptionProof" {
		data[step]["exemption"], data[step]["exemptionReason"] = "shelter", "Aus dem Tierheim"
	}
	filled := p.call(http.MethodPatch, at, map[string]any{"data": data}, "If-Match", "*")
	require.Equal(p.t, http.StatusOK, filled.status, "%s", filled.body)
	sum := sha256.Sum256(file)
	return handedIn{errand: e, id: draft.Id, number: p.submit(portal, draft.Id), file: hex.EncodeToString(sum[:])}
}

// checkArrived waits until every application has arrived, and then looks for each at the authorities and the provider: how often it is there, whether its
// file is the one that was added, and whether its receipt is right.
func (r *running) checkArrived(t *testing.T, citizen *person, done map[string]handedIn) submitFigures {
	t.Helper()
	a := r.places.Portals["meppen"]
	left, moved := len(done)+1, time.Now()
	for left > 0 {
		if waiting := citizen.notArrived(a); waiting < left {
			left, moved = waiting, time.Now()
		} else {
			require.Less(t, time.Since(moved), pastKill, "%d applications do not arrive", waiting)
		}
		pause(t.Context(), min(time.Duration(left)*time.Millisecond, 5*time.Second)) // the list of thousands is long
	}
	f := submitFigures{Submissions: len(done)}
	for _, name := range []string{"meppen", "landkreis"} {
		clerk := newPerson(t)
		account := r.places.Accounts[name][0]
		clerk.signInHere(r.places.Portals[name], account.Email, account.Password)
		there := clerk.casesAt(r.places.Portals[name])
		for number, one := range done {
			want := 0
			if one.authority == name {
				want = 1
			}
			f.Lost += max(0, want-len(there[number]))
			f.Doubled += max(0, len(there[number])-want)
			for _, id := range there[number] {
				require.Equal(t, one.file, clerk.onlyFileOf(r.places.Portals[name], id), "the file of %s at %s", number, name)
				f.Files++
			}
		}
	}
	want := 0
	for _, one := range done {
		if one.authority == "" {
			want++
		}
	}
	orders := map[string]int{}
	for began := time.Now(); ; pause(t.Context(), 500*time.Millisecond) { // the county has the application; the provider gets it a moment later
		if now := citizen.providerOrders(r); len(now) > len(orders) {
			orders, began = now, time.Now()
		}
		if len(orders) >= want || time.Since(began) > pastKill {
			break
		}
	}
	for number, one := range done {
		if one.authority == "" {
			f.Lost += max(0, 1-orders[number])
			f.Doubled += max(0, orders[number]-1)
		}
	}
	require.Equal(t, want, len(orders), "orders at the provider that nobody has made")
	f.Receipts = r.checkReceipts(t, citizen, slices.Collect(maps.Values(done)))
	return f
}

// casesAt gives the cases of a portal by their number.
func (p *person) casesAt(portal string) map[string][]uuid.UUID {
	p.t.Helper()
	there, cursor := map[string][]uuid.UUID{}, ""
	for {
		var list types.CaseList
		p.get(portal+"/api/v1/cases?limit=100&cursor="+url.QueryEscape(cursor), &list)
		for _, item := range list.Items {
			there[item.Number] = append(there[item.Number], item.Id)
		}
		if list.NextCursor == nil {
			return there
		}
		cursor = *list.NextCursor
	}
}

// onlyFileOf waits for the only attachment of a case, downloads it, and gives its SHA-256.
func (p *person) onlyFileOf(portal string, id uuid.UUID) string {
	p.t.Helper()
	at := fmt.Sprintf("%s/api/v1/cases/%s", portal, id)
	var one types.Case
	p.get(at, &one)
	require.Len(p.t, one.Attachments, 1)
	for began := time.Now(); ; pause(p.t.Context(), 200*time.Millisecond) { // it is fetched from the portal of origin after the case is there
		file := p.call(http.MethodGet, fmt.Sprintf("%s/attachments/%s", at, one.Attachments[0].Id), nil)
		if file.status == http.StatusOK {
			sum := sha256.Sum256(file.body)
			require.Equal(p.t, one.Attachments[0].Sha256, hex.EncodeToString(sum[:]))
			return one.Attachments[0].Sha256
		}
		require.Less(p.t, time.Since(began), pastKill, "the file of case %s: %d %s", one.Number, file.status, file.body)
	}
}

// checkReceipts verifies with public keys alone the receipts that linked portals have signed, and gives how many those are.
func (r *running) checkReceipts(t *testing.T, citizen *person, done []handedIn) int {
	t.Helper()
	members, err := filepath.Glob(filepath.Join(r.data, "*", "members.json"))
	require.NoError(t, err)
	require.Len(t, members, 1)
	var receipts bytes.Buffer
	signed := 0
	for _, one := range done {
		answer := citizen.call(http.MethodGet, fmt.Sprintf("%s/api/v1/applications/%s/receipt", r.places.Portals["meppen"], one.id), nil)
		require.Equal(t, http.StatusOK, answer.status, "%s", answer.body)
		var receipt types.Receipt
		require.NoError(t, json.Unmarshal(answer.body, &receipt))
		require.Equal(t, one.number, receipt.Number)
		require.Len(t, receipt.Attachments, 1)
		require.Equal(t, one.file, receipt.Attachments[0].Sha256)
		if one.authority == "meppen" {
			continue // both sides are one portal: there is nobody to sign for
		}
		signed++
		receipts.Write(append(answer.body, '\n'))
	}
	file := filepath.Join(t.TempDir(), "receipts.json")
	require.NoError(t, os.WriteFile(file, receipts.Bytes(), 0o600))
	var said strings.Builder
	require.NoError(t, app.VerifyApplication(t.Context(), app.Config{Members: members[0]}, file, &said))
	require.Equal(t, signed, strings.Count(said.String(), "has signed that content"))
	return signed
}
