package cases

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

// longestDeputy is how long somebody can be represented by a colleague at once, in months.
const longestDeputy = 12

// Mail sends mails once the transaction of ctx is committed.
type Mail interface {
	Enqueue(ctx context.Context, m mail.Message) error
}

// Deputy stands in for a colleague for some days, both included. What they see stays what their own role lets them see.
type Deputy struct {
	Of, Deputy         uuid.UUID
	OfName, DeputyName string
	From, To           time.Time // days, at midnight UTC
	Active             bool      // today
	Open               int       // cases of the colleague within the reach of who asks
}

// Deputies are what somebody is told of who stands in for whom.
type Deputies struct {
	Own       *Deputy
	ForOthers []Deputy
	All       []Deputy // for administrators of the portal
}

type deputyRow struct {
	AccountID uuid.UUID `gorm:"primaryKey"`
	DeputyID  uuid.UUID
	FirstDay  time.Time
	LastDay   time.Time
}

func (deputyRow) TableName() string { return "case_deputies" }

// SetDeputy has a colleague stand in for the caller; who did so before no longer does. The colleague is told by mail. One who is no clerk where the
// caller is one, and days that cannot be, are refused (422).
func (s *Service) SetDeputy(ctx context.Context, deputy uuid.UUID, from, to time.Time) error {
	caller := httpx.CallerOf(ctx).AccountID
	reach, err := s.reach(ctx)
	if err != nil {
		return err
	}
	names, err := s.clerkNames(ctx, reach, nil)
	if err != nil {
		return err
	}
	_, known := names[deputy]
	today := s.dayOf(s.now())
	var wrong []problem.FieldError
	if !known || deputy == caller {
		wrong = append(wrong, problem.FieldError{Pointer: "/deputy", Code: "unknown"})
	}
	if from.Before(today) || from.After(today.AddDate(0, longestDeputy, 0)) {
		wrong = append(wrong, problem.FieldError{Pointer: "/from", Code: "date"})
	}
	if to.Before(from) || to.After(from.AddDate(0, longestDeputy, 0)) {
		wrong = append(wrong, problem.FieldError{Pointer: "/to", Code: "date"})
	}
	if wrong != nil {
		return problem.Invalid(wrong...)
	}
	own, err := s.colleagues.StaffNames(ctx, []uuid.UUID{caller})
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		err := s.db.From(ctx).Exec(`INSERT INTO case_deputies (account_id, deputy_id, first_day, last_day) VALUES (?, ?, ?::date, ?::date)
			ON CONFLICT (account_id) DO UPDATE SET deputy_id = excluded.deputy_id, first_day = excluded.first_day, last_day = excluded.last_day`, caller, deputy, from, to).Error
		if err != nil {
			return fmt.Errorf("set deputy: %w", err)
		}
		if err := s.tellDeputy(ctx, deputy, own[caller], from, to); err != nil {
			return err
		}
		return s.audit.Record(ctx, "case.deputy", "account:"+caller.String(), deputy.String()+" "+from.Format(time.DateOnly)+" "+to.Format(time.DateOnly))
	})
}

// EndDeputy has nobody stand in for the caller any more.
func (s *Service) EndDeputy(ctx context.Context) error {
	caller := httpx.CallerOf(ctx).AccountID
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.db.From(ctx).Exec("DELETE FROM case_deputies WHERE account_id = ?", caller).Error; err != nil {
			return fmt.Errorf("end deputy: %w", err)
		}
		return s.audit.Record(ctx, "case.deputy.end", "account:"+caller.String(), "")
	})
}

// Deputies gives who stands in for the caller, for whom the caller does and, to administrators of the portal, all of them. Those whose time has
// passed count no more.
func (s *Service) Deputies(ctx context.Context) (Deputies, error) {
	c := httpx.CallerOf(ctx)
	query := s.db.From(ctx).Where("last_day >= ?::date", s.dayOf(s.now()))
	if !c.HasRole(roleAdmin) {
		query = query.Where("account_id = ? OR deputy_id = ?", c.AccountID, c.AccountID)
	}
	var rows []deputyRow
	if err := query.Order("first_day, account_id").Limit(maxListed).Find(&rows).Error; err != nil {
		return Deputies{}, fmt.Errorf("read deputies: %w", err)
	}
	all, err := s.describeDeputies(ctx, rows)
	if err != nil {
		return Deputies{}, err
	}
	var out Deputies
	for _, d := range all {
		switch c.AccountID {
		case d.Of:
			out.Own = &d
		case d.Deputy:
			out.ForOthers = append(out.ForOthers, d)
		}
	}
	if c.HasRole(roleAdmin) {
		out.All = all
	}
	return out, nil
}

func (s *Service) describeDeputies(ctx context.Context, rows []deputyRow) ([]Deputy, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, 0, 2*len(rows))
	for _, r := range rows {
		ids = append(ids, r.AccountID, r.DeputyID)
	}
	names, err := s.colleagues.StaffNames(ctx, ids)
	if err != nil {
		return nil, err
	}
	reach, err := s.reach(ctx)
	if err != nil {
		return nil, err
	}
	loads, err := s.loads(ctx, reach)
	if err != nil {
		return nil, err
	}
	today := s.dayOf(s.now())
	all := make([]Deputy, len(rows))
	for i, r := range rows {
		all[i] = Deputy{
			Of: r.AccountID, OfName: names[r.AccountID], Deputy: r.DeputyID, DeputyName: names[r.DeputyID], From: r.FirstDay, To: r.LastDay,
			Active: !r.FirstDay.After(today), Open: loads[r.AccountID].Open,
		}
	}
	return all, nil
}

