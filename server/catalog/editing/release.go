package editing

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/problem"
)

// Submit hands the draft in for review. What keeps it from being released is a problem that names every field.
func (s *Service) Submit(ctx context.Context, ref Ref, ifMatch, note string) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RoleEditor), func(ctx context.Context, d *desk) error {
		if err := d.writable(); err != nil {
			return err
		}
		if _, err := s.ready(d); err != nil {
			return err
		}
		_, name := who(ctx)
		now := s.now()
		d.row.State, d.row.Note, d.row.SubmittedAt, d.row.SubmittedName = review, note, &now, name
		return s.say(ctx, ref, "catalog.submit", types.EditorialCommentKindSubmitted, note)
	})
}

// say keeps a comment that comes with an act, and the act itself.
func (s *Service) say(ctx context.Context, ref Ref, action string, what types.EditorialCommentKind, text string) error {
	_, name := who(ctx)
	if err := s.store.addComment(ctx, ref, Comment{At: s.now(), By: name, What: what, Text: text}); err != nil {
		return err
	}
	return s.audit.Record(ctx, action, ref.object(), "")
}

// Reopen takes a draft out of review, or from its date, to go on writing.
func (s *Service) Reopen(ctx context.Context, ref Ref, ifMatch string) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RoleEditor, RolePublisher), func(ctx context.Context, d *desk) error {
		if d.row.State != review && d.row.State != scheduled {
			return noDraft()
		}
		d.row.State, d.row.ReleaseAt, d.row.ReleasedBy, d.row.ReleasedName = writing, nil, nil, ""
		return s.audit.Record(ctx, "catalog.reopen", ref.object(), "")
	})
}

// Return gives a draft that is in review, or has a date, back to its authors.
func (s *Service) Return(ctx context.Context, ref Ref, ifMatch, reason string) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RolePublisher), func(ctx context.Context, d *desk) error {
		if d.row.State != review && d.row.State != scheduled {
			return noDraft()
		}
		d.row.State, d.row.ReleaseAt, d.row.ReleasedBy, d.row.ReleasedName = returned, nil, nil, ""
		return s.say(ctx, ref, "catalog.return", types.EditorialCommentKindReturned, reason)
	})
}

// Release releases the draft, at once, or at a date. Where this portal wants a second pair of eyes, the draft must be in review
// and the caller none of its authors.
func (s *Service) Release(ctx context.Context, ref Ref, ifMatch, note string, at time.Time) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RolePublisher), func(ctx context.Context, d *desk) error {
		if d.row.DeletedAt != nil {
			return putAside()
		}
		if d.row.State == scheduled {
			return draftFixed(scheduled)
		}
		settings, err := s.Settings(ctx)
		if err != nil {
			return err
		}
		account, name := who(ctx)
		if err := d.mayRelease(account, settings); err != nil {
			return err
		}
		content, err := s.ready(d)
		if err != nil {
			return err
		}
		if d.outdated() {
			return releasedMeanwhile()
		}
		if note != "" {
			d.row.Note = note
		}
		if !at.After(s.now()) {
			return s.release(ctx, d, content, name)
		}
		d.row.State, d.row.ReleaseAt, d.row.ReleasedBy, d.row.ReleasedName = scheduled, &at, &account, name
		if err := s.schedule(ctx, ref, d.row.Revision+1, at); err != nil {
			return err
		}
		return s.say(ctx, ref, "catalog.schedule", types.EditorialCommentKindApproved, note)
	})
}

// release writes the draft to the catalog and forgets it. by is who decided it.
func (s *Service) release(ctx context.Context, d *desk, content json.RawMessage, by string) error {
	if err := s.keepFormer(ctx, d); err != nil {
		return err
	}
	source := d.source()
	if source != "" {
		if err := s.catalog.Correct(ctx, d.ref.Kind, d.ref.ID, source, d.sourceSays(), content); err != nil {
			return err
		}
	} else {
		source = catalog.SourceManual
	}
	if err := s.catalog.Write(ctx, d.ref.Kind, source, content); err != nil {
		return err
	}
	written, _, err := s.catalog.Released(ctx, d.ref.Kind, d.ref.ID)
	if err != nil {
		return err
	}
	v := Version{Action: types.EntryVersionActionReleased, At: s.now(), By: by, Authors: d.row.Authors, Note: d.row.Note, Content: written.Content, Digest: written.Digest}
	if d.row.SubmittedName != by {
		v.ReviewedFor = d.row.SubmittedName
	}
	if err := s.store.addVersion(ctx, d.ref, v); err != nil {
		return err
	}
	d.dropDraft()
	d.row.WithdrawnAt = nil
	return s.audit.Record(ctx, "catalog.release", d.ref.object(), "")
}

