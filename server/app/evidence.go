package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/delivery"
	"portalverbund/server/federation"
)

// ExportLog writes the portal's message log to a file (a new one, or with - to out).
func ExportLog(ctx context.Context, c Config, path string, out io.Writer) (err error) {
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	if path == "-" {
		return a.federation.ExportLog(ctx, out)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("export message log: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return a.federation.ExportLog(ctx, file)
}

// VerifyLog checks the message log of the portal's own database and says what it found.
func VerifyLog(ctx context.Context, c Config, out io.Writer) error {
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	report, err := a.federation.VerifyLog(ctx)
	return tellLog(out, a.self.Id, report, err)
}

// VerifyLogFile checks an exported message log with the public keys in a list of members: without database, private
// keys and network.
func VerifyLogFile(ctx context.Context, c Config, path string, out io.Writer) error {
	trust, err := publicKeys(c)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("verify message log: %w", err)
	}
	defer file.Close()
	portal, report, err := federation.VerifyLogFile(ctx, trust, file)
	return tellLog(out, portal, report, err)
}

// publicKeys reads the list of members, which is all that verifying needs.
func publicKeys(c Config) (*federation.TrustFile, error) {
	if c.Members == "" {
		return nil, errors.New("name the list of members with their public keys: --members")
	}
	return federation.ReadTrustFile(c.Members, c.Logger())
}

// largestExport bounds what is read of an export.
const largestExport = 64 << 20

// statedApplication is what an export says of an application: of one (the receipt that the portal shows) or among all
// that a portal has about a person.
type statedApplication struct {
	ID          uuid.UUID  `json:"id"`
	Number      string     `json:"number"`
	ContentHash string     `json:"contentHash"`
	Receipt     string     `json:"receipt"`
	Signed      string     `json:"signedReceipt"`
	ArrivedAt   *time.Time `json:"arrivedAt"`
	Portal      struct {
		ID string `json:"id"`
	} `json:"portal"`
}

// VerifyApplication checks the receipts in an export (JSON or JSON Lines) with the public keys in a list of members:
// without database, private keys and network. It says of each what it proves; the error names the first that is not
// right, or says that there is none.
func VerifyApplication(ctx context.Context, c Config, path string, out io.Writer) error {
	trust, err := publicKeys(c)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("verify application: %w", err)
	}
	defer file.Close()
	values := json.NewDecoder(io.LimitReader(file, largestExport))
	found := 0
	for {
		var value json.RawMessage
		if err := values.Decode(&value); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("verify application: the file is not an export in JSON: %w", err)
		}
		if err := eachStated(value, func(a statedApplication) error {
			found++
			return verifyStated(ctx, trust, a, out)
		}); err != nil {
			return err
		}
	}
	if found == 0 {
		return errors.New("verify application: there is no receipt in this file; it comes once the authority's portal has the application")
	}
	return nil
}

// eachStated visits every application with a receipt, wherever in the export it stands.
func eachStated(value json.RawMessage, visit func(statedApplication) error) error {
	var members map[string]json.RawMessage
	var items []json.RawMessage
	if json.Unmarshal(value, &members) != nil {
		_ = json.Unmarshal(value, &items) // neither an object nor a list: nothing in it
	}
	var a statedApplication
	if members != nil && json.Unmarshal(value, &a) == nil && a.Receipt+a.Signed != "" {
		return visit(a)
	}
	for _, member := range members {
		items = append(items, member)
	}
	for _, item := range items {
		if err := eachStated(item, visit); err != nil {
			return err
		}
	}
	return nil
}

func verifyStated(ctx context.Context, trust federation.Trust, a statedApplication, out io.Writer) error {
	text := a.Signed
	if text == "" {
		text = a.Receipt
	}
	proof, err := federation.VerifyReceipt(ctx, trust, text)
	if err != nil {
		return fmt.Errorf("application %s: %w", a.Number, err)
	}
	switch {
	case proof.Kind != delivery.KindSubmitted:
		return fmt.Errorf("application %s: the receipt is for a message of kind %q", a.Number, proof.Kind)
	case a.ID != uuid.Nil && a.ID != proof.Subject:
		return fmt.Errorf("application %s: the receipt is for another application, %s", a.Number, proof.Subject)
	case a.ContentHash == "" || a.ContentHash != proof.Stated:
		return fmt.Errorf("application %s: the receipt is for other content: %q, not %q", a.Number, proof.Stated, a.ContentHash)
	case a.Portal.ID != "" && a.Portal.ID != proof.Receiver:
		return fmt.Errorf("application %s: signed by %s, not by %s", a.Number, proof.Receiver, a.Portal.ID)
	case a.ArrivedAt != nil && !a.ArrivedAt.Equal(proof.ArrivedAt):
		return fmt.Errorf("application %s: the receipt says that it arrived at %s", a.Number, proof.ArrivedAt.Format(time.RFC3339))
	}
	_, err = fmt.Fprintf(out, "Application %s: %s has signed that content with the hash %s arrived on %s.\n",
		a.Number, proof.Receiver, proof.Stated, proof.ArrivedAt.UTC().Format("2006-01-02 at 15:04:05 UTC"))
	return err
}

func tellLog(out io.Writer, portal string, report federation.LogReport, err error) error {
	if err != nil {
		_, _ = fmt.Fprintf(out, "%s: %d entries are whole, and then:\n", portal, report.Entries)
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %d entries, none changed, added, moved or removed; %d receipts are right, %d are signed with keys that are not listed any more. Last hash: %s\n",
		portal, report.Entries, report.Receipts, report.UnknownKeys, report.Hash)
	return err
}
