// Package adapter is what the readers of other systems' directories and of files have in common: the records that they
// give, how they are configured, and how they find out which place an area of another system is.
//
// Who reads them (catalog/sources) stores the records page by page together with the cursor, and shows them to nobody before
// all have been read. Waiting for a busy system (Retry-After), trying again and keeping a measured pace are the reader's own
// part (platform/collect); an error that it gives ends this attempt, and the next one goes on from the last cursor.
package adapter

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/google/uuid"
)

// Record is one thing that a source says: an entry of the catalog, that an entry is gone, or why something can't be taken.
type Record struct {
	Kind    string
	ID      string
	Payload json.RawMessage // in the catalog's own model; none if Deleted or with Skip
	Deleted bool            // the source has deleted it; that it was never there is no error
	// At says where in the source it stands, for the report: a file, an address, or an object's id in the other system.
	At       string
	Line     int      // in a file, from 1; 0 where there are no lines
	Skip     string   // why it can't be taken; empty if it can. What is in the catalog under its id stays, if there is one
	Warnings []string // what of it was left out
	// Cursor, where there is one, is from where this run can go on after an interruption, once everything up to this record is
	// stored. A record without a kind has nothing else to say.
	Cursor string
	// Next, where there is one, is from where the next run begins after this one has been applied: a source that can tell what
	// has changed since says it at its end. Without it the next run begins at the beginning.
	Next string
}

// Source is another system's directory, ready to be asked.
type Source interface {
	// Collect gives what the source has, from a cursor on; an empty one means from the beginning. The error ends the
	// sequence: what came before it is true, what would have come after is not known. An id that comes more than once counts
	// as it came last.
	Collect(ctx context.Context, cursor string) iter.Seq2[Record, error]
	// Whole says whether a run that began from this cursor (empty, or the Next of the run before) gives all that the source
	// has, so that what it does not name is gone.
	Whole(cursor string) bool
}

// Areas finds the ARS of an area that another system names by its AGS (8 digits, 5 for a Kreis, 2 for a Land), as entries
// write it: without padding. It is empty when there is none.
type Areas interface {
	AreaOfAGS(ctx context.Context, ags string) (ars string, err error)
}

// Emitter hands records to whoever asked for them.
type Emitter struct {
	yield func(Record, error) bool
	ended bool
}

// NewEmitter makes an Emitter of what range gives.
func NewEmitter(yield func(Record, error) bool) *Emitter { return &Emitter{yield: yield} }

// Ended says whether nobody listens any more.
func (e *Emitter) Ended() bool { return e.ended }

// Entry gives an entry of the catalog.
func (e *Emitter) Entry(kind string, id uuid.UUID, entry any, at string, warnings ...string) {
	payload, err := json.Marshal(entry)
	if err != nil {
		e.Record(Record{Kind: kind, ID: id.String(), At: at, Skip: "can't be written: " + err.Error()})
		return
	}
	e.Record(Record{Kind: kind, ID: id.String(), Payload: payload, At: at, Warnings: warnings})
}

// Cursor says from where this run can go on after an interruption.
func (e *Emitter) Cursor(cursor string) { e.Record(Record{Cursor: cursor}) }

// Next says from where the next run begins.
func (e *Emitter) Next(cursor string) { e.Record(Record{Next: cursor}) }

// Skip says that something can't be taken.
func (e *Emitter) Skip(kind, at, why string) { e.Record(Record{Kind: kind, At: at, Skip: why}) }

// Record gives a record.
func (e *Emitter) Record(r Record) {
	if !e.ended && !e.yield(r, nil) {
		e.ended = true
	}
}

// Fail ends the sequence with an error; nil ends it well.
func (e *Emitter) Fail(err error) {
	if err != nil && !e.ended {
		e.yield(Record{}, err)
	}
	e.ended = true
}
