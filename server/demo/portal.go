package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/uuid"

	"portalverbund/db"
	"portalverbund/server/app"
)

// PortalOptions say which portal is run beside the demonstration.
type PortalOptions struct {
	Name, ARS, Kind string
	Port            int
	Data            string // folder of the demonstration
	SPA             string
	Out             io.Writer
}

const (
	portalAdmin    = "amt@portal.example"
	portalCitizen  = "buergerin@portal.example"
	portalPassword = "Amtsstube-im-Emsland" //nolint:gosec // of the demonstration, and shown by it
)

// RunPortal runs one more portal, on a database of its own, until ctx ends. It belongs to no association: its
// administrator joins one in its pages.
func RunPortal(ctx context.Context, o PortalOptions) error {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(o.Out, "› "+format+"\n", args...) } // nobody reads it when this fails
	reserved := &reservation{}
	defer reserved.release()
	port, err := reserved.next(o.Name, o.Port, say)
	if err != nil {
		return err
	}
	data, err := filepath.Abs(filepath.Join(o.Data, "portal-"+strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if err := os.MkdirAll(data, 0o755); err != nil { //nolint:gosec // the database's user must pass through it; what is in it is private
		return fmt.Errorf("data folder: %w", err)
	}
	address := "http://localhost:" + strconv.Itoa(port)
	c := app.Config{
		Mode: app.Demonstration, PublicURL: address, Listen: "127.0.0.1:" + strconv.Itoa(port), Data: data, Keys: filepath.Join(data, "keys"),
		Name: o.Name, Kind: o.Kind, Areas: []string{o.ARS}, SPA: o.SPA, NumberPrefix: "NEU", LogLevel: "warn", LogFormat: "text", MailFrom: "portal@portal.example",
		Timeout: 30 * time.Second, UploadTimeout: 10 * time.Minute, MaxConcurrent: 256, Rate: 500, RateBurst: 2000, DrainTimeout: 5 * time.Second,
	}
	log := c.Logger()
	say("Starting PostgreSQL …")
	postgres, err := db.StartEmbedded(context.WithoutCancel(ctx), db.EmbeddedOptions{DataDir: data, Log: log})
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_ = postgres.Stop(end) // it is ending anyway
	}()
	if err := postgres.CreateDatabase(ctx, "portal"); err != nil {
		return err
	}
	c.Database, c.DatabaseOwner = postgres.WorkURL("portal"), postgres.URL("portal")
	catalog, err := smallCatalog(o, address)
	if err != nil {
		return err
	}
	say("Filling %s: places of Germany, an office, a service, an account …", o.Name)
	seed := app.Seed{Name: "portal.jsonl", Catalog: catalog, Accounts: []app.SeedAccount{{
		Email: portalAdmin, Password: portalPassword, GivenName: "Petra", FamilyName: "Portal", Roles: []string{"clerk", "editor", "publisher", "admin"},
	}, { // where the portal keeps accounts
		Email: portalCitizen, Password: portalPassword, GivenName: "Bente", FamilyName: "Beispiel", BirthDate: "1985-09-30",
	}}}
	if err := app.Prepare(ctx, c, seed, log); err != nil {
		return err
	}
	reserved.release()
	served := make(chan error, 1)
	go func() { served <- app.Serve(ctx, c) }()
	client := &http.Client{Timeout: time.Second}
	for !isReady(ctx, client, address+"/readyz") {
		select {
		case err := <-served:
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
	say("%s is running: %s", o.Name, address)
	say("Join an association: %s/verwaltung/verbund  (%s, %s)", address, portalAdmin, portalPassword)
	say("End: Ctrl-C")
	return <-served
}

// smallCatalog is what the new portal offers: something to be found at the others.
func smallCatalog(o PortalOptions, address string) ([]byte, error) {
	id := func(what string) string { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(address+"/"+what)).String() }
	text := func(de, en string) map[string]string { return map[string]string{"de": de, "en": en} }
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	for _, entry := range []map[string]any{
		{
			"kind": "organisation", "id": id("office"), "name": text(o.Name, o.Name),
			"address": map[string]string{"street": "Beispielstraße", "houseNumber": "1", "postalCode": "26871", "city": o.Name}, "email": "rathaus@portal.example",
		},
		{
			"kind": "service", "id": id("service"), "updatedAt": "2026-01-01T00:00:00Z", "title": text("Ehrenamtskarte "+o.Name, "Volunteer card "+o.Name),
			"teaser":      text("Wer sich ehrenamtlich engagiert, bekommt Ermäßigungen in Bädern, Museen und Büchereien.", "Who volunteers gets reductions at pools, museums and libraries."),
			"description": text("<p>Die Karte gilt drei Jahre. Sie wird im Rathaus ausgestellt.</p>", "<p>The card is valid for three years. It is issued at the town hall.</p>"),
		},
		{"kind": "competence", "id": id("competence"), "serviceId": id("service"), "organisationId": id("office"), "area": o.ARS},
	} {
		if err := lines.Encode(entry); err != nil {
			return nil, fmt.Errorf("catalog: %w", err)
		}
	}
	return out.Bytes(), nil
}
