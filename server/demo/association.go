package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portalverbund/server/platform/envelope"
	"portalverbund/server/platform/keys"
)

// AssociationName is shown on every page.
const AssociationName = "Portalverbund Emsland"

// ProviderID names the waste-disposal provider, as the catalog's channel provider:entsorgung does.
const ProviderID = "entsorgung"

// Account is somebody who can sign in at a demonstration portal.
type Account struct {
	Email, Password       string
	GivenName, FamilyName string
	Roles                 []string // none: a citizen
	Street, HouseNumber   string
	PostalCode, City      string
	BirthDate             string
}

// Site is one portal of the demonstration.
type Site struct {
	Name     string // as typed in commands, and its database's name
	Title    string
	Kind     string // county, municipality, jointMunicipality
	Areas    []string
	Roles    []string
	Port     int
	Prefix   string // of application numbers
	Accounts []Account
}

// sites are the portals: real places; offices, fees and persons are invented.
func sites() []Site {
	clerk := func(place, given, family string) Account {
		return Account{Email: "amt@" + place + ".example", Password: "Amtsstube-im-Emsland", GivenName: given, FamilyName: family, Roles: []string{"clerk", "editor", "publisher", "admin"}} //nolint:gosec // of the demonstration, and shown by it
	}
	treasurer := func(place, given, family string) Account {
		return Account{Email: "kasse@" + place + ".example", Password: "Schatzkammer-im-Emsland", GivenName: given, FamilyName: family, Roles: []string{"treasurer"}}
	}
	approver := func(place, given, family string) Account { // the second pair of eyes
		a := treasurer(place, given, family)
		a.Email = "kassenleitung@" + place + ".example"
		return a
	}
	editor := func(place, given, family string) Account {
		return Account{Email: "redaktion@" + place + ".example", Password: "Schreibstube-im-Emsland", GivenName: given, FamilyName: family, Roles: []string{"editor", "publisher"}} //nolint:gosec // of the demonstration, and shown by it
	}
	return []Site{
		{
			Name: "landkreis", Title: "Landkreis Emsland", Kind: "county", Areas: []string{"03454"},
			Roles: []string{"anchor", "accountHome", "portal"}, Port: 8080, Prefix: "EL",
			Accounts: []Account{
				clerk("landkreis", "Lena", "Landrat"),
				editor("landkreis", "Rieke", "Redlich"),
				treasurer("landkreis", "Karla", "Kassenbuch"),
				{Email: "revision@landkreis.example", Password: "Prüfstube-im-Emsland", GivenName: "Rita", FamilyName: "Revision", Roles: []string{"auditor"}}, //nolint:gosec // of the demonstration, and shown by it
				{ //nolint:gosec // of the demonstration, and shown by it
					Email: "clara.beispiel@example.org", Password: "Sonnenblume-im-Garten", GivenName: "Clara", FamilyName: "Beispiel",
					Street: "Lange Straße", HouseNumber: "7", PostalCode: "49716", City: "Meppen", BirthDate: "1988-04-12",
				},
			},
		},
		{
			Name: "meppen", Title: "Stadt Meppen", Kind: "municipality", Areas: []string{"034540035035"},
			Roles: []string{"portal"}, Port: 8081, Prefix: "MEP", Accounts: []Account{clerk("meppen", "Mats", "Marktplatz"), editor("meppen", "Mina", "Merkblatt"), treasurer("meppen", "Moritz", "Münze"), approver("meppen", "Mieke", "Mahnung")},
		},
		{
			Name: "lathen", Title: "Samtgemeinde Lathen", Kind: "jointMunicipality", Areas: []string{"034545404"},
			Roles: []string{"portal"}, Port: 8082, Prefix: "LAT", Accounts: []Account{clerk("lathen", "Luise", "Lindenhof"), editor("lathen", "Lars", "Lesbar"), treasurer("lathen", "Lotte", "Listig")},
		},
	}
}

// ports are where the association listens. They are kept, since a portal's address is its identity: other ports make
// another association, with databases of its own.
type ports struct {
	Portals  map[string]int `json:"portals"`
	Provider int            `json:"provider"`
	Mail     int            `json:"mail"`
	SMTP     int            `json:"smtp"`
	Finder   int            `json:"finder"`
	BundID   int            `json:"bundId"`
	MUK      int            `json:"muk"`
	Payment  int            `json:"payment"`
	FIT      int            `json:"fit"`
}

// set names the databases and folders that belong to these ports.
func (p ports) set(all []Site) string {
	usual := true
	var parts []string
	for _, s := range all {
		parts = append(parts, strconv.Itoa(p.Portals[s.Name]))
		usual = usual && p.Portals[s.Name] == s.Port
	}
	if usual && p.Provider == providerPort {
		return "demo"
	}
	return "demo_" + strings.Join(append(parts, strconv.Itoa(p.Provider)), "_")
}

