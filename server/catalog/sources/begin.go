package sources

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

const sourceOrigin = "source:"

// originOf names where entries of a configured source come from.
func originOf(source uuid.UUID) string { return sourceOrigin + source.String() }

// originOfFile names where entries of a file come from: its name, which can't be taken for a configured source.
func originOfFile(name string) string {
	if strings.HasPrefix(name, sourceOrigin) {
		return "file:" + name
	}
	return name
}

// newRun makes a run that the caller of ctx starts.
func (s *Service) newRun(ctx context.Context, origin, title string) (Run, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Run{}, fmt.Errorf("begin import: %w", err)
	}
	run := Run{ID: id, Origin: origin, Title: title, Action: ActionImport, State: StateWaiting, CreatedAt: s.now().UTC(), stage: uuid.New()}
	if caller := httpx.CallerOf(ctx); caller.AccountID != uuid.Nil {
		run.StartedBy, run.StartedName = &caller.AccountID, caller.DisplayName
	}
	return run, nil
}

// enqueue writes a run and has it worked on, in the transaction of ctx.
func (s *Service) enqueue(ctx context.Context, run Run) error {
	if err := s.store.insertRun(ctx, run); err != nil {
		return err
	}
	return s.jobs.Insert(ctx, runArgs{RunID: run.ID}, nil)
}

// Start begins a run of a source. Another one under way is a problem import-running (409).
func (s *Service) Start(ctx context.Context, scope, key string, source uuid.UUID, dryRun, fromTheBeginning bool) (Run, error) {
	request := fmt.Sprint(source, dryRun, fromTheBeginning)
	id, err := idempotency.Do(ctx, s.store.db, scope, key, request, func(ctx context.Context) (uuid.UUID, error) {
		row, err := s.store.source(ctx, source)
		if err != nil {
			return uuid.Nil, err
		}
		run, err := s.runOf(ctx, row, fromTheBeginning)
		if err != nil {
			return uuid.Nil, err
		}
		run.DryRun = dryRun
		if err := s.enqueue(ctx, run); err != nil {
			return uuid.Nil, err
		}
		return run.ID, s.audit.Record(ctx, "import.start", "import:"+run.ID.String(), row.Kind)
	})
	if err != nil {
		return Run{}, err
	}
	return s.Run(ctx, id)
}

func (s *Service) runOf(ctx context.Context, row sourceRow, fromTheBeginning bool) (Run, error) {
	run, err := s.newRun(ctx, originOf(row.ID), row.Name)
	run.SourceID = &row.ID
	if !row.Complete && !fromTheBeginning {
		run.beginCursor, run.cursor = row.Cursor, row.Cursor
	}
	return run, err
}

// Upload is a file that somebody sends.
type Upload struct {
	Name     string
	Complete bool // it is all that there is under this name
	DryRun   bool
	Content  io.Reader
}

// Upload keeps a file and begins a run of it. The same key once begins one, whatever the content. A file that can't be imported is
// refused before it is read whole; what is wrong inside of it is for the run to say.
func (s *Service) Upload(ctx context.Context, scope, key string, u Upload) (Run, error) {
	name := fileName(u.Name)
	if name == "" {
		return Run{}, problem.Invalid(problem.FieldError{Pointer: "#/query/name", Code: "required"})
	}
	content := bufio.NewReaderSize(u.Content, adapter.HeadSize)
	head, err := peek(content)
	if err != nil {
		return Run{}, unfinished(err)
	}
	format, err := s.formatOf(head)
	if err != nil {
		return Run{}, s.unknownFormat()
	}
	run, err := s.newRun(ctx, cmp.Or(format.Origin, originOfFile(name)), name)
	if err != nil {
		return Run{}, err
	}
	run.DryRun, run.Complete, run.file = u.DryRun, u.Complete, "imports/"+run.ID.String()
	info, err := s.blobs.Put(ctx, run.file, content, MaxUpload)
	if err != nil {
		return Run{}, unfinished(err)
	}
	id, err := s.beginUpload(ctx, scope, key, run, format.ID, fmt.Sprintf("%s %t %t %x", name, u.Complete, u.DryRun, info.SHA256))
	if err != nil || id != run.ID {
		if gone := s.blobs.Delete(context.WithoutCancel(ctx), run.file); gone != nil {
			s.log.WarnContext(ctx, "drop an uploaded file", "error", gone)
		}
	}
	if err != nil {
		return Run{}, err
	}
	return s.Run(ctx, id)
}

// unfinished says why a file could not be kept: it is too large, it did not arrive, or the portal has a trouble of its own.
func unfinished(err error) error {
	var over *http.MaxBytesError
	var broken net.Error
	switch {
	case errors.Is(err, blob.ErrTooLarge), errors.As(err, &over):
		return problem.TooLarge("file-too-large", "Die Datei ist größer als 2 GB.", "The file is larger than 2 GB.")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled), errors.As(err, &broken):
		return problem.BadRequest("body", "Die Datei kam nicht vollständig an.", "The file did not arrive completely.").Because(err)
	}
	return fmt.Errorf("keep uploaded file: %w", err)
}

