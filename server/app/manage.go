package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/identity/saml"
	"portalverbund/server/platform/envelope"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

// Migrate brings the database to this version and ends.
func Migrate(ctx context.Context, c Config) error {
	a := &App{config: c, log: c.Logger()}
	defer a.Close()
	return a.openDatabase(ctx)
}

// Import imports files and folders, each as a run of its own, and writes a report on each.
func Import(ctx context.Context, c Config, files []string, o ImportOptions, out io.Writer) error {
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	if _, _, err := a.places.Ensure(ctx); err != nil {
		return err
	}
	for _, file := range files {
		report, err := a.importFile(ctx, file, o)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\n", report); err != nil {
			return err
		}
	}
	return nil
}

// MakeIdentityKey writes a new key with its certificate for the link to a SAML identity provider. It replaces no file.
func MakeIdentityKey(c Config, file string) error {
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return fmt.Errorf("PORTAL_PUBLIC_URL: %w", err)
	}
	text, err := saml.NewKey(u.Hostname(), !c.production(), time.Now())
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	if _, err := f.Write(text); err != nil {
		_ = f.Close()
		return fmt.Errorf("write key: %w", err)
	}
	return f.Close()
}

// MakeKeys makes keys where there are none, and writes the public ones as an entry for the list of members.
func MakeKeys(c Config, out io.Writer) error {
	set, err := keys.Load(c.keysFolder())
	if errors.Is(err, keys.ErrMissing) {
		if set, err = keys.New(!c.production()); err == nil {
			err = set.Save(c.keysFolder())
		}
	}
	if err != nil {
		return err
	}
	if err := makeMasterKeys(c); err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(c.publicEntry(set.Public()))
}

// makeMasterKeys makes the master keys of the documents safe where there are none.
func makeMasterKeys(c Config) error {
	_, err := envelope.Load(c.keysFolder())
	if !errors.Is(err, envelope.ErrMissing) {
		return err
	}
	ring, err := envelope.New(!c.production())
	if err != nil {
		return err
	}
	return ring.Save(c.keysFolder())
}

// RotateSafeKey adds a master key of the documents safe, which wraps the keys of documents from the next start on; a job then wraps those anew
// that the keys before have wrapped.
func RotateSafeKey(c Config) error {
	ring, err := envelope.Load(c.keysFolder())
	if err != nil {
		return err
	}
	if ring, err = ring.Rotate(); err != nil {
		return err
	}
	return ring.Save(c.keysFolder())
}