// keepFormer keeps what is released among the versions when it came from an import.
func (s *Service) keepFormer(ctx context.Context, d *desk) error {
	if !d.released {
		return nil
	}
	last, err := s.store.lastReleased(ctx, d.ref)
	if err != nil || bytes.Equal(last, d.own.Digest) {
		return err
	}
	return s.store.addVersion(ctx, d.ref, Version{Action: types.EntryVersionActionImported, At: s.now(), Content: d.own.Content, Digest: d.own.Digest})
}

// Withdraw takes an entry off the portal and the linked portals; it stays a draft.
func (s *Service) Withdraw(ctx context.Context, ref Ref, ifMatch, note string) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RolePublisher), func(ctx context.Context, d *desk) error {
		if err := d.writable(); err != nil {
			return err
		}
		if !d.released {
			return problem.Conflict("not-released", "Dieser Eintrag ist nicht veröffentlicht.", "This entry is not released.")
		}
		released := d.own
		if err := s.takeOff(ctx, d, types.EntryVersionActionWithdrawn, note); err != nil {
			return err
		}
		if d.row.Draft == nil {
			if err := s.keepDraft(ctx, d, released.Content); err != nil {
				return err
			}
		}
		now := s.now()
		d.row.Base, d.row.BaseDigest, d.row.WithdrawnAt = nil, nil, &now
		return s.audit.Record(ctx, "catalog.withdraw", ref.object(), "")
	})
}

// takeOff removes what is released from the catalog and keeps it as a version.
func (s *Service) takeOff(ctx context.Context, d *desk, action types.EntryVersionAction, note string) error {
	if err := s.keepFormer(ctx, d); err != nil {
		return err
	}
	_, name := who(ctx)
	v := Version{Action: action, At: s.now(), By: name, Note: note, Content: d.own.Content, Digest: d.own.Digest}
	if err := s.store.addVersion(ctx, d.ref, v); err != nil {
		return err
	}
	if source := d.source(); source != "" {
		if err := s.catalog.Correct(ctx, d.ref.Kind, d.ref.ID, source, d.sourceSays(), nil); err != nil {
			return err
		}
	}
	if err := s.catalog.Remove(ctx, d.ref.Kind, d.ref.ID); err != nil {
		return err
	}
	d.own, d.released = catalog.Released{}, false
	return nil
}

// Delete puts an entry aside with its draft, off the portal and the linked portals. What is released is deleted only by who may
// release.
func (s *Service) Delete(ctx context.Context, ref Ref, ifMatch string) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RoleEditor, RolePublisher), func(ctx context.Context, d *desk) error {
		if err := d.writable(); err != nil {
			return err
		}
		action := "catalog.delete-draft"
		if d.released {
			action = "catalog.delete"
			if releases, err := s.may(ctx, d, RolePublisher); err != nil {
				return err
			} else if !releases {
				return problem.Forbidden("role-missing", "Was veröffentlicht ist, löscht, wer freigeben darf.", "What is released is deleted by those who may release.")
			}
			d.row.Title, d.row.Languages = s.lastTitle(ctx, d)
			if err := s.takeOff(ctx, d, types.EntryVersionActionDeleted, ""); err != nil {
				return err
			}
		}
		now := s.now()
		d.row.DeletedAt = &now
		return s.audit.Record(ctx, action, ref.object(), "")
	})
}

// lastTitle is the title under which a deleted entry is listed.
func (s *Service) lastTitle(ctx context.Context, d *desk) (string, []string) {
	title, languages, err := s.titleOf(ctx, d.ref.Kind, d.content())
	if err != nil {
		return d.row.Title, d.row.Languages
	}
	return title, languages
}