func (s *Service) unknownFormat() error {
	return problem.UnsupportedMediaType("import-format", "Dieses Dateiformat können wir nicht einlesen.", "We cannot read this kind of file.").
		With(problem.Text{
			De: "Möglich sind: " + s.formatNames("de") + ", auch mehrere davon in einem ZIP-Archiv.",
			En: "Possible are: " + s.formatNames("en") + ", also several of them in a ZIP archive.",
		})
}

func (s *Service) beginUpload(ctx context.Context, scope, key string, run Run, format, request string) (uuid.UUID, error) {
	if format == formatArchive {
		err := s.holdsKnown(ctx, s.uploaded(run))
		if errors.Is(err, ErrFormat) || errors.Is(err, errFile) {
			return uuid.Nil, s.unknownFormat()
		}
		if err != nil {
			return uuid.Nil, err
		}
	}
	return idempotency.Do(ctx, s.store.db, scope, key, request, func(ctx context.Context) (uuid.UUID, error) {
		if err := s.enqueue(ctx, run); err != nil {
			return uuid.Nil, err
		}
		return run.ID, s.audit.Record(ctx, "import.upload", "import:"+run.ID.String(), format)
	})
}

func (s *Service) formatNames(language string) string {
	names := make([]string, 0, len(s.formats))
	for _, f := range s.formats {
		names = append(names, problem.Text{De: f.Title.De, En: f.Title.En}.In(language))
	}
	return strings.Join(names, ", ")
}