// tellDeputy tells a colleague by mail for whom they stand in.
func (s *Service) tellDeputy(ctx context.Context, deputy uuid.UUID, name string, from, to time.Time) error {
	addresses, err := s.colleagues.StaffAddresses(ctx, []uuid.UUID{deputy})
	if err != nil || addresses[deputy] == "" {
		return err
	}
	page := s.self.Url + "/mitarbeit/vertretung"
	err = s.mail.Enqueue(ctx, mail.Message{
		To: addresses[deputy], Subject: "Sie vertreten jemanden / You stand in for somebody",
		Text: fmt.Sprintf("Sie vertreten %s vom %s bis %s:\n%s\n\nYou stand in for %s from %s to %s:\n%s\n", name, from.Format("02.01.2006"), to.Format("02.01.2006"), page,
			name, from.Format(time.DateOnly), to.Format(time.DateOnly), page),
	})
	if err != nil {
		return fmt.Errorf("tell deputy: %w", err)
	}
	return nil
}

// due is what somebody has to do, and who is told of it.
type due struct {
	Assignee uuid.UUID
	Today    int
	Overdue  int
}

// remindFrom is the hour of a working day, in Berlin, from which reminders are sent.
const remindFrom = 6

// Remind tells clerks by mail of cases that have become due since the last working day, once a day; who has a deputy is not told, but the deputy. It
// deletes what has run out, and says how much.
func (s *Service) Remind(ctx context.Context) (int64, error) {
	today := s.dayOf(s.now())
	past := s.db.From(ctx).Exec("DELETE FROM case_deputies WHERE last_day < ?::date", today)
	if past.Error != nil {
		return 0, fmt.Errorf("end deputies: %w", past.Error)
	}
	weekday := today.Weekday()
	if weekday == time.Saturday || weekday == time.Sunday || s.now().In(s.zone).Hour() < remindFrom {
		return past.RowsAffected, nil
	}
	before := today.AddDate(0, 0, -1)
	if weekday == time.Monday {
		before = today.AddDate(0, 0, -3)
	}
	return past.RowsAffected, s.db.Tx(ctx, func(ctx context.Context) error { return s.remind(ctx, today, before) })
}

func (s *Service) remind(ctx context.Context, today, before time.Time) error {
	var rows []due
	err := s.db.From(ctx).Raw(`WITH due AS (
			SELECT assignee, count(*) FILTER (WHERE due_on = CAST(@today AS date)) AS today, count(*) FILTER (WHERE due_on < CAST(@today AS date)) AS overdue
			FROM cases WHERE open AND state IN ('received', 'inProgress', 'question') AND assignee IS NOT NULL AND due_on <= CAST(@today AS date)
			GROUP BY assignee HAVING bool_or(due_on > CAST(@before AS date))
		), told AS (
			INSERT INTO case_reminders AS r (account_id, day) SELECT a.id, CAST(@today AS date) FROM due JOIN accounts a ON a.id = due.assignee
			ON CONFLICT (account_id) DO UPDATE SET day = excluded.day WHERE r.day < excluded.day RETURNING account_id
		) SELECT due.* FROM due JOIN told ON told.account_id = due.assignee ORDER BY assignee`, map[string]any{"today": today, "before": before}).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("look for what is due: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	var deputies []deputyRow
	if err := s.db.From(ctx).Where("?::date BETWEEN first_day AND last_day", today).Find(&deputies).Error; err != nil {
		return fmt.Errorf("read deputies: %w", err)
	}
	instead := make(map[uuid.UUID]uuid.UUID, len(deputies))
	for _, d := range deputies {
		instead[d.AccountID] = d.DeputyID
	}
	clerks, err := s.colleagues.StaffWithRole(ctx, roleClerk, nil)
	if err != nil {
		return err
	}
	of := map[uuid.UUID][]due{} // by who is told
	for _, d := range rows {
		to := d.Assignee
		if deputy, ok := instead[to]; ok && clerks[deputy] != "" {
			to = deputy
		}
		if _, ok := clerks[to]; ok {
			of[to] = append(of[to], d)
		}
	}
	return s.sendReminders(ctx, of, clerks)
}

func (s *Service) sendReminders(ctx context.Context, of map[uuid.UUID][]due, names map[uuid.UUID]string) error {
	ids := make([]uuid.UUID, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	addresses, err := s.colleagues.StaffAddresses(ctx, ids)
	if err != nil {
		return err
	}
	page := s.self.Url + "/mitarbeit?offen=ja&folge=faellig"
	for _, id := range ids {
		if addresses[id] == "" {
			continue
		}
		var de, en string
		for _, d := range of[id] {
			forDe, forEn := "Bei Ihnen", "Yours"
			if d.Assignee != id {
				forDe, forEn = "In Vertretung für "+names[d.Assignee], "Standing in for "+names[d.Assignee]
			}
			de += fmt.Sprintf("%s: heute fällig %d, überfällig %d\n", forDe, d.Today, d.Overdue)
			en += fmt.Sprintf("%s: due today %d, overdue %d\n", forEn, d.Today, d.Overdue)
		}
		err := s.mail.Enqueue(ctx, mail.Message{
			To: addresses[id], Subject: "Vorgänge sind fällig / Cases are due", Text: de + page + "\n\n" + en + page + "\n",
		})
		if err != nil {
			return fmt.Errorf("remind: %w", err)
		}
	}
	return nil
}
