package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

// State says how a connected provider is doing.
type State struct {
	Provider
	Host                       string // where deliveries are pushed to; empty for one that fetches
	Gone                       bool
	Pending, Parked, Delivered int
	LastDeliveredAt            *time.Time
	LastFetchedAt              *time.Time
	FormerSecretUntil          *time.Time
	WaitingSince               *time.Time
	LoginID                    string              // client id of a connection to FIT-Connect
	Login                      bool                // whether its credentials are set
	Mail                       *MailState          // nil: not by encrypted mail
	Fault                      types.DeliveryFault // of the last attempt at the delivery that has waited longest
}

// administrator refuses everybody else. The contract has done so before; here it protects against a contract that forgets.
func administrator(ctx context.Context) error {
	if httpx.CallerOf(ctx).HasRole("admin") {
		return nil
	}
	return problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
}

// States gives the connected providers by name, with what waits for each.
func (s *Service) States(ctx context.Context) ([]State, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	var counts []struct {
		Provider                   string
		Pending, Parked, Delivered int
		LastDeliveredAt            *time.Time
		WaitingSince               *time.Time
		Fault                      types.DeliveryFault
	}
	err := s.db.From(ctx).Raw(`SELECT provider, count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE state = 'parked') AS parked,
		count(*) FILTER (WHERE state = 'delivered') AS delivered, max(delivered_at) AS last_delivered_at,
		min(created_at) FILTER (WHERE state IN ('pending', 'parked')) AS waiting_since,
		coalesce((array_agg(fault ORDER BY id) FILTER (WHERE state IN ('pending', 'parked') AND fault <> ''))[1], '') AS fault FROM deliveries GROUP BY provider`).Scan(&counts).Error
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", err)
	}
	var gone []struct{ Provider, URL string }
	if err := s.db.From(ctx).Raw("SELECT provider, url FROM delivery_gone").Scan(&gone).Error; err != nil {
		return nil, fmt.Errorf("read providers that are gone: %w", err)
	}
	var set []settings
	if err := s.db.From(ctx).Raw("SELECT * FROM provider_settings").Scan(&set).Error; err != nil {
		return nil, fmt.Errorf("read settings of providers: %w", err)
	}
	out := make([]State, 0, len(s.providers))
	for _, p := range s.providers {
		if i := slices.IndexFunc(set, func(one settings) bool { return one.Provider == p.ID }); i >= 0 {
			if p, err = s.with(p, set[i]); err != nil {
				return nil, err
			}
		}
		state := State{Provider: p.Provider, LastFetchedAt: p.fetchedAt, FormerSecretUntil: p.formerUntil, LoginID: p.clientID, Login: p.login, Mail: s.mailState(p.mail)}
		if u, err := url.Parse(p.DeliveryURL); err == nil {
			state.Host = u.Host
		}
		for _, c := range counts {
			if c.Provider == p.ID {
				state.Pending, state.Parked, state.Delivered, state.LastDeliveredAt = c.Pending, c.Parked, c.Delivered, c.LastDeliveredAt
				state.WaitingSince, state.Fault = c.WaitingSince, c.Fault
			}
		}
		for _, g := range gone {
			state.Gone = state.Gone || g.Provider == p.ID && g.URL == p.DeliveryURL
		}
		out = append(out, state)
	}
	slices.SortFunc(out, func(a, b State) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// state gives one connected provider.
func (s *Service) state(ctx context.Context, id string) (State, error) {
	states, err := s.States(ctx)
	if err != nil {
		return State{}, err
	}
	for _, one := range states {
		if one.ID == id {
			return one, nil
		}
	}
	return State{}, errNoProvider
}

var errNoProvider = problem.NotFound("provider-unknown", "Diesen Anbieter gibt es nicht.", "There is no such provider.")

// Heads gives a page of a provider's deliveries without their content, the newest first.
func (s *Service) Heads(ctx context.Context, providerID string, f Filter) (heads []types.DeliveryHead, next string, err error) {
	if err := administrator(ctx); err != nil {
		return nil, "", err
	}
	if _, known := s.providers[providerID]; !known {
		return nil, "", errNoProvider
	}
	query := s.db.From(ctx).Where("provider = ?", providerID).Order("id DESC").Limit(f.Limit + 1)
	if f.State != "" {
		query = query.Where("state = ?", f.State)
	}
	if f.Cursor != "" {
		before, err := uuid.Parse(f.Cursor)
		if err != nil {
			return nil, "", paging.NoSuchPage()
		}
		query = query.Where("id < ?", before)
	}
	var rows []row
	if err := query.Find(&rows).Error; err != nil {
		return nil, "", fmt.Errorf("list deliveries: %w", err)
	}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		next = rows[f.Limit-1].ID.String()
	}
	heads = make([]types.DeliveryHead, 0, len(rows))
	for _, r := range rows {
		heads = append(heads, head(r, httpx.LanguageOf(ctx)))
	}
	if err := s.addRefused(ctx, heads); err != nil {
		return nil, "", err
	}
	if s.providers[providerID].mail != nil {
		byMail := true
		for i := range heads {
			heads[i].ByMail = &byMail
		}
	}
	if s.providers[providerID].fit != nil {
		return heads, next, s.addSubmissions(ctx, heads)
	}
	return heads, next, nil
}

