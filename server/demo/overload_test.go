package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

const (
	flooding    = 10 * 256 // at once: ten times what a portal of the demonstration takes
	inTheFlood  = 20       // applications that are submitted meanwhile
	floodLength = 3 * time.Second
)

// TestOverload_TenTimesAsMuchAsThePortalTakes_RefusedAndNothingHalfDone: who is refused is told so, and when to come again; what is answered is done, once;
// afterwards the portal is as before.
func TestOverload_TenTimesAsMuchAsThePortalTakes_RefusedAndNothingHalfDone(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a whole association; run without -short")
	}
	demo := startDemo(t, t.TempDir())
	a, home := demo.places.Portals["meppen"], demo.places.Portals["landkreis"]
	citizen, account := newPerson(t), citizenOf(t, demo.places.Accounts["landkreis"])
	citizen.signInByHome(a, home, account.Email, account.Password)
	answers := sampleAnswers(t)
	drafts := make([]types.Application, inTheFlood)
	for i := range drafts {
		drafts[i] = citizen.startApplication(a, "hund anmelden", meppen, answers)
	}

	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: flooding, ExpectContinueTimeout: patience}, Timeout: patience}
	defer client.CloseIdleConnections()
	var refused, answered atomic.Int64
	var crowd sync.WaitGroup
	overloaded := make(chan struct{})
	tooMuch := sync.OnceFunc(func() { close(overloaded) })
	begun := time.Now()
	for n := range flooding {
		crowd.Go(func() {
			if n%5 == 0 { // twice as many as there are slots, on slow lines, until somebody was refused: an overload, however fast the machine and this crowd are
				switch status, err := sendSlowly(t, client, a+"/api/v1/session", overloaded); {
				case err != nil:
					t.Errorf("not answered at all: %v", err)
				case status == http.StatusServiceUnavailable:
					tooMuch()
					refused.Add(1)
				case status != http.StatusUnprocessableEntity && status != http.StatusTooManyRequests:
					t.Errorf("a request on a slow line was answered with %d", status)
				}
			}
			for i := 0; time.Since(begun) < floodLength && !t.Failed(); i++ {
				words := url.QueryEscape(fmt.Sprintf("%s %d", []string{"hund", "sperrmüll", "auto", "urkunde"}[n%4], i))
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a+"/api/v1/services?q="+words, nil)
				if err != nil {
					t.Error(err)
					return
				}
				res, err := client.Do(req)
				if err != nil {
					t.Errorf("not answered at all: %v", err)
					return
				}
				var told types.Problem
				err = json.NewDecoder(res.Body).Decode(&told)
				_ = res.Body.Close()
				switch {
				case res.StatusCode == http.StatusOK:
					answered.Add(1)
				case res.StatusCode != http.StatusServiceUnavailable && res.StatusCode != http.StatusTooManyRequests:
					t.Errorf("answered with %s", res.Status)
				case err != nil || told.Title == "" || res.Header.Get("Retry-After") == "":
					t.Errorf("refused without a reason or a time: %v, %v", told, err)
				default:
					refused.Add(1)
				}
			}
		})
	}
	var submitting sync.WaitGroup
	numbers := make([]string, len(drafts))
	for i, draft := range drafts {
		submitting.Go(func() { numbers[i] = citizen.submit(a, draft.Id) })
	}
	submitting.Wait()
	crowd.Wait()
	t.Logf("%d answered, %d refused", answered.Load(), refused.Load())
	require.False(t, t.Failed())
	require.Positive(t, refused.Load(), "that was no overload")
	require.Positive(t, answered.Load())

	var found types.ServiceList
	citizen.get(a+"/api/v1/services?q=hund", &found)
	require.NotEmpty(t, found.Items)
	clerk, staff := newPerson(t), demo.places.Accounts["meppen"][0]
	clerk.signInHere(a, staff.Email, staff.Password)
	there := clerk.casesAt(a)
	require.Len(t, there, len(drafts))
	for _, number := range numbers {
		require.Len(t, there[number], 1, number)
	}
}

// sendSlowly sends a request that says too little: its head, and what is to be read when the portal asks for it and last is closed.
func sendSlowly(t *testing.T, client *http.Client, address string, last <-chan struct{}) (status int, err error) {
	body, line := io.Pipe()
	defer func() { _ = body.Close() }()
	go func() {
		select {
		case <-last:
		case <-time.After(patience / 3):
		}
		_, _ = io.WriteString(line, "{}")
		_ = line.Close()
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Expect", "100-continue") // who is refused has not begun to send
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