const (
	providerPort = 8090
	mailPort     = 8025
	smtpPort     = 8026
	finderPort   = 8091
	bundIDPort   = 8092
	mukPort      = 8093
	paymentPort  = 8094
	fitPort      = 8095
)

// reservation keeps ports for this demonstration until its programs take them.
type reservation struct{ listeners []net.Listener }

// release lets go of all ports.
func (r *reservation) release() {
	for _, l := range r.listeners {
		_ = l.Close()
	}
	r.listeners = nil
}

// take reserves a port, if nobody listens on it on either loopback address.
func (r *reservation) take(port int) bool {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", address)
	if err != nil {
		return false
	}
	dialer := net.Dialer{Timeout: 200 * time.Millisecond}
	if conn, err := dialer.DialContext(context.Background(), "tcp6", net.JoinHostPort("::1", strconv.Itoa(port))); err == nil {
		_ = conn.Close()
		_ = l.Close()
		return false
	}
	r.listeners = append(r.listeners, l)
	return true
}

// next reserves the wanted port where it is free, else the next free one, and says so.
func (r *reservation) next(what string, wanted int, say func(string, ...any)) (int, error) {
	for port := wanted; port < wanted+1000; port++ {
		if !r.take(port) {
			continue
		}
		if port != wanted {
			say("Port %d is taken: %s uses %d.", wanted, what, port)
		}
		return port, nil
	}
	return 0, fmt.Errorf("no free port from %d on for %s", wanted, what)
}

// choosePorts takes the usual ports, shifted, or the next free ones. They stay reserved until they are released.
func choosePorts(all []Site, shift int, say func(string, ...any)) (ports, *reservation, error) {
	p, r := ports{Portals: map[string]int{}}, &reservation{}
	choose := func(what string, wanted int) (int, error) { return r.next(what, wanted+shift, say) }
	var err error
	for _, s := range all {
		if p.Portals[s.Name], err = choose(s.Title, s.Port); err != nil {
			return p, r, err
		}
	}
	if p.Provider, err = choose("the waste-disposal provider", providerPort); err != nil {
		return p, r, err
	}
	if p.Mail, err = choose("the page with sent mail", mailPort); err != nil {
		return p, r, err
	}
	if p.SMTP, err = choose("the mail server", smtpPort); err != nil {
		return p, r, err
	}
	if p.Finder, err = choose("the Behördenfinder", finderPort); err != nil {
		return p, r, err
	}
	if p.BundID, err = choose("the BundID", bundIDPort); err != nil {
		return p, r, err
	}
	if p.MUK, err = choose("Mein Unternehmenskonto", mukPort); err != nil {
		return p, r, err
	}
	if p.Payment, err = choose("the payment service", paymentPort); err != nil {
		return p, r, err
	}
	p.FIT, err = choose("FIT-Connect", fitPort)
	return p, r, err
}

type memberEntry struct {
	ID    string             `json:"id"`
	Name  string             `json:"name"`
	URL   string             `json:"url"`
	Kind  string             `json:"kind"`
	Areas []string           `json:"areas"`
	Roles []string           `json:"roles"`
	JWKS  jose.JSONWebKeySet `json:"jwks"`
}

type membersFile struct {
	Name    string        `json:"name"`
	Members []memberEntry `json:"members"`
}

type providerEntry struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	DeliveryURL   string   `json:"deliveryUrl"`
	WebhookSecret string   `json:"webhookSecret"`
	ClientID      string   `json:"clientId"`
	ClientSecret  string   `json:"clientSecret"`
	URL           string   `json:"url"`
	RedirectURIs  []string `json:"redirectUris"`
	LogoutURI     string   `json:"backChannelLogoutUri"`
	Scopes        []string `json:"scopes"`
}

type providersFile struct {
	Providers []providerEntry `json:"providers"`
}

// ownKeys loads the keys of a folder, or makes keys of a demonstration there; so it does with the master keys of the documents safe.
func ownKeys(dir string) (*keys.Set, error) {
	if err := masterKeys(dir); err != nil {
		return nil, err
	}
	set, err := keys.Load(dir)
	if !errors.Is(err, keys.ErrMissing) {
		return set, err
	}
	if set, err = keys.New(true); err != nil {
		return nil, err
	}
	return set, set.Save(dir)
}

func masterKeys(dir string) error {
	_, err := envelope.Load(dir)
	if !errors.Is(err, envelope.ErrMissing) {
		return err
	}
	ring, err := envelope.New(true)
	if err != nil {
		return err
	}
	return ring.Save(dir)
}

// writeJSON replaces a file, readable by its owner only.
func writeJSON(path string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(path+".new", path)
}

// readJSON reads a file into value, which stays as it is when there is no file.
func readJSON(path string, value any) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if err := json.Unmarshal(data, value); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}
