package delivery

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

const sealLogin = "deliveries fit-connect secret"

func errByFIT() *problem.Error {
	return problem.Conflict("provider-fit-connect", "Diese Anbindung geht über FIT-Connect und hat keine Adresse und kein Geheimnis für Webhooks.", "This connection goes by FIT-Connect and has no address and no secret for webhooks.")
}

// fitLogin gives the credentials of a connection: those that administrators have set, unless the configuration has changed since.
func (s *Service) fitLogin(ctx context.Context, p Provider) (id, secret string, err error) {
	var rows []settings
	if err := s.db.From(ctx).Raw("SELECT * FROM provider_settings WHERE provider = ?", p.ID).Scan(&rows).Error; err != nil {
		return "", "", fmt.Errorf("read settings of connection: %w", err)
	}
	if len(rows) == 0 || rows[0].Basis != basis(p) || rows[0].ClientSecret == nil {
		return p.FITConnect.ClientID, p.FITConnect.ClientSecret, nil
	}
	plain, err := s.keys.Open(sealLogin, rows[0].ClientSecret, []byte(p.ID))
	return rows[0].ClientID, string(plain), err
}

// SetFITLogin sets the credentials of a connection to FIT-Connect. What waits is tried with them by itself.
func (s *Service) SetFITLogin(ctx context.Context, id, clientID, secret string) (State, error) {
	if err := administrator(ctx); err != nil {
		return State{}, err
	}
	p, known := s.providers[id]
	if !known {
		return State{}, errNoProvider
	}
	if p.fit == nil {
		return State{}, problem.Conflict("provider-not-fit-connect", "Diese Anbindung geht nicht über FIT-Connect.", "This connection does not go by FIT-Connect.")
	}
	if clientID = strings.TrimSpace(clientID); clientID == "" {
		return State{}, problem.Invalid(problem.FieldError{Pointer: "/clientId", Code: "required"})
	}
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		set, err := s.lockSettings(ctx, p)
		if err != nil {
			return err
		}
		set.ClientID = clientID
		if set.ClientSecret, err = s.keys.Seal(sealLogin, []byte(secret), []byte(id)); err != nil {
			return err
		}
		if err := s.saveSettings(ctx, set); err != nil {
			return err
		}
		return s.audit.Record(ctx, "provider.credentials", "provider:"+id, "")
	})
	if err != nil {
		return State{}, err
	}
	p.fit.Forget()
	return s.state(ctx, id)
}

// addSubmissions says of deliveries how they went by FIT-Connect.
func (s *Service) addSubmissions(ctx context.Context, heads []types.DeliveryHead) error {
	if len(heads) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, 0, len(heads))
	for _, h := range heads {
		ids = append(ids, h.Id)
	}
	found, err := s.fitRows(ctx, ids)
	if err != nil {
		return err
	}
	for i, h := range heads {
		f, is := found[h.Id]
		if !is {
			continue
		}
		w := types.FitConnectSubmission{
			State: types.FitConnectSubmissionState(f.State), DestinationId: f.DestinationID, SubmissionId: f.SubmissionID, CaseId: f.CaseID,
			SentAt: f.SentAt, DecidedAt: f.DecidedAt, Problems: []string{},
		}
		for _, p := range f.Problems {
			w.Problems = append(w.Problems, p.Title)
		}
		heads[i].Submission = &w
	}
	return nil
}
