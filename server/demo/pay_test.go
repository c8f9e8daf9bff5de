package demo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

const (
	// killedPayments is how many payments are made while processes are killed; without it, a few.
	killedPayments = "PORTALVERBUND_KILLED_PAYMENTS"
	// killFigures names the file for what the test has counted.
	killFigures = "PORTALVERBUND_KILL_FIGURES"

	shortPayments = 8
	shortKills    = 4
	payers        = 12                     // people who pay at once; in the short form a quarter of them
	askAgain      = 2 * time.Second        // as somebody does who looks at the page once more
	lookAgain     = 200 * time.Millisecond // at the list of payments

	hygiene     = "9aabd0c1-a711-4eb1-a6c8-8dbe4e67c262" // a service of the county that is paid for when it is applied for
	hygieneCent = 2800
)

// payFigures are what is printed.
type payFigures struct {
	Payments int   `json:"killed_payments"`
	Kills    int   `json:"payment_kills"`
	CentsOff int64 `json:"killed_cents_off"`
	Lost     int   `json:"killed_payments_lost"`
	Doubled  int   `json:"killed_payments_doubled"`
}

// payWhileKilled has people at one portal pay fees of another, while both portals, the database and the payment service are killed (kill -9) at random
// moments. In the end the county's ledger has what the payment service has, each fee is paid, and none twice.
func payWhileKilled(t *testing.T, demo *running, citizen *person) {
	count, err := strconv.Atoi(os.Getenv(killedPayments))
	most := count // kills
	if err != nil {
		count, most = shortPayments, shortKills
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	answers, random := sampleAnswers(t), rand.New(rand.NewPCG(seed, 0))
	kills := demo.under(t, strain{
		people: min(count/4+1, payers), more: func(n, _ int64) bool { return n <= int64(count) },
		do: func(n int64) {
			citizen.applyAndPay(demo.places.Portals["meppen"], answers, rand.New(rand.NewPCG(seed, uint64(n))))
		},
		victims: []string{"meppen", "landkreis", "postgres", paymentName}, kills: int64(most),
		pause: func() time.Duration { return time.Duration(100+random.IntN(1500)) * time.Millisecond },
	}, random)
	f := demo.checkMoney(t, count)
	f.Kills = kills
	line, err := json.Marshal(f)
	require.NoError(t, err)
	t.Logf("%s", line)
	if file := os.Getenv(killFigures); file != "" {
		require.NoError(t, os.WriteFile(file, line, 0o600))
	}
	require.Equal(t, payFigures{Payments: count, Kills: kills}, f)
	require.Positive(t, kills)
}

// waitBack waits until both portals and the payment service answer.
func (r *running) waitBack() {
	somebody := newPerson(r.t)
	for _, address := range []string{r.places.Portals["meppen"] + "/api/v1/session", r.places.Portals["landkreis"] + "/api/v1/session", r.places.Payment + "/healthz"} {
		somebody.call(http.MethodGet, address, nil)
	}
}

// applyAndPay applies for something that costs a fee, and pays: at the first try, or after one that fails or is cancelled. Whatever gets no answer is done again,
// as people do.
func (p *person) applyAndPay(portal string, answers map[string]json.RawMessage, random *rand.Rand) {
	draft := p.startService(portal, hygiene, meppen, answers)
	p.submit(portal, draft.Id, fmt.Sprintf("?fee=%d", hygieneCent))
	did := "bezahlen"
	if random.IntN(4) == 0 {
		did = []string{"fehler", "abbrechen"}[random.IntN(2)]
	}
	at := fmt.Sprintf("%s/api/v1/payments", portal)
	visited, asked := map[string]bool{}, time.Time{}
	var seen []string // states, each once
	deadline := time.Now().Add(3 * patience)
	for ; ; pause(p.t.Context(), lookAgain) {
		require.True(p.t, time.Now().Before(deadline), "the fee of application %s is not paid: %v", draft.Id, seen)
		var list types.PaymentList
		p.get(at+"?applicationId="+draft.Id.String(), &list)
		if len(list.Items) == 0 {
			continue
		}
		payment := list.Items[0]
		one := at + "/" + payment.Id.String()
		if n := len(seen); n == 0 || seen[n-1] != string(payment.State) {
			seen = append(seen, string(payment.State))
		}
		switch {
		case payment.State == types.PaymentPaid:
			return
		case payment.PayUrl != nil && !visited[*payment.PayUrl]:
			p.payAt(*payment.PayUrl, did)
			visited[*payment.PayUrl], did = true, "bezahlen"
			p.call(http.MethodPost, one+"/check", nil)
			asked = time.Now()
		case payment.State == types.PaymentStarted:
			if time.Since(asked) > askAgain {
				p.call(http.MethodPost, one+"/check", nil)
				asked = time.Now()
			}
		case payment.Waiting == nil || !*payment.Waiting:
			a := p.call(http.MethodPost, one+"/start", nil, "Idempotency-Key", uuid.NewString())
			require.Contains(p.t, []int{http.StatusAccepted, http.StatusConflict}, a.status, "%s", a.body)
		}
	}
}

// payAt does something at a page of the payment service, until there is an answer.
func (p *person) payAt(page, what string) {
	deadline := time.Now().Add(patience)
	client := http.Client{Timeout: p.client.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for ; ; pause(p.t.Context(), 100*time.Millisecond) {
		form := strings.NewReader(url.Values{"was": {what}, "art": {"CREDITCARD"}}.Encode())
		req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, page, form)
		require.NoError(p.t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusSeeOther {
				return
			}
		}
		require.True(p.t, time.Now().Before(deadline), "the payment service does not answer: %v", err)
	}
}

// checkMoney compares the county's ledger with what the payment service keeps.
func (r *running) checkMoney(t *testing.T, count int) payFigures {
	t.Helper()
	paid, twice := r.paidAtService(t)
	treasurer, county := newPerson(t), r.places.Portals["landkreis"]
	for _, account := range r.places.Accounts["landkreis"] {
		if strings.HasPrefix(account.Email, "kasse@") {
			treasurer.signInHere(county, account.Email, account.Password)
		}
	}
	var overview types.TreasuryOverview
	treasurer.get(county+"/api/v1/treasury", &overview)
	off, balances := int64(0), map[string]int64{}
	for _, b := range overview.Balances {
		balances[b.Account] = b.Amount
	}
	for account, want := range map[string]int64{"provider": paid, "receivable": 0, "suspense": 0, "revenue:41400.43110": -int64(count) * hygieneCent} {
		off += max(balances[account]-want, want-balances[account])
	}
	from, to := time.Now().AddDate(0, 0, -1).Format(time.DateOnly), time.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	var compared types.Reconciliation
	treasurer.get(county+"/api/v1/treasury/reconciliation?from="+from+"&to="+to, &compared)
	require.Empty(t, compared.Differences)
	return payFigures{Payments: compared.Transactions, CentsOff: off, Lost: int(overview.Owed.Count), Doubled: twice}
}

// paidAtService reads what the payment service keeps on its disk: how much was paid to the county, and how many fees were paid more than once.
func (r *running) paidAtService(t *testing.T) (paid int64, twice int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(r.data, "*", paymentName, "transactions.json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	data, err := os.ReadFile(files[0])
	require.NoError(t, err)
	var all []struct {
		PaymentInformation struct {
			TransactionReference string `json:"transactionReference"`
		} `json:"paymentInformation"`
		Originator string `json:"originator"`
		Received   int64  `json:"received"`
	}
	require.NoError(t, json.Unmarshal(data, &all))
	seen := map[string]bool{}
	for _, one := range all {
		if one.Originator != "landkreis" || one.Received == 0 {
			continue
		}
		paid += one.Received
		if seen[one.PaymentInformation.TransactionReference] {
			twice++
		}
		seen[one.PaymentInformation.TransactionReference] = true
	}
	return paid, twice
}
