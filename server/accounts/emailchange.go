package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

const (
	changeEmailWithin = time.Hour
	sealEmailChange   = "accounts/email-change"
	// PageNewEmail is where a new address is confirmed.
	PageNewEmail = "/konto/adresse-bestaetigen" // #token=
)

type emailChangeRow struct {
	TokenHash []byte `gorm:"primaryKey"`
	AccountID uuid.UUID
	Sealed    []byte
	ExpiresAt time.Time
}

func (emailChangeRow) TableName() string { return "account_email_changes" }

// RequestEmailChange sends a link to the address that the caller wants to have, and a notice to the one that they have. For an
// address that has an account it does and answers the same, but sends another mail. The caller's proof must be recent. The account's own address can be
// confirmed once more when mails came back from it.
func (s *Service) RequestEmailChange(ctx context.Context, email string) error {
	id, err := s.citizen(ctx)
	if err != nil {
		return err
	}
	if err := httpx.CallerOf(ctx).CheckRecentProof(s.Now()); err != nil {
		return err
	}
	folded, err := foldEmail(email)
	if err != nil {
		return err
	}
	if err := s.charge(ctx, []bucket{{key: s.mac("bucket", "newcomer", networkOf(s.Address(ctx))), limits: perNewcomer()}}); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.account(ctx, id)
		if err != nil {
			return err
		}
		stopped, err := s.stopped(ctx, row.Email)
		if err != nil {
			return err
		}
		if row.Email == folded && stopped == nil {
			return problem.Invalid(problem.FieldError{Pointer: "/email", Code: "unchanged", Message: problem.Text{
				De: "Das ist die Adresse, die Ihr Konto schon hat.", En: "That is the address that your account has already.",
			}})
		}
		return s.beginEmailChange(ctx, row, folded)
	})
}

func (s *Service) beginEmailChange(ctx context.Context, row accountRow, email string) error {
	token, hash := secret.New()
	sealed, err := s.Keys.Seal(sealEmailChange, []byte(email), hash)
	if err != nil {
		return err
	}
	change := emailChangeRow{TokenHash: hash, AccountID: row.ID, Sealed: sealed, ExpiresAt: s.Now().Add(changeEmailWithin)}
	if err := s.DB.From(ctx).Create(&change).Error; err != nil {
		return fmt.Errorf("keep change of address: %w", err)
	}
	if email == row.Email {
		return s.mailNewEmail(ctx, email, token)
	}
	if err := s.CredentialChanged(ctx, row.ID, problem.Text{
		De: "Für Ihr Konto soll eine andere E-Mail-Adresse gelten. Sie gilt, sobald sie dort bestätigt wird.",
		En: "Your account is to have another e-mail address. It counts as soon as it is confirmed there.",
	}); err != nil {
		return err
	}
	_, known, err := s.accountByEmail(ctx, email)
	if err != nil {
		return err
	}
	if !known {
		return s.mailNewEmail(ctx, email, token)
	}
	may, err := s.mayMail(ctx, email)
	if err != nil || !may {
		return err
	}
	return s.send(ctx, email, mailKnown(), s.Self.Url+PageSignIn)
}

func (s *Service) mailNewEmail(ctx context.Context, email, token string) error {
	may, err := s.mayMail(ctx, email)
	if err != nil || !may {
		return err
	}
	return s.send(ctx, email, mailNewAddress(), s.Self.Url+PageNewEmail+"#token="+token)
}

// ConfirmEmailChange gives the account its new address and tells the old one. A token that is used, older than an hour, or
// whose address has an account by now is token-used (410).
func (s *Service) ConfirmEmailChange(ctx context.Context, token string) error {
	if err := s.requireHome(); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		change, found, err := one[emailChangeRow](s.DB.From(ctx).Raw(
			"DELETE FROM account_email_changes WHERE token_hash = ? AND expires_at > ? RETURNING *", secret.Hash(token), s.Now()), "change of address")
		if err != nil {
			return err
		}
		if !found {
			return errTokenUsed()
		}
		email, err := s.Keys.Open(sealEmailChange, change.Sealed, change.TokenHash)
		if err != nil {
			return err
		}
		if err := s.arrives(ctx, string(email)); err != nil {
			return err
		}
		if err := s.tellOldAddress(ctx, change.AccountID, string(email)); err != nil {
			return err
		}
		res := s.DB.From(ctx).Exec(`UPDATE accounts SET email = ?, revision = revision + 1 WHERE id = ? AND disabled_at IS NULL
			AND NOT EXISTS (SELECT FROM accounts WHERE email = ? AND id <> ?)`, string(email), change.AccountID, string(email), change.AccountID)
		if res.Error != nil {
			return fmt.Errorf("change address: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return errTokenUsed()
		}
		if err := s.dropResets(ctx, change.AccountID); err != nil { // they went to the old address
			return err
		}
		return s.DB.From(ctx).Where("account_id = ?", change.AccountID).Delete(&emailChangeRow{}).Error
	})
}

// tellOldAddress tells it, while the account still has it, that the account has another one.
func (s *Service) tellOldAddress(ctx context.Context, id uuid.UUID, email string) error {
	row, err := s.account(ctx, id)
	if err != nil || row.Email == email {
		return err
	}
	return s.CredentialChanged(ctx, id, problem.Text{
		De: "Ihr Konto hat jetzt eine andere E-Mail-Adresse. An diese Adresse schreiben wir nicht mehr.",
		En: "Your account has another e-mail address now. We no longer write to this address.",
	})
}

// stopped says since when no mail goes to an address, because mails came back; nil when they go.
func (s *Service) stopped(ctx context.Context, email string) (*time.Time, error) {
	if s.Returns == nil || email == "" {
		return nil, nil
	}
	return s.Returns.Stopped(ctx, email)
}

// arrives notes that somebody has opened a link that was sent to an address.
func (s *Service) arrives(ctx context.Context, email string) error {
	if s.Returns == nil || email == "" {
		return nil
	}
	return s.Returns.Arrives(ctx, email)
}

func mailNewAddress() letter {
	return letter{
		asked:   true,
		subject: problem.Text{De: "Bitte bestätigen Sie Ihre neue E-Mail-Adresse", En: "Please confirm your new e-mail address"},
		text: problem.Text{
			De: `Guten Tag,

Ihr Konto bei {portal} soll diese E-Mail-Adresse bekommen.

Bitte bestätigen Sie die Adresse. Öffnen Sie dazu diesen Link:

{link}

Der Link gilt eine Stunde und nur einmal.

Sie wollten nichts ändern? Dann öffnen Sie den Link bitte nicht.

Freundliche Grüße
{portal}
`,
			En: `Hello,

your account at {portal} is to have this e-mail address.

Please confirm the address by opening this link:

{link}

The link is valid for one hour, and once only.

You did not want to change anything? Then please do not open the link.

Kind regards
{portal}
`,
		},
	}
}
