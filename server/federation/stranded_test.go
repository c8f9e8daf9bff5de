package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/db"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/outbound"
)

// childConfig tells the test binary to act as a process of a portal, until it is killed.
const childConfig = "FEDERATION_TEST_PORTAL"

type child struct {
	ID, Database, Keys, Members, Clock string
}

func TestMain(m *testing.M) {
	if config := os.Getenv(childConfig); config != "" {
		if err := live(config); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// live runs a portal's background work. It never ends by itself.
func live(config string) error {
	var c child
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		return err
	}
	ctx := context.Background()
	database, err := db.Open(ctx, c.Database, db.Options{})
	if err != nil {
		return err
	}
	set, err := keys.Load(c.Keys)
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	trust, err := ReadTrustFile(c.Members, log)
	if err != nil {
		return err
	}
	client, err := jobs.New(database, log, jobs.Options{})
	if err != nil {
		return err
	}
	service, err := New(ctx, Config{ID: c.ID, DB: database, Keys: set, Trust: trust, Jobs: client,
		Outbound: outbound.Options{AllowLoopback: true}, Now: clockFile(c.Clock).now})
	if err != nil {
		return err
	}
	Register(client, service)
	if err := client.Start(ctx); err != nil {
		return err
	}
	return service.Run(ctx)
}

// clockFile is a clock that several processes share: its file says by how much it is ahead.
type clockFile string

func (f clockFile) now() time.Time {
	data, err := os.ReadFile(string(f))
	ahead, parseErr := strconv.ParseInt(string(data), 10, 64)
	if err != nil || parseErr != nil {
		return time.Now()
	}
	return time.Now().Add(time.Duration(ahead))
}

// spawn starts a process of the portal. It is killed with the signal that no process can catch.
func (p *portal) spawn(c child) (kill func()) {
	p.t.Helper()
	config, err := json.Marshal(c)
	require.NoError(p.t, err)
	program, err := os.Executable()
	require.NoError(p.t, err)
	command := exec.Command(program)
	command.Env = append(os.Environ(), childConfig+"="+string(config))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	require.NoError(p.t, command.Start())
	kill = sync.OnceFunc(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	p.t.Cleanup(kill)
	return kill
}

func TestSweep_ClaimedByDeadProcess_SentByAnother(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	subject := uuid.New()
	first, second := a.send(b, subject, "first"), a.send(b, subject, "second")
	// A process took the message and died; its job is gone with it.
	r, found, err := a.store.claim(t.Context(), b.id, a.now(), a.now().Add(lease), false)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, first, r.ID)
	require.NoError(t, a.db.From(t.Context()).Exec("DELETE FROM river_job").Error)

	a.run(a.open())
	until(t, "the lease has run out", func() bool {
		a.clock.forward(100 * time.Millisecond)
		return a.state(second) == stateDelivered
	})
	require.Equal(t, []string{"first", "second"}, b.notes())
}

func TestSweep_JobLost_SentAnyway(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	id := a.send(b, uuid.New(), "x")
	require.NoError(t, a.db.From(t.Context()).Exec("DELETE FROM river_job").Error)
	a.run(a.open())
	until(t, "delivered", func() bool { return a.state(id) == stateDelivered })
}

func TestSweep_AskedForAJobJustNow_NotAgain(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	for range 10 {
		a.send(b, uuid.New(), "x")
	}
	require.NoError(t, a.db.From(t.Context()).Exec("DELETE FROM river_job").Error)
	a.clock.forward(time.Second)
	require.NoError(t, a.sweepOnce(t.Context()))
	require.NoError(t, a.sweepOnce(t.Context()))
	require.Equal(t, 1, value[int](a, "SELECT count(*) FROM river_job"))
	a.clock.forward(time.Minute)
	require.NoError(t, a.sweepOnce(t.Context()))
	require.Equal(t, 2, value[int](a, "SELECT count(*) FROM river_job"))
	require.NoError(t, a.store.peerFailed(t.Context(), b.id, 0, a.now(), a.now().Add(time.Hour), "down"))
	a.clock.forward(time.Minute)
	require.NoError(t, a.sweepOnce(t.Context()))
	require.Equal(t, 2, value[int](a, "SELECT count(*) FROM river_job"), "a portal out of reach is left alone")
}

func TestDeliver_TwoProcesses_EachMessageOnce(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	var calls atomic.Int64
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/inbox") {
			calls.Add(1)
		}
		next.ServeHTTP(w, r)
	})
	const n = 100
	for range n {
		a.send(b, uuid.New(), "x")
	}
	a.run(a.open())
	a.run(a.open())
	until(t, "delivered", func() bool {
		return value[int](a, "SELECT count(*) FROM federation_outbox WHERE state = 'delivered'") == n
	})
	require.Len(t, b.notes(), n)
	require.EqualValues(t, n, calls.Load(), "no message was sent twice")
}

