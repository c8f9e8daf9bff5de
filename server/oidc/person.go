package oidc

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
)

// SubjectFor gives how a client knows an account.
func (s *Service) SubjectFor(_ context.Context, clientID string, accountID uuid.UUID) (string, error) {
	return s.subject(clientID, accountID), nil
}

// Introduce gives how a client knows an account, and has it known to that client from now on, in ctx's transaction.
func (s *Service) Introduce(ctx context.Context, clientID string, accountID uuid.UUID) (string, error) {
	subject := s.subject(clientID, accountID)
	return subject, s.storeSubject(ctx, clientID, subject, accountID)
}

// SubjectsOf lists the clients that know an account, and how.
func (s *Service) SubjectsOf(ctx context.Context, accountID uuid.UUID) (map[string]string, error) {
	var rows []subjectRow
	if err := s.DB.From(ctx).Where("account_id = ?", accountID).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read subjects: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, row := range rows {
		out[row.ClientID] = row.Subject
	}
	return out, nil
}

// PersonalData gives where a person has signed in with their account.
func (s *Service) PersonalData(ctx context.Context, p httpx.Person, add func(section string, data any) error) error {
	id, err := uuid.Parse(p.Subject)
	if err != nil || p.Issuer != s.Issuer {
		return nil //nolint:nilerr // people of another account home have no tokens here
	}
	known, err := s.SubjectsOf(ctx, id)
	if err != nil {
		return err
	}
	for client := range known {
		if err := add("clients", map[string]any{"name": client}); err != nil {
			return err
		}
	}
	return nil
}

// ErasePerson deletes a person's tokens, and how clients know them, in ctx's transaction.
func (s *Service) ErasePerson(ctx context.Context, p httpx.Person) error {
	id, err := uuid.Parse(p.Subject)
	if err != nil || p.Issuer != s.Issuer {
		return nil //nolint:nilerr // people of another account home have no tokens here
	}
	for _, table := range []string{"oidc_auth_requests", "oidc_visits", "oidc_families", "oidc_subjects"} {
		if err := s.DB.From(ctx).Exec("DELETE FROM "+table+" WHERE account_id = ?", id).Error; err != nil {
			return fmt.Errorf("erase %s: %w", table, err)
		}
	}
	return nil
}
