// Package health watches the links to the other portals: it takes a sample each minute, keeps them thinned out for a week, and
// notices what is wrong for long enough that somebody should be told.
package health

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/federation"
	"portalverbund/server/federation/association"
	"portalverbund/server/federation/fault"
	"portalverbund/server/platform/mail"
)

// Links tells how the links to the others are doing (federation.Service).
type Links interface {
	Status(ctx context.Context) ([]federation.PeerStatus, error)
}

// Trust tells how trust in the other members stands (association.Service); nothing where the members are a fixed list.
type Trust interface {
	Standings(ctx context.Context) []association.Standing
}

// Mail sends mails once the transaction of ctx is committed.
type Mail interface {
	Enqueue(ctx context.Context, m mail.Message) error
}

// Config is what a Service is made of.
type Config struct {
	DB      *db.DB
	Links   Links
	Trust   Trust
	Mail    Mail
	To      string // who gets alerts by mail; empty: nobody
	Self    types.PortalReference
	Now     func() time.Time
	Metrics prometheus.Registerer // nil: none
}

// Service takes samples and raises alerts.
type Service struct {
	Config
}

// New makes a Service.
func New(c Config) (*Service, error) {
	s := &Service{c}
	if c.Metrics == nil {
		return s, nil
	}
	if err := c.Metrics.Register(newCollector(s)); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return s, nil
}

// stretch is what samples of a step are kept for.
type stretch struct {
	span types.HistorySpan
	step time.Duration
	kept time.Duration
}

func stretches() []stretch {
	return []stretch{
		{types.LastHour, time.Minute, time.Hour}, {types.LastDay, 15 * time.Minute, 24 * time.Hour}, {types.LastWeek, 2 * time.Hour, 7 * 24 * time.Hour},
	}
}

const (
	sampleEvery = time.Minute
	tooSoon     = sampleEvery / 2 // another process has just done it
)

// peerSample is how the link to a portal is doing now.
type peerSample struct {
	peer                           string
	waiting, messageLag, catalogUp int32
	away                           bool
}

// Sample looks at all links once, keeps what it sees, and tells of what has begun or ended to be wrong.
func (s *Service) Sample(ctx context.Context) error {
	now := s.Now().UTC().Truncate(time.Microsecond)
	peers, err := s.Links.Status(ctx)
	if err != nil {
		return fmt.Errorf("sample the links: %w", err)
	}
	standings := s.Trust.Standings(ctx)
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		var after int64
		var last time.Time
		if err := s.DB.Pgx(ctx).QueryRow(ctx, "SELECT log_seq, at FROM federation_sampled FOR UPDATE").Scan(&after, &last); err != nil {
			return err
		}
		if since := now.Sub(last); since >= 0 && since < tooSoon {
			return nil
		}
		if err := s.keep(ctx, now, after, samplesOf(now, peers)); err != nil {
			return err
		}
		return s.alert(ctx, now, conditions(now, peers, standings), names(peers, standings))
	})
	if err != nil {
		return fmt.Errorf("sample the links: %w", err)
	}
	return nil
}

func samplesOf(now time.Time, peers []federation.PeerStatus) []peerSample {
	out := make([]peerSample, 0, len(peers))
	for _, p := range peers {
		out = append(out, peerSample{
			peer: p.Portal.Id, waiting: bounded(float64(p.Queued + p.Parked + p.Refused)), messageLag: seconds(now, p.OldestQueued),
			catalogUp: seconds(now, p.CatalogReadAt), away: failing(p),
		})
	}
	return out
}

// failing says whether the last attempt did not reach the portal.
func failing(p federation.PeerStatus) bool { return p.Failures > 0 || fault.OutOfReach(p.CatalogError) }

func seconds(now time.Time, since *time.Time) int32 {
	if since == nil {
		return 0
	}
	return bounded(now.Sub(*since).Seconds())
}

func bounded(n float64) int32 { return int32(min(max(n, 0), math.MaxInt32)) }

