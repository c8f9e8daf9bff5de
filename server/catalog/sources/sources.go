// Package sources takes in what others write about public services: files that somebody uploads, and other systems that the
// portal collects from by a schedule.
//
// Each import is a run, and each run is a record. A run first reads everything and stages it page by page with the reader's
// cursor, so that a source that dies half-way, or a process that is killed, costs the page and not the run. Then all of it is
// applied to the catalog in one transaction: what the portal shows is never half an import. A run may be a dry run, which
// reports the same and changes nothing; the last run of a source can be undone, as what was before is kept with it.
//
// A delivery that deletes most of what its source had before is held back until somebody says that it is right.
package sources

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/db"
	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/keys"
)

// Limits.
const (
	MaxUpload   = 2 << 30 // bytes of an uploaded file
	maxSources  = 200
	maxName     = 120 // characters
	defaultBeat = 2 * time.Second
	deadAfter   = 30 * time.Second // a command whose run shows no sign of life
)

// Jobs runs background work (platform/jobs).
type Jobs interface {
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error
	InsertMany(ctx context.Context, jobs []river.InsertManyParams) error
}

// Audit keeps who did what.
type Audit interface {
	Record(ctx context.Context, action, object, detail string) error
}

// Config is what New needs.
type Config struct {
	DB      *db.DB
	Catalog *catalog.Service
	Keys    *keys.Set
	Store   *blob.Store // of uploaded files
	Jobs    Jobs
	Audit   Audit
	Kinds   []adapter.Kind   // of systems to collect from
	Formats []adapter.Format // of files, beside those that are known here
	Tools   adapter.Tools
	Log     *slog.Logger     // default: nothing is logged
	Now     func() time.Time // default: the machine's clock
	Beat    time.Duration    // how often a run shows that it lives and looks whether it is still wanted; default 2 s
}

// Service keeps the sources and makes the runs. It is safe for use by several goroutines.
type Service struct {
	store   store
	catalog *catalog.Service
	keys    *keys.Set
	blobs   *blob.Store
	jobs    Jobs
	audit   Audit
	kinds   []adapter.Kind
	formats []adapter.Format
	tools   adapter.Tools
	log     *slog.Logger
	now     func() time.Time
	beat    time.Duration
}

// New makes the Service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Beat == 0 {
		c.Beat = defaultBeat
	}
	s := &Service{
		store: store{c.DB}, catalog: c.Catalog, keys: c.Keys, blobs: c.Store, jobs: c.Jobs, audit: c.Audit, kinds: c.Kinds,
		tools: c.Tools, log: c.Log, now: c.Now, beat: c.Beat,
	}
	s.formats = append(ownFormats(), c.Formats...)
	s.kinds = append([]adapter.Kind{webFile(s.formats)}, c.Kinds...)
	return s
}

// State says how far a run is.
type State string

// The states of a run.
const (
	StateWaiting   State = "waiting"  // for its turn, or to try again
	StateReading   State = "reading"  // and staging
	StateApplying  State = "applying" // to the catalog, in one transaction
	StateHeld      State = "held"     // it would delete too much: somebody has to look
	StateChecked   State = "checked"  // a dry run is done
	StateDone      State = "done"
	StateFailed    State = "failed"
	StateCancelled State = "cancelled"
)

// Ended says that nothing more comes of a run by itself.
func (s State) Ended() bool {
	return s == StateChecked || s == StateDone || s == StateFailed || s == StateCancelled
}

// Actions of runs.
const (
	ActionImport = "import"
	ActionUndo   = "undo"
)

// Why a run failed, or is held.
const (
	FailureRefused     = "refused"      // the other system does not let the portal in
	FailureUnavailable = "unavailable"  // it does not answer
	FailureAnswer      = "answer"       // it answers something else than it promises
	FailureFile        = "file"         // the file can't be read, or is of no known format
	FailureSettings    = "settings"     // the source is not set up rightly
	FailureInterrupted = "interrupted"  // the program ended
	FailureChanged     = "changedSince" // what is to be undone has been changed since
	FailureEmptied     = "emptied"      // held: nothing is left
	FailureLost        = "lost"         // held: most is gone
	FailureInternal    = "internal"
)

// Source is another system that the portal collects from.
type Source struct {
	ID          uuid.UUID
	Revision    int64
	Kind        string
	Name        string
	Settings    adapter.Settings // without secrets
	SecretsSet  []string         // names of the secrets that are kept
	Enabled     bool
	Complete    bool // each run begins at the beginning, also where the source could say what has changed
	Schedule    Schedule
	NextRunAt   *time.Time
	Cursor      string // from where the next run begins; empty: at the beginning
	SucceededAt *time.Time
	CreatedAt   time.Time
	LastRun     *Run
}

// Draft is what an administrator enters for a source. Secrets that are empty or missing stay as they are.
type Draft struct {
	Kind     string
	Name     string
	Settings adapter.Settings // with secrets
	Enabled  bool
	Complete bool
	Schedule Schedule
}

// Counts are what became of the entries of a kind.
type Counts = catalog.Counts

// Run is one import, or the undoing of one.
type Run struct {
	ID          uuid.UUID
	SourceID    *uuid.UUID
	Origin      string // under which the catalog keeps where entries come from
	Title       string // of the source, or the file's name
	Action      string
	Undoes      *uuid.UUID
	Undone      bool
	State       State
	ByCommand   bool
	DryRun      bool
	Complete    bool
	Forced      bool
	Cancelled   bool
	StartedBy   *uuid.UUID
	StartedName string // empty: the schedule, or a command
	Read        int64
	Applied     int64
	Counts      map[string]*Counts
	Skipped     int64
	Warnings    int64
	Differences int64
	Had, Lost   int64 // entries of the origin before; how many of them the run would delete
	Kept        bool  // what it changed can be looked at
	Failure     string
	Detail      string // of the failure, for administrators
	CreatedAt   time.Time
	StartedAt   *time.Time
	AliveAt     *time.Time
	FinishedAt  *time.Time
	// What can be done about it now.
	CanApply, CanResume, CanUndo bool

	fence                           int64
	stage                           uuid.UUID
	file                            string
	beginCursor, cursor, nextCursor string
	collected                       bool
}

// Active says that the run is under way, or waits for somebody: no other run of its origin can begin.
func (r Run) Active() bool { return !r.State.Ended() }

// Note is something about a record: why it was skipped, or what of it was left out.
type Note struct {
	Number  int64
	Skipped bool
	Place   string
	Line    int
	Text    string
}

// Difference is what a run did to an entry, or would do.
type Difference struct {
	Number        int64
	Kind, Key     string
	Title         string
	Parts         []string // names of what differs, where the entry was changed
	Before, After []byte   // JSON; nil: not there
	Added, Gone   bool
}

// Errors by which a run ends in another way than by failing.
var (
	errCancelled = errors.New("somebody has ended the run")
	errTakenOver = errors.New("the run has been taken up elsewhere")
)
