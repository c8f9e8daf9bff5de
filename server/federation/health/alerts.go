package health

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/federation"
	"portalverbund/server/federation/association"
)

const (
	awayFor         = 15 * time.Minute
	waitsFor        = time.Hour
	catalogOldAfter = time.Hour
	trustEndsIn     = 48 * time.Hour
	certificateEnds = 14 * 24 * time.Hour

	lasting  = 2 * time.Minute     // before anybody is told: what passes by itself is nobody's business
	calm     = 15 * time.Minute    // before it is over: what comes and goes is told of once
	endedFor = 30 * 24 * time.Hour // that ended alerts are kept
	maxEnded = 20                  // shown
	maxTold  = 100                 // in one mail
)

// matter is a kind of trouble with a portal.
type matter struct {
	kind types.LinkAlertKind
	peer string
}

// conditions lists what is wrong now. Who is out of reach has no other trouble: the rest follows from it.
func conditions(now time.Time, peers []federation.PeerStatus, standings []association.Standing) map[matter]bool {
	wrong := map[matter]bool{}
	older := func(at *time.Time, than time.Duration) bool { return at != nil && now.Sub(*at) > than }
	for _, p := range peers {
		note := func(kind types.LinkAlertKind, is bool) {
			if is {
				wrong[matter{kind, p.Portal.Id}] = true
			}
		}
		contact := latest(p.LastContact, p.CatalogReadAt)
		away := p.Member && failing(p) && (contact == nil || older(contact, awayFor))
		note(types.PortalAway, away)
		note(types.MessagesWait, !away && older(p.OldestQueued, waitsFor))
		note(types.MessagesStuck, p.Parked+p.Refused > 0)
		note(types.CatalogOld, !away && p.Member && older(p.CatalogReadAt, catalogOldAfter))
		note(types.CertificateEnds, !away && p.CertificateUntil != nil && p.CertificateUntil.Sub(now) < certificateEnds)
	}
	for _, m := range standings {
		switch {
		case !m.Trusted:
			wrong[matter{types.Untrusted, m.Entity}] = true
		case m.Until.Sub(now) < trustEndsIn:
			wrong[matter{types.TrustEnds, m.Entity}] = true
		}
		if !m.KeysDue.IsZero() && m.KeysDue.Before(now) {
			wrong[matter{types.KeysOverdue, m.Entity}] = true
		}
	}
	return wrong
}

func latest(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.After(*a) {
		return b
	}
	return a
}

// alertRow is an alert that has not ended.
type alertRow struct {
	ID      int64
	Kind    string
	Peer    string
	Since   time.Time
	Raised  bool
	QuietAt *time.Time
}

// notice is what somebody is told of.
type notice struct {
	matter
	name  string
	since time.Time
	ended bool
}

// change is what becomes of alerts at a sample.
type change struct {
	seen, quiet, raised, ended, dropped []int64
	fresh                               []matter
	told                                []notice
}

// weigh compares what is wrong now with what was wrong before.
func weigh(now time.Time, open []alertRow, wrong map[matter]bool, names map[string]string) change {
	var c change
	known := map[matter]bool{}
	for _, r := range open {
		m := matter{types.LinkAlertKind(r.Kind), r.Peer}
		known[m] = true
		tell := func(ended bool) { c.told = append(c.told, notice{m, cmp.Or(names[r.Peer], r.Peer), r.Since, ended}) }
		switch {
		case wrong[m] && !r.Raised && now.Sub(r.Since) >= lasting:
			c.raised = append(c.raised, r.ID)
			tell(false)
		case wrong[m] && r.QuietAt != nil:
			c.seen = append(c.seen, r.ID)
		case wrong[m]:
		case !r.Raised:
			c.dropped = append(c.dropped, r.ID)
		case r.QuietAt == nil:
			c.quiet = append(c.quiet, r.ID)
		case now.Sub(*r.QuietAt) >= calm:
			c.ended = append(c.ended, r.ID)
			tell(true)
		}
	}
	for m := range wrong {
		if !known[m] {
			c.fresh = append(c.fresh, m)
		}
	}
	slices.SortFunc(c.told, func(a, b notice) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind)) })
	return c
}

// alert keeps what is wrong, and tells of what has begun and ended in one mail, in the transaction of ctx.
func (s *Service) alert(ctx context.Context, now time.Time, wrong map[matter]bool, names map[string]string) error {
	pg := s.DB.Pgx(ctx)
	rows, _ := pg.Query(ctx, "SELECT id, kind, peer, since, raised, quiet_at FROM federation_alerts WHERE ended_at IS NULL") // the error comes with the rows
	open, err := pgx.CollectRows(rows, pgx.RowToStructByPos[alertRow])
	if err != nil {
		return err
	}
	c := weigh(now, open, wrong, names)
	var kinds, peers []string
	for _, m := range c.fresh {
		kinds, peers = append(kinds, string(m.kind)), append(peers, m.peer)
	}
	batch := &pgx.Batch{}
	batch.Queue("INSERT INTO federation_alerts (kind, peer, since) SELECT n.kind, n.peer, $3 FROM unnest($1::text[], $2::text[]) AS n (kind, peer)", kinds, peers, now)
	batch.Queue("UPDATE federation_alerts SET quiet_at = NULL WHERE id = ANY ($1)", append(c.seen, c.raised...))
	batch.Queue("UPDATE federation_alerts SET raised = true WHERE id = ANY ($1)", c.raised)
	batch.Queue("UPDATE federation_alerts SET quiet_at = $2 WHERE id = ANY ($1)", c.quiet, now)
	batch.Queue("UPDATE federation_alerts SET ended_at = quiet_at WHERE id = ANY ($1)", c.ended)
	batch.Queue("DELETE FROM federation_alerts WHERE id = ANY ($1)", c.dropped)
	batch.Queue("DELETE FROM federation_alerts WHERE ended_at < $1", now.Add(-endedFor))
	if err := pg.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	if s.To == "" || len(c.told) == 0 {
		return nil
	}
	if err := s.Mail.Enqueue(ctx, s.letter(c.told)); err != nil {
		return fmt.Errorf("tell of alerts: %w", err)
	}
	return nil
}

// Alerts gives what is wrong, the newest first, and then what has ended lately. byMail says whether anybody is told by mail.
func (s *Service) Alerts(ctx context.Context) (list []types.LinkAlert, byMail bool, err error) {
	rows, _ := s.DB.Pgx(ctx).Query(ctx, `
		(SELECT kind, peer, since, ended_at FROM federation_alerts WHERE ended_at IS NULL AND raised ORDER BY since DESC, id DESC)
		UNION ALL
		(SELECT kind, peer, since, ended_at FROM federation_alerts WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT $1)`, maxEnded) // the error comes with the rows
	list = []types.LinkAlert{}
	var kind, peer string
	var since time.Time
	var ended *time.Time
	_, err = pgx.ForEachRow(rows, []any{&kind, &peer, &since, &ended}, func() error {
		list = append(list, types.LinkAlert{Kind: types.LinkAlertKind(kind), Portal: peer, Since: since, EndedAt: ended})
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("read alerts: %w", err)
	}
	return list, s.To != "", nil
}