// Undelete takes a deletion back: what was released is released as it was, and the draft is back.
func (s *Service) Undelete(ctx context.Context, ref Ref, ifMatch string) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RoleEditor, RolePublisher), func(ctx context.Context, d *desk) error {
		if d.row.DeletedAt == nil {
			return problem.Conflict("not-deleted", "Dieser Eintrag ist nicht gelöscht.", "This entry is not deleted.")
		}
		last, found, err := s.store.version(ctx, ref, "number > $3", 0)
		if err != nil {
			return err
		}
		if found && last.Action == types.EntryVersionActionDeleted {
			if releases, err := s.may(ctx, d, RolePublisher); err != nil {
				return err
			} else if !releases {
				return problem.Forbidden("role-missing", "Was veröffentlicht war, bringt zurück, wer freigeben darf.", "What was released is brought back by those who may release.")
			}
			if err := s.bringBack(ctx, d, last); err != nil {
				return err
			}
		}
		d.row.DeletedAt = nil
		return s.audit.Record(ctx, "catalog.undelete", ref.object(), "")
	})
}

// bringBack releases a version again as it was.
func (s *Service) bringBack(ctx context.Context, d *desk, v Version) error {
	source := d.source()
	if source == "" {
		source = catalog.SourceManual
	} else if err := s.catalog.Correct(ctx, d.ref.Kind, d.ref.ID, source, d.sourceSays(), v.Content); err != nil {
		return err
	}
	if err := s.catalog.Write(ctx, d.ref.Kind, source, v.Content); err != nil {
		return err
	}
	_, name := who(ctx)
	v.Action, v.At, v.By, v.Note = types.EntryVersionActionReleased, s.now(), name, ""
	return s.store.addVersion(ctx, d.ref, v)
}

// FollowSource gives up what editors made of an imported entry: what the source says is released, now and with each later
// import. Where the source no longer has the entry, it goes.
func (s *Service) FollowSource(ctx context.Context, ref Ref, ifMatch string) (Entry, error) {
	return s.act(ctx, ref, ifMatch, roles(RolePublisher), func(ctx context.Context, d *desk) error {
		if err := d.writable(); err != nil {
			return err
		}
		if d.correction == nil {
			return problem.Conflict("not-corrected", "Dieser Eintrag ist nicht von Hand geändert.", "This entry has not been changed by hand.")
		}
		if err := s.keepFormer(ctx, d); err != nil {
			return err
		}
		c := d.correction
		if c.Imported == nil {
			if d.released {
				if err := s.takeOff(ctx, d, types.EntryVersionActionWithdrawn, ""); err != nil {
					return err
				}
			}
			if d.row.Draft == nil {
				if err := s.keepDraft(ctx, d, c.Base); err != nil {
					return err
				}
			}
		} else if err := s.catalog.Write(ctx, ref.Kind, c.Source, c.Imported); err != nil {
			return err
		}
		if err := s.catalog.Follow(ctx, ref.Kind, ref.ID); err != nil {
			return err
		}
		d.row.WithdrawnAt = nil
		return s.audit.Record(ctx, "catalog.follow", ref.object(), "")
	})
}

// releaseScheduled does a release at a date, if it still stands as it was decided. What keeps it from being done goes back to the
// authors, who are told why.
func (s *Service) releaseScheduled(ctx context.Context, ref Ref, revision int64) error {
	d, err := s.load(ctx, ref)
	if err != nil {
		if problem.Is(err, "entry-unknown") {
			return nil
		}
		return err
	}
	if d.row.State != scheduled || d.row.Revision != revision {
		return nil
	}
	settings, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	content, why := s.ready(d)
	switch {
	case why != nil && problem.From(why).Status >= 500:
		return why
	case why == nil && d.outdated():
		why = releasedMeanwhile()
	case why == nil && settings.FourEyes && isAuthor(d.row.Authors, d.row.ReleasedBy):
		why = needsReview()
	}
	if why != nil {
		d.row.State, d.row.ReleaseAt, d.row.ReleasedBy, d.row.ReleasedName = failed, nil, nil, ""
		if err := s.say(ctx, ref, "catalog.not-released", types.EditorialCommentKindNotReleased, problem.From(why).Title.De); err != nil {
			return err
		}
	} else if err := s.release(ctx, d, content, d.row.ReleasedName); err != nil {
		return err
	}
	return s.store.put(ctx, ref, d.row)
}

func isAuthor(authors []uuid.UUID, account *uuid.UUID) bool {
	for _, a := range authors {
		if account != nil && a == *account {
			return true
		}
	}
	return false
}