// fileName is what is left of a name without folders.
func fileName(name string) string {
	name = filepath.Base(strings.ReplaceAll(text(strings.TrimSpace(name)), `\`, "/"))
	if name == "." || name == "/" {
		return ""
	}
	return name
}

func (s *Service) uploaded(run Run) file {
	return file{name: run.Title, open: func(ctx context.Context) (io.ReadCloser, error) {
		content, _, err := s.blobs.Open(ctx, run.file)
		if errors.Is(err, blob.ErrNotFound) {
			return nil, fmt.Errorf("%w: it is not kept any more", errFile)
		}
		return content, err
	}}
}

// openRun makes the reader of a run that is worked on by a job.
func (s *Service) openRun(ctx context.Context, run Run) (adapter.Source, error) {
	if run.file != "" {
		return files{formats: s.formats, list: []file{s.uploaded(run)}, complete: run.Complete}, nil
	}
	if run.SourceID == nil {
		return nil, settingsError{errors.New("the source is not there any more")}
	}
	row, err := s.store.source(ctx, *run.SourceID)
	if err != nil {
		return nil, err
	}
	return s.sourceOf(row)
}

// Run gives a run. An unknown one is a problem import-run-unknown (404).
func (s *Service) Run(ctx context.Context, id uuid.UUID) (Run, error) { return s.store.run(ctx, id) }

// ApplyRun lets a run that was held back go on, or applies what a dry run has read: in a run of its own, which it gives.
func (s *Service) ApplyRun(ctx context.Context, scope, key string, id uuid.UUID) (Run, error) {
	next, err := idempotency.Do(ctx, s.store.db, scope, key, id, func(ctx context.Context) (uuid.UUID, error) {
		run, err := s.store.run(ctx, id)
		if err != nil {
			return uuid.Nil, err
		}
		if !run.CanApply {
			return uuid.Nil, problem.Conflict("import-not-applicable", "Dieser Import kann nicht mehr übernommen werden.", "This import cannot be applied any more.").
				With(problem.Text{De: "Starten Sie einen neuen.", En: "Start a new one."})
		}
		if err := s.audit.Record(ctx, "import.apply", "import:"+id.String(), string(run.State)); err != nil {
			return uuid.Nil, err
		}
		if run.State == StateHeld {
			if err := s.store.set(ctx, run, `state = 'waiting', forced = true, failure = ''`); err != nil {
				return uuid.Nil, err
			}
			return id, s.jobs.Insert(ctx, runArgs{RunID: id}, nil)
		}
		applied, err := s.newRun(ctx, run.Origin, run.Title)
		if err != nil {
			return uuid.Nil, err
		}
		applied.SourceID, applied.Complete, applied.file, applied.stage, applied.collected = run.SourceID, run.Complete, run.file, run.stage, true
		applied.beginCursor, applied.cursor, applied.nextCursor, applied.Read = run.beginCursor, run.cursor, run.nextCursor, run.Read
		if err := s.store.set(ctx, run, `collected = false, file = '', stage = id`); err != nil { // what it had read is the other one's now
			return uuid.Nil, err
		}
		return applied.ID, s.enqueue(ctx, applied)
	})
	if err != nil {
		return Run{}, err
	}
	return s.Run(ctx, next)
}

// Cancel ends a run: at once if it waits, else as soon as whoever works on it hears of it. One that has ended stays as it is.
func (s *Service) Cancel(ctx context.Context, id uuid.UUID) (Run, error) {
	err := s.store.db.Tx(ctx, func(ctx context.Context) error {
		run, err := s.store.run(ctx, id)
		if err != nil || run.State.Ended() {
			return err
		}
		if err := s.audit.Record(ctx, "import.cancel", "import:"+id.String(), string(run.State)); err != nil {
			return err
		}
		if run.State == StateWaiting || run.State == StateHeld {
			return s.end(ctx, run, StateCancelled, "", nil)
		}
		return s.store.set(ctx, run, `cancelled = true`)
	})
	if err != nil {
		return Run{}, err
	}
	return s.Run(ctx, id)
}

// Resume goes on with a run that has failed, from where it had got to.
func (s *Service) Resume(ctx context.Context, scope, key string, id uuid.UUID) (Run, error) {
	_, err := idempotency.Do(ctx, s.store.db, scope, key, id, func(ctx context.Context) (bool, error) {
		run, err := s.store.run(ctx, id)
		if err != nil {
			return false, err
		}
		if !run.CanResume {
			return false, problem.Conflict("import-not-resumable", "Dieser Import kann nicht fortgesetzt werden.", "This import cannot be gone on with.").
				With(problem.Text{De: "Starten Sie einen neuen.", En: "Start a new one."})
		}
		if err := s.store.set(ctx, run, `state = 'waiting', by_command = false, cancelled = false, failure = '', detail = '', finished_at = NULL`); err != nil {
			return false, err
		}
		if err := s.audit.Record(ctx, "import.resume", "import:"+id.String(), ""); err != nil {
			return false, err
		}
		return true, s.jobs.Insert(ctx, runArgs{RunID: id}, nil)
	})
	if err != nil {
		return Run{}, err
	}
	return s.Run(ctx, id)
}

// Undo begins a run that puts back what a run has changed. Entries that have been changed since are a problem
// import-changed-since (409), unless they are to be put back, too.
func (s *Service) Undo(ctx context.Context, scope, key string, id uuid.UUID, force bool) (Run, error) {
	next, err := idempotency.Do(ctx, s.store.db, scope, key, fmt.Sprint(id, force), func(ctx context.Context) (uuid.UUID, error) {
		undo, err := s.newUndo(ctx, id, force)
		if err != nil {
			return uuid.Nil, err
		}
		if err := s.enqueue(ctx, undo); err != nil {
			return uuid.Nil, err
		}
		return undo.ID, s.audit.Record(ctx, "import.undo", "import:"+id.String(), "")
	})
	if err != nil {
		return Run{}, err
	}
	return s.Run(ctx, next)
}

func (s *Service) newUndo(ctx context.Context, id uuid.UUID, force bool) (Run, error) {
	run, err := s.store.run(ctx, id)
	if err != nil {
		return Run{}, err
	}
	if !run.CanUndo {
		return Run{}, problem.Conflict("import-not-undoable", "Nur der letzte Import einer Quelle kann zurückgenommen werden, solange das Vorherige aufbewahrt ist.",
			"Only the last import of a source can be undone, as long as what was before is kept.")
	}
	if !force {
		if err := s.unchangedSince(ctx, run); err != nil {
			return Run{}, err
		}
	}
	undo, err := s.newRun(ctx, run.Origin, run.Title)
	undo.Action, undo.Undoes, undo.SourceID, undo.Forced, undo.Read = ActionUndo, &run.ID, run.SourceID, force, run.Differences
	return undo, err
}

// unchangedSince refuses if anybody has changed entries after the run.
func (s *Service) unchangedSince(ctx context.Context, run Run) error {
	var named []string
	count := 0
	for batch, err := range s.store.changes(ctx, run.ID) {
		if err != nil {
			return err
		}
		keys, err := s.catalog.ChangedSince(ctx, batch)
		if err != nil {
			return err
		}
		if count += len(keys); len(keys) > 0 && len(named) == 0 {
			if named, err = s.store.titles(ctx, run.ID, batch[0].Kind, keys); err != nil {
				return err
			}
		}
	}
	if count == 0 {
		return nil
	}
	return problem.Conflict("import-changed-since", "Einträge wurden nach diesem Import geändert.", "Entries have been changed after this import.").With(problem.Text{
		De: fmt.Sprintf("%d: %s. Was dort geändert wurde, ginge verloren.", count, strings.Join(named, "; ")),
		En: fmt.Sprintf("%d: %s. What was changed there would be lost.", count, strings.Join(named, "; ")),
	})
}