// pushAgain starts the job that delivers, unless the provider fetches.
func (s *Service) pushAgain(ctx context.Context, p provider, id uuid.UUID) error {
	switch {
	case p.fit != nil:
		return s.jobs.Insert(ctx, fitArgs{DeliveryID: id}, nil)
	case p.mail != nil:
		return s.jobs.Insert(ctx, mailArgs{DeliveryID: id}, nil)
	case p.DeliveryURL != "":
		return s.jobs.Insert(ctx, pushArgs{DeliveryID: id}, nil)
	}
	return nil
}

func head(r row, language string) types.DeliveryHead {
	h := types.DeliveryHead{
		Id: r.ID, State: r.State, Number: r.Number, ServiceTitle: inLanguage(r.ServiceTitle, language), CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt,
		DeliveredAt: r.DeliveredAt, Attempts: r.Attempts, Test: r.Test,
	}
	if r.LastError != "" {
		h.LastError = &r.LastError
	}
	if r.Reference != "" {
		h.Reference = &r.Reference
	}
	if r.Fault != "" {
		h.Fault = &r.Fault
	}
	h.AnswerStatus, h.AnswerMs = r.AnswerStatus, r.AnswerMS
	return h
}

// Test sends a provider an invented application, once for a key. It goes the way of others, and no further.
func (s *Service) Test(ctx context.Context, providerID, key string) (types.DeliveryHead, error) {
	if err := administrator(ctx); err != nil {
		return types.DeliveryHead{}, err
	}
	p, known, err := s.current(ctx, providerID)
	if err != nil {
		return types.DeliveryHead{}, err
	}
	if !known {
		return types.DeliveryHead{}, errNoProvider
	}
	if p.fit != nil {
		return types.DeliveryHead{}, problem.Conflict("test-impossible", "Über FIT-Connect kann das Portal keine Probelieferung schicken.", "The portal cannot send a test delivery by FIT-Connect.").
			With(problem.Text{De: "Dort käme sie wie ein Antrag an. Prüfen Sie die Anbindung mit der Testumgebung von FIT-Connect.", En: "It would arrive like an application. Try the connection with the test environment of FIT-Connect."})
	}
	caller := httpx.CallerOf(ctx)
	return idempotency.Do(ctx, s.db, "delivery.test:"+caller.Person.Issuer+" "+caller.Person.Subject, key, providerID, func(ctx context.Context) (types.DeliveryHead, error) {
		ids := [3]uuid.UUID{}
		for i := range ids {
			var err error
			if ids[i], err = uuid.NewV7(); err != nil {
				return types.DeliveryHead{}, fmt.Errorf("make id: %w", err)
			}
		}
		now := s.now()
		r := row{
			ID: ids[0], Provider: p.ID, Origin: s.self, ApplicationID: ids[1], Number: "TEST-" + now.Format("20060102-150405"), ServiceID: uuid.Nil,
			ServiceTitle: map[string]string{"de": "Probelieferung", "en": "Test delivery"}, ARS: "000000000000", Language: "de", SubmittedAt: now,
			State: types.Pending, CreatedAt: now, ChangedAt: now, Test: true,
		}
		var err error
		if r.Content, err = s.seal(r.ID, content{Data: map[string]any{"test": true}, Attachments: []types.Attachment{}}); err != nil {
			return types.DeliveryHead{}, fmt.Errorf("seal test delivery: %w", err)
		}
		if _, err := s.insert(ctx, r); err != nil {
			return types.DeliveryHead{}, err
		}
		if err := s.pushAgain(ctx, p, r.ID); err != nil {
			return types.DeliveryHead{}, err
		}
		return head(r, httpx.LanguageOf(ctx)), s.audit.Record(ctx, "delivery.test", "provider:"+p.ID, "")
	})
}

// Replay delivers again, on an administrator's word: what was given up, or what a provider has lost.
func (s *Service) Replay(ctx context.Context, id uuid.UUID) (h types.DeliveryHead, err error) {
	if err := administrator(ctx); err != nil {
		return h, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		var r row
		err := s.db.From(ctx).Raw("SELECT * FROM deliveries WHERE id = ? FOR UPDATE", id).Take(&r).Error
		switch {
		case errors.Is(err, gorm.ErrRecordNotFound):
			return errUnknown
		case err != nil:
			return fmt.Errorf("read delivery: %w", err)
		case over(r.State):
			return problem.Conflict("delivery-over", "Diese Lieferung ist abgeschlossen oder zurückgezogen.", "This delivery is finished or was taken back.")
		}
		p, known, err := s.current(ctx, r.Provider)
		if err != nil {
			return err
		}
		if !known {
			return errNoProvider
		}
		if p.fit != nil {
			if err := s.again(ctx, r); err != nil {
				return err
			}
		}
		now := s.now()
		waits := r.State == types.Pending
		r.State, r.TriedSince, r.ChangedAt, r.LastError = types.Pending, &now, now, ""
		err = s.db.From(ctx).Exec("UPDATE deliveries SET state = ?, tried_since = ?, changed_at = ?, last_error = '' WHERE id = ?", r.State, now, now, id).Error
		if err != nil {
			return fmt.Errorf("change delivery: %w", err)
		}
		if err := s.db.From(ctx).Exec("DELETE FROM delivery_gone WHERE provider = ? AND url = ?", p.ID, p.DeliveryURL).Error; err != nil {
			return fmt.Errorf("ask %s again: %w", p.ID, err)
		}
		h = head(r, httpx.LanguageOf(ctx))
		if !waits {
			if err := s.pushAgain(ctx, p, id); err != nil {
				return err
			}
		}
		return s.audit.Record(ctx, "delivery.replay", "delivery:"+id.String(), r.Number)
	})
	return h, err
}
