package cases_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/cases"
	"portalverbund/server/platform/httpx"
)

// A county's cases of twenty years: 40 offices, 60 services, one case in twenty still open.
const million = `INSERT INTO cases (id, origin, application_id, number, state, service_id, service_title, organisation_id, organisation_name,
	applicant_name, ars, form_id, form_version, language, trust_level, content_hash, content, search, submitted_at, received_at, changed_at, due_on, decided_at, assignee)
	SELECT gen_random_uuid(), 'o', gen_random_uuid(), number, state, md5('service' || n % 60)::uuid, jsonb_build_object('de', title), md5('unit' || n % 40)::uuid,
		'{"de": "Amt"}', name, '034540035035', gen_random_uuid(), 1, 'de', 'low', '', '\x00', lower(number || ' ' || replace(number, '-', '') || ' ' || name), at, at, at,
		at::date + 28, CASE WHEN state IN ('granted', 'refused') THEN at + interval '9 days' END, CASE WHEN n % 3 > 0 THEN md5('clerk' || n % 90)::uuid END
	FROM (
		SELECT n, 'EMS-' || to_char(now() - n * interval '10 minutes', 'YY-') || upper(substr(md5(n::text), 1, 4) || '-' || substr(md5(n::text), 5, 4) || '-' || substr(md5(n::text), 9, 1)) AS number,
			(ARRAY['Anna', 'Bernd', 'Clara', 'Dirk', 'Emine', 'Fritz', 'Gül', 'Hanna'])[1 + n / 7 % 8] || ' ' ||
			initcap(translate(substr(md5((n % 9973)::text), 1, 7), '0123456789', 'oeiuamnrst')) AS name,
			(ARRAY['Hund anmelden', 'Wohnsitz anmelden', 'Gewerbe anmelden', 'Parkausweis beantragen', 'Fahrzeug abmelden'])[1 + n % 60 % 5] AS title,
			CASE WHEN n % 20 > 0 THEN (ARRAY['granted', 'granted', 'granted', 'refused', 'withdrawn'])[1 + n % 5]
				ELSE (ARRAY['received', 'inProgress', 'question'])[1 + n / 20 % 3] END AS state,
			now() - n * interval '10 minutes' AS at
		FROM generate_series(?::integer, ?::integer) n
	) rows ORDER BY at`

// A decision waits at one in sixteen of the cases in progress.
const proposals = `INSERT INTO case_proposals (case_id, content, proposed_by, at)
	SELECT id, '\x00', gen_random_uuid(), received_at FROM cases WHERE state = 'inProgress' AND right(number, 1) = '7'`

// BenchmarkList_Million reads the inbox of a portal with 1,000,000 cases as clerks do; p99 is in milliseconds.
func BenchmarkList_Million(b *testing.B) {
	x := newSetup(b)
	const all, step = 1_000_000, 5_000
	for n := all - step + 1; n > 0; n -= step { // as they came
		if err := x.d.From(b.Context()).Exec(million, n, n+step-1).Error; err != nil {
			b.Fatal(err)
		}
	}
	for _, query := range []string{proposals, "VACUUM ANALYZE cases", "VACUUM ANALYZE case_proposals"} {
		if err := x.d.From(b.Context()).Exec(query).Error; err != nil {
			b.Fatal(err)
		}
	}
	var unit, service, me uuid.UUID
	if err := x.d.From(b.Context()).Raw("SELECT md5('unit7')::uuid, md5('service8')::uuid, md5('clerk7')::uuid").Row().Scan(&unit, &service, &me); err != nil {
		b.Fatal(err)
	}
	for where, ctx := range map[string]context.Context{"everywhere": x.clerk, "unit": inUnit(b.Context(), me, unit)} {
		kinds := lists(me, service)
		for _, sort := range []types.CaseSort{types.NewestFirst, types.OldestFirst, types.DueFirst} {
			kinds["all/any/"+string(sort)+"/year"] = cases.Filter{Search: "ems-19", Sort: sort}
		}
		for name, f := range kinds {
			f.Limit = 20
			b.Run(name+"/"+where, func(b *testing.B) { x.readList(ctx, b, f) })
			first, err := x.s.List(ctx, f)
			if err != nil {
				b.Fatal(err)
			}
			if f.Cursor = first.Next; f.Cursor != "" {
				b.Run(name+"/"+where+"/second page", func(b *testing.B) { x.readList(ctx, b, f) })
			}
		}
	}
}

func (x setup) readList(ctx context.Context, b *testing.B, f cases.Filter) {
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := x.s.List(ctx, f); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[0].Microseconds())/1000, "best-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

func inUnit(ctx context.Context, account, unit uuid.UUID) context.Context {
	return httpx.WithCaller(ctx, httpx.Caller{Kind: httpx.SessionCaller, AccountID: account, UnitRoles: []httpx.UnitRole{{Role: "clerk", Unit: unit}}})
}

// lists are the kinds of lists that a clerk can ask for: each choice of the page alone, and together with each that it goes with.
func lists(me, service uuid.UUID) map[string]cases.Filter {
	nobody := uuid.Nil
	whose := map[string]cases.Filter{
		"": {}, "open": {Open: true}, "mine": {Assignee: &me}, "nobody": {Assignee: &nobody}, "service": {Service: &service}, "overdue": {Overdue: true},
		"mine,open": {Assignee: &me, Open: true}, "mine,overdue": {Assignee: &me, Overdue: true}, "mine,service": {Assignee: &me, Service: &service},
		"agreement": {Agreement: true}, "service,open": {Service: &service, Open: true}, "service,overdue": {Service: &service, Overdue: true}, "service,nobody": {Service: &service, Assignee: &nobody},
	}
	searched := map[string]string{
		"": "", "name": "clara", "person": "clara eam", "family": "eam", "number": "ems-26-c4ca-4238-a", "part": "c4ca-42", "dashless": "ems26c4ca4238a", "title": "hund",
		"letter": "e", "prefix": "ems-26", "nothing": "xylophon",
	}
	all := map[string]cases.Filter{}
	for who, f := range whose {
		for what, search := range searched {
			for _, sort := range []types.CaseSort{types.NewestFirst, types.OldestFirst, types.DueFirst} {
				for _, state := range []types.CaseState{"", types.CaseStateQuestion, types.CaseStateGranted} {
					if search != "" && who != "" && sort != types.NewestFirst {
						continue // enough of them
					}
					f.Search, f.Sort, f.State = search, sort, state
					all[strings.Join([]string{cmp.Or(who, "all"), cmp.Or(string(state), "any"), string(sort), cmp.Or(what, "-")}, "/")] = f
				}
			}
		}
	}
	return all
}
