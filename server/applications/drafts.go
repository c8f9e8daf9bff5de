package applications

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// sweepBatch is how many rows one run of a sweeping job takes at most.
const sweepBatch = 200

// scope keeps the keys of one person and operation apart from others'.
func scope(operation string, p httpx.Person) string {
	return "applications." + operation + " " + p.Issuer + " " + p.Subject
}

// Create starts a draft for an offer at a place, once for a key. The draft keeps the version of the form that is the newest
// now. Refused are: an offer without form (409), and one that does not serve the place (422). The trust level that the service needs is asked for at
// submission: a draft may be filled in before.
func (s *Service) Create(ctx context.Context, key string, n types.NewApplication) (Application, error) {
	caller, err := person(ctx)
	if err != nil {
		return Application{}, err
	}
	if err := s.mayBegin(ctx, caller, n); err != nil {
		return Application{}, err
	}
	id, err := idempotency.Do(ctx, s.db, scope("create", caller.Person), key, n, func(ctx context.Context) (uuid.UUID, error) {
		a, err := s.draft(ctx, caller, n)
		if err != nil {
			return uuid.Nil, err
		}
		a.ActsFor = actingFor(caller)
		return a.ID, s.insertDraft(ctx, a)
	})
	if err != nil {
		return Application{}, err
	}
	return s.Get(ctx, id)
}

// draft puts a new draft together.
func (s *Service) draft(ctx context.Context, caller httpx.Caller, n types.NewApplication) (Application, error) {
	place, err := s.places.Place(ctx, n.Ars)
	if err != nil {
		return Application{}, err
	}
	offer, _, title, authority, err := s.offers.OfferByID(ctx, n.OfferId)
	if err != nil {
		return Application{}, err
	}
	if offer.Channel != types.OfferChannelForm || offer.FormId == nil {
		return Application{}, errNotOnline
	}
	if !contains(offer.Area.Ars, n.Ars) {
		return Application{}, problem.Invalid(problem.FieldError{Pointer: "/ars", Code: "place", Message: problem.Text{
			De: "Für diesen Ort ist eine andere Stelle zuständig.", En: "Another office is competent for this place.",
		}})
	}
	if err := s.offers.ChooseOffer(ctx, n.OfferId, n.Ars); err != nil {
		return Application{}, err
	}
	needed := types.Low
	if offer.TrustLevel != nil {
		needed = *offer.TrustLevel
	}
	form, err := s.forms.Form(ctx, *offer.FormId, 0)
	if err != nil {
		return Application{}, fmt.Errorf("read form of offer: %w", err)
	}
	if drafts, err := s.countDrafts(ctx, caller.Person); err != nil || drafts >= MaxDrafts {
		if err == nil {
			err = problem.Conflict("too-many-drafts", "Sie haben schon sehr viele Entwürfe.", "You already have a great many drafts.").
				With(problem.Text{De: "Löschen Sie Entwürfe, die Sie nicht mehr brauchen.", En: "Delete drafts that you do not need any more."})
		}
		return Application{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Application{}, fmt.Errorf("make id: %w", err)
	}
	now := s.now()
	return Application{
		ID: id, Person: caller.Person, State: types.ApplicationStateDraft, Revision: 1,
		OfferID: offer.Id, ServiceID: offer.ServiceId, OrganisationID: offer.Organisation.Id, FormID: form.Id, FormVersion: form.Version,
		Portal: offer.Portal, Place: types.PlaceReference{Ars: place.Ars, Level: place.Level, Name: place.Name},
		ServiceTitle: title, AuthorityName: authority, NeededLevel: needed, Language: httpx.LanguageOf(ctx),
		Data: map[string]any{}, CreatedAt: now, ChangedAt: now,
	}, nil
}

var errNotOnline = problem.Conflict("offer-not-online", "Diese Leistung kann hier nicht online beantragt werden.", "This service cannot be applied for online here.")

// SaveDraft replaces the answers of a draft. ifMatch is the ETag that the caller has read: another one is refused (412). What
// is missing or wrong is not refused, but named in Errors; what no answer could be is (422).
func (s *Service) SaveDraft(ctx context.Context, id uuid.UUID, ifMatch string, change types.DraftChange) (Application, error) {
	caller, err := person(ctx)
	if err != nil {
		return Application{}, err
	}
	if change.Data == nil {
		change.Data = map[string]any{}
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		a, err := s.lock(ctx, caller.Person, id)
		if err != nil {
			return err
		}
		if a.State != types.ApplicationStateDraft {
			return errSubmitted
		}
		if ifMatch != a.ETag() && ifMatch != "*" {
			if savedAlready(a, change) {
				return nil
			}
			return problem.Changed()
		}
		form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
		if err != nil {
			return fmt.Errorf("read form of draft: %w", err)
		}
		if found := s.forms.CheckDraft(form, change.Data); len(found) > 0 {
			return problem.Invalid(found...)
		}
		if change.Step != nil {
			a.Step = *change.Step
		}
		a.Data, a.Language, a.ChangedAt = change.Data, httpx.LanguageOf(ctx), s.now()
		a.Revision++
		if err := s.updateDraft(ctx, a); err != nil {
			return err
		}
		return s.lapse(ctx, form, a)
	})
	if err != nil {
		return Application{}, err
	}
	return s.Get(ctx, id)
}

