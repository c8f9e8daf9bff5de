package credentials

import (
	"context"
	"fmt"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"portalverbund/api/types"
)

// Passkeys of people who are not signed in, but have proved a mail address: the first one of a new account, and a new one when all others
// are lost. What else they must prove is up to who calls.

// BeginPasskeyOf gives the options by which a browser makes a passkey of an account, which need not exist yet. proof is what only that
// browser knows, hashed; it names the browser when it comes back.
func (s *Service) BeginPasskeyOf(ctx context.Context, proof []byte, accountID uuid.UUID, email, name string) (types.PasskeyCeremony, error) {
	if err := s.havePasskeys(); err != nil {
		return types.PasskeyCeremony{}, err
	}
	rows, err := s.passkeysOf(ctx, accountID)
	if err != nil {
		return types.PasskeyCeremony{}, err
	}
	if len(rows) >= maxPasskeys {
		return types.PasskeyCeremony{}, errTooManyPasskeys()
	}
	options, data, err := s.passkeys.BeginRegistration(&user{id: accountID, name: email, displayName: name})
	if err != nil {
		return types.PasskeyCeremony{}, fmt.Errorf("begin passkey: %w", err)
	}
	return s.ceremony(ctx, s.mac("unsigned", proof), data, options.Response)
}

// VerifyPasskeyOf verifies what that browser made, once, and gives whose it is and what keeps it in a transaction. Errors as AddPasskey.
func (s *Service) VerifyPasskeyOf(ctx context.Context, proof []byte, made types.NewPasskey) (accountID uuid.UUID, keep func(context.Context) error, err error) {
	if err := s.havePasskeys(); err != nil {
		return uuid.Nil, nil, err
	}
	name, err := passkeyName(made.Name)
	if err != nil {
		return uuid.Nil, nil, err
	}
	data, err := s.takeCeremony(ctx, made.CeremonyId, s.mac("unsigned", proof))
	if err != nil {
		return uuid.Nil, nil, err
	}
	if accountID, err = accountOfCeremony(data); err != nil {
		return uuid.Nil, nil, err
	}
	row, err := s.madeRow(ctx, &user{id: accountID}, data, name, made.Response)
	if err != nil {
		return uuid.Nil, nil, err
	}
	return accountID, func(ctx context.Context) error { return s.keepPasskey(ctx, row) }, nil
}

func accountOfCeremony(data webauthn.SessionData) (uuid.UUID, error) {
	id, err := uuid.FromBytes(data.UserID)
	if err != nil {
		return id, fmt.Errorf("read ceremony: %w", err)
	}
	return id, nil
}

// NewRecoveryCodes replaces the recovery codes of an account, in the transaction of ctx.
func (s *Service) NewRecoveryCodes(ctx context.Context, accountID uuid.UUID) ([]string, error) {
	return s.newRecoveryCodes(ctx, accountID)
}

// RecoveryCodesLeft counts the recovery codes of an account that are not used up.
func (s *Service) RecoveryCodesLeft(ctx context.Context, accountID uuid.UUID) (int, error) {
	return s.countRecoveryCodes(ctx, accountID)
}

// HasRecoveryCode says whether a code is one of an account's, and leaves it as it is.
func (s *Service) HasRecoveryCode(ctx context.Context, accountID uuid.UUID, code string) (bool, error) {
	return s.hasRecoveryRow(ctx, accountID, s.recoveryHash(accountID, code))
}
