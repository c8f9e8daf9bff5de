package app

import (
	"context"
	"fmt"
	"maps"
	"time"

	"portalverbund/server/audit"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/infodienste"
	"portalverbund/server/catalog/pvog"
	"portalverbund/server/catalog/sources"
	"portalverbund/server/catalog/xzufi"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/outbound"
)

const collectTimeout = 2 * time.Minute // of one answer of a directory, which may be large

// plugSources makes the room that imports, with the kinds of directories and files that it knows.
func (a *App) plugSources(ctx context.Context) error {
	store, err := blob.New(ctx, a.config.blobLocation(), a.keys.Derive("blob"))
	if err != nil {
		return err
	}
	files := xzufi.Format(xzufi.Options{Own: a.agency(), Areas: a.places})
	a.sources = sources.New(sources.Config{
		DB: a.db, Catalog: a.catalog, Keys: a.keys, Store: store, Jobs: a.jobs, Audit: audit.New(a.db, time.Now),
		Kinds: []adapter.Kind{infodienste.Kind(), pvog.SearchKind(), pvog.DeliveryKind(files), xzufi.DeliveryKind(a.agency())}, Formats: []adapter.Format{files},
		Tools: adapter.Tools{
			HTTP:  outbound.Client(outbound.Options{Timeout: collectTimeout, MaxResponse: adapter.MaxAnswer, AllowLoopback: !a.config.production()}),
			Areas: a.places, Now: time.Now,
		},
		Log: a.log, Now: time.Now,
	})
	sources.Register(a.jobs, a.sources)
	return nil
}

// SeedSource is a directory that a demonstration portal collects from, once a day and when it is set up.
type SeedSource struct {
	Kind, Name string
	Settings   map[string]string
}

// seedSource sets a source up, or brings its settings up to date, and begins a run.
func (a *App) seedSource(ctx context.Context, s SeedSource) error {
	draft := sources.Draft{Kind: s.Kind, Name: s.Name, Settings: s.Settings, Enabled: true, Schedule: sources.Schedule{Every: sources.EveryDay}}
	there, err := a.sources.Sources(ctx)
	if err != nil {
		return err
	}
	key := fmt.Sprint("seed ", time.Now().UnixNano())
	var source sources.Source
	for _, t := range there {
		if t.Name == s.Name {
			source = t
		}
	}
	switch {
	case source.Kind == "":
		source, err = a.sources.Create(ctx, "seed source", key, draft)
	case !contains(s.Settings, source.Settings):
		source, err = a.sources.Update(ctx, source.ID, source.Tag(), draft)
	case source.SucceededAt != nil:
		return nil
	}
	if err != nil || source.LastRun != nil && source.LastRun.Active() {
		return err
	}
	_, err = a.sources.Start(ctx, "seed run", key, source.ID, false, false)
	return err
}

// contains says whether all of part is in whole.
func contains(whole, part map[string]string) bool {
	merged := maps.Clone(whole)
	maps.Copy(merged, part)
	return maps.Equal(merged, whole)
}