// PruneSafeKeys removes the master keys of the documents safe before the present one, once no document's key is wrapped by them, and says how
// many. Processes that were started before the present key was added must have ended: they wrap by the one before.
func PruneSafeKeys(ctx context.Context, c Config, out io.Writer) error {
	ring, err := envelope.Load(c.keysFolder())
	if err != nil {
		return err
	}
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	present, err := ring.Current()
	if err != nil {
		return err
	}
	left, err := a.safe.WrappedByOthers(ctx, present)
	if err != nil {
		return err
	}
	if left > 0 {
		return fmt.Errorf("the keys of %d documents are wrapped by older master keys; the running portal wraps them anew when it sweeps next", left)
	}
	pruned, removed, err := ring.Prune()
	if err != nil {
		return err
	}
	if err := pruned.Save(c.keysFolder()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Removed %d master keys.\n", removed)
	return err
}

// CreateStaff creates a staff account at this portal.
func CreateStaff(ctx context.Context, c Config, email, name, password string, roles []string) error {
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	_, err = a.accounts.CreateStaff(ctx, email, name, password, roles)
	return err
}

// TakeReturned reads a message that came to the address for mails that come back, as a mail server hands it over, and notes that a mail has not arrived.
// An application that was in the mail is not at its office, then: it is parked, and everybody is told.
// A message of any other kind is of no use, and no error: nobody could be told.
func TakeReturned(ctx context.Context, c Config, recipient string, message io.Reader, out io.Writer) error {
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	err = a.db.Tx(ctx, func(ctx context.Context) error {
		back, err := a.returns.Take(ctx, recipient, message)
		if err != nil {
			return err
		}
		return a.delivery.MailReturned(ctx, back)
	})
	if errors.Is(err, mail.ErrNoReport) {
		_, _ = fmt.Fprintln(out, "nothing noted:", err)
		return nil
	}
	return err
}

// ResetStaffFactors sets back what somebody who works at this portal signs in with; who is a mail address or an account's id.
func ResetStaffFactors(ctx context.Context, c Config, who string) error {
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	return a.accounts.ResetFactorsByOperator(ctx, who)
}

// EndSessions ends all sessions of an account; who is a mail address or an account's id.
func EndSessions(ctx context.Context, c Config, who string) error {
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	return a.accounts.EndSessionsByOperator(ctx, who)
}

// ListErasures writes whose data was deleted at this portal, for EraseAgain.
func ListErasures(ctx context.Context, c Config, out io.Writer) error {
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	_, err = a.accounts.Erasures(ctx, out)
	return err
}

// EraseAgain deletes whom a list names, after a backup was restored that has them still.
func EraseAgain(ctx context.Context, c Config, list io.Reader, out io.Writer) error {
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	n, err := a.accounts.Erase(ctx, list)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d people of the list are deleted.\n", n)
	return err
}

// SeedAccount is an account that a demonstration begins with.
type SeedAccount struct {
	Email, Password       string
	GivenName, FamilyName string
	Roles                 []string // none: a citizen
	Street, HouseNumber   string
	PostalCode, City      string
	BirthDate             string
}

// Seed is what a demonstration portal is filled with.
type Seed struct {
	Name     string // of the catalog, for messages
	Catalog  []byte // JSON Lines
	Accounts []SeedAccount
	Sources  []SeedSource
}

// Prepare fills a portal. Doing it again changes only what has changed.
func Prepare(ctx context.Context, c Config, seed Seed, log *slog.Logger) error {
	a, err := Open(ctx, c, log)
	if err != nil {
		return err
	}
	defer a.Close()
	if _, _, err := a.places.Ensure(ctx); err != nil {
		return err
	}
	report, err := a.importCatalog(ctx, seed.Name, bytes.NewReader(seed.Catalog))
	if err != nil {
		return fmt.Errorf("import %s: %w", seed.Name, err)
	}
	if len(report.Skipped) > 0 {
		return fmt.Errorf("import %s: %s", seed.Name, report)
	}
	for _, account := range seed.Accounts {
		if err := a.seedAccount(ctx, account); err != nil {
			return fmt.Errorf("account %s: %w", account.Email, err)
		}
	}
	for _, source := range seed.Sources {
		if err := a.seedSource(ctx, source); err != nil {
			return fmt.Errorf("source %s: %w", source.Name, err)
		}
	}
	return nil
}

func (a *App) seedAccount(ctx context.Context, s SeedAccount) error {
	_, err := a.accounts.AccountID(ctx, s.Email)
	if err == nil {
		return nil
	}
	if p := problem.From(err); p.Status != 404 {
		return err
	}
	if len(s.Roles) > 0 {
		_, err = a.accounts.CreateStaff(ctx, s.Email, s.GivenName+" "+s.FamilyName, s.Password, s.Roles)
		return err
	}
	data := types.ProfileData{GivenName: s.GivenName, FamilyName: s.FamilyName, Street: &s.Street, HouseNumber: &s.HouseNumber, PostalCode: &s.PostalCode, City: &s.City}
	birth := new(types.ProfileData)
	if err := json.Unmarshal([]byte(`{"birthDate":"`+s.BirthDate+`"}`), birth); err != nil {
		return fmt.Errorf("birth date: %w", err)
	}
	data.BirthDate = birth.BirthDate
	_, err = a.accounts.CreateCitizen(ctx, s.Email, s.Password, data)
	return err
}