func TestDeliver_PeerOutOfReach_OthersAreNotHeldUp(t *testing.T) {
	t.Parallel()
	ps := portals(t, 3, harness{})
	a, b, c := ps[0], ps[1], ps[2]
	release := make(chan struct{})
	b.set(func(http.ResponseWriter, *http.Request, http.Handler) { <-release }) // takes connections and never answers
	defer close(release)
	for range 50 {
		a.send(b, uuid.New(), "stuck")
	}
	id := a.send(c, uuid.New(), "through")
	start := time.Now()
	until(t, "delivered", func() bool { return a.state(id) == stateDelivered })
	require.Less(t, time.Since(start), callTimeout/2)
}

func TestDeliver_PeerIsBackButRefusesOneMessage_OthersGoOn(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	refuse := func(_ context.Context, n note) error {
		if n.Text == "bad" {
			return errors.New("not now")
		}
		return nil
	}
	b.refuse.Store(&refuse)
	bad, good := a.send(b, uuid.New(), "bad"), a.send(b, uuid.New(), "good")
	require.NoError(t, a.store.peerFailed(t.Context(), b.id, 5, a.now(), a.now(), "down"))
	require.NoError(t, a.Deliver(t.Context(), b.id))
	require.Equal(t, stateDelivered, a.state(good))
	require.Equal(t, stateQueued, a.state(bad))
	require.Zero(t, value[int](a, "SELECT failures FROM federation_peers WHERE id = ?", b.id))
}

func TestDeliver_KilledAtRandom_NothingLostNothingTwice(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	var calls atomic.Int64
	kills := make(chan int64, 1) // one waits while the other is noticed
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/inbox") {
			if n := calls.Add(1); n%7 == 3 {
				select {
				case kills <- n: // the sender dies while its message is on the way
				default:
				}
			}
		}
		next.ServeHTTP(w, r)
	})
	const n = 60
	subject := uuid.New()
	for i := range n {
		if i%2 == 0 {
			subject = uuid.New()
		}
		a.send(b, subject, fmt.Sprint(i))
	}
	dir := t.TempDir()
	require.NoError(t, a.keys.Save(dir))
	config := child{ID: a.id, Database: a.url, Keys: dir, Members: a.trust.path, Clock: filepath.Join(dir, "clock")}
	kill := a.spawn(config)
	killed := 0
	done := func() bool {
		return value[int](a, "SELECT count(*) FROM federation_outbox WHERE state = 'delivered'") == n
	}
	deadline := time.Now().Add(2 * time.Minute)
	for !done() {
		require.True(t, time.Now().Before(deadline), "some messages are stranded")
		select {
		case <-kills:
			kill()
			kill = a.spawn(config)
			killed++
		case <-time.After(5 * time.Millisecond):
			a.clock.forward(50 * time.Millisecond)
			ahead := strconv.FormatInt(a.clock.offset.Load(), 10)
			require.NoError(t, os.WriteFile(config.Clock+".new", []byte(ahead), 0o600))
			require.NoError(t, os.Rename(config.Clock+".new", config.Clock))
		}
	}
	require.Positive(t, killed)
	counts := map[string]int{}
	for _, text := range b.notes() {
		counts[text]++
	}
	require.Len(t, counts, n)
	for text, count := range counts {
		require.Equal(t, 1, count, text)
	}
	require.EqualValues(t, n, a.wholeLog())
	require.EqualValues(t, n, b.wholeLog())
}