// savedAlready says whether a draft stands as the change wants it: so a save whose answer was lost can be sent again
// (RFC 9110 section 13.1.1).
func savedAlready(a Application, change types.DraftChange) bool {
	if change.Step != nil && *change.Step != a.Step {
		return false
	}
	have, err := json.Marshal(a.Data)
	if err != nil {
		return false
	}
	want, err := json.Marshal(change.Data)
	return err == nil && bytes.Equal(have, want)
}

// DeleteDraft deletes a draft with its attachments. What was submitted is refused (409).
func (s *Service) DeleteDraft(ctx context.Context, id uuid.UUID) error {
	caller, err := person(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		a, err := s.lock(ctx, caller.Person, id)
		if err != nil {
			return err
		}
		if a.State != types.ApplicationStateDraft {
			return errSubmitted
		}
		if err := s.tellCoApplicants(ctx, a, discarded(), "", ""); err != nil {
			return err
		}
		return s.deleteDrafts(ctx, []uuid.UUID{id})
	})
}

// deleteDrafts deletes drafts, and their files once the transaction is committed.
func (s *Service) deleteDrafts(ctx context.Context, ids []uuid.UUID) error {
	objects, err := s.objectsOf(ctx, ids)
	if err != nil {
		return err
	}
	if err := s.deleteRows(ctx, ids); err != nil {
		return err
	}
	return s.deleteObjectsLater(ctx, objects)
}

// SweepDrafts deletes drafts that have not been changed for DraftLife, and says how many.
func (s *Service) SweepDrafts(ctx context.Context) (int, error) {
	swept := 0
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		ids, err := s.lockOldDrafts(ctx, s.now().Add(-DraftLife), sweepBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		swept = len(ids)
		if err := s.tellEnded(ctx, ids); err != nil {
			return err
		}
		return s.deleteDrafts(ctx, ids)
	})
	if err != nil {
		return 0, fmt.Errorf("sweep drafts: %w", err)
	}
	return swept, nil
}

// contains says whether a place lies in an area or is the same. Both are ARS of 12 digits, whose levels (country, Land,
// Regierungsbezirk, Kreis, Gemeindeverband, Gemeinde) end after the digits named here; the rest is zeros.
func contains(area, place string) bool {
	if len(area) != 12 || len(place) != 12 {
		return false
	}
	for _, digits := range []int{0, 2, 3, 5, 9, 12} {
		if strings.Trim(area[digits:], "0") == "" {
			return area[:digits] == place[:digits]
		}
	}
	return false
}