// keep adds samples to the stretches that they lie in, with the messages of the log after a number, and drops old ones.
func (s *Service) keep(ctx context.Context, now time.Time, after int64, samples []peerSample) error {
	pg := s.DB.Pgx(ctx)
	var head int64
	if err := pg.QueryRow(ctx, "SELECT seq FROM federation_log_head").Scan(&head); err != nil {
		return err
	}
	var peers []string
	var waiting, messageLag, catalogLag []int32
	var away []bool
	for _, p := range samples {
		peers, waiting, away = append(peers, p.peer), append(waiting, p.waiting), append(away, p.away)
		messageLag, catalogLag = append(messageLag, p.messageLag), append(catalogLag, p.catalogUp)
	}
	batch := &pgx.Batch{}
	for _, stretch := range stretches() {
		step := int32(stretch.step / time.Second)
		batch.Queue(keepQuery, step, now.Truncate(stretch.step), peers, waiting, messageLag, catalogLag, away, after, head)
		batch.Queue("DELETE FROM federation_samples WHERE step = $1 AND (at < $2 OR at > $3)", step, now.Add(-stretch.kept-stretch.step), now.Add(time.Hour))
	}
	batch.Queue("UPDATE federation_sampled SET log_seq = $1, at = $2", head, now)
	return pg.SendBatch(ctx, batch).Close()
}

// keepQuery adds to a stretch: the greatest of queues and delays, the sum of messages. The log is read from where it was
// read last; its numbers have no gaps, and whoever sees one sees all before it.
const keepQuery = `
	WITH counted AS (
		SELECT peer, count(*) FILTER (WHERE direction = 'sent') AS sent, count(*) FILTER (WHERE direction = 'received') AS received
		FROM federation_log WHERE seq > $8 AND seq <= $9 AND outcome = 'accepted' GROUP BY peer
	), seen AS (
		SELECT * FROM unnest($3::text[], $4::int[], $5::int[], $6::int[], $7::boolean[]) AS n (peer, waiting, message_lag, catalog_lag, away)
	)
	INSERT INTO federation_samples AS s (step, at, peer, waiting, message_lag, catalog_lag, sent, received, away)
	SELECT $1::int, $2::timestamptz, peer, coalesce(waiting, 0), coalesce(message_lag, 0), coalesce(catalog_lag, 0), coalesce(sent, 0), coalesce(received, 0),
		coalesce(away, false)
	FROM seen FULL JOIN counted USING (peer)
	ON CONFLICT (step, at, peer) DO UPDATE SET waiting = greatest(s.waiting, excluded.waiting), message_lag = greatest(s.message_lag, excluded.message_lag),
		catalog_lag = greatest(s.catalog_lag, excluded.catalog_lag), sent = s.sent + excluded.sent, received = s.received + excluded.received,
		away = s.away OR excluded.away`

const historyQuery = `
	SELECT at, sum(waiting), max(message_lag), max(catalog_lag), sum(sent), sum(received), count(*) FILTER (WHERE away)
	FROM federation_samples WHERE step = $1 AND at >= $2 AND at <= $3 AND ($4 = '' OR peer = $4) GROUP BY at ORDER BY at`

// History gives the samples of a time, of one portal or of all together.
func (s *Service) History(ctx context.Context, span types.HistorySpan, portal string) (types.AssociationHistory, error) {
	chosen := stretches()[0]
	for _, one := range stretches() {
		if one.span == span {
			chosen = one
		}
	}
	until := s.Now().UTC()
	from := until.Add(-chosen.kept).Truncate(chosen.step)
	out := types.AssociationHistory{
		Span: chosen.span, From: from, Until: until, StepSeconds: int(chosen.step / time.Second), Samples: []types.LinkSample{},
	}
	rows, _ := s.DB.Pgx(ctx).Query(ctx, historyQuery, out.StepSeconds, from, until, portal) // the error comes with the rows
	var n types.LinkSample
	_, err := pgx.ForEachRow(rows, []any{&n.At, &n.Waiting, &n.MessageLag, &n.CatalogLag, &n.Sent, &n.Received, &n.Away}, func() error {
		out.Samples = append(out.Samples, n)
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("read samples: %w", err)
	}
	return out, nil
}

func names(peers []federation.PeerStatus, standings []association.Standing) map[string]string {
	out := map[string]string{}
	for _, p := range peers {
		out[p.Portal.Id] = p.Portal.Name
	}
	for _, m := range standings {
		if out[m.Entity] == "" {
			out[m.Entity] = m.Name
		}
	}
	return out
}
