package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"time"
)

//go:embed assets
var assets embed.FS

// pages are the templates, each with the common frame, and the style sheet.
type pages struct {
	templates map[string]*template.Template
	css       []byte
}

func loadPages() (pages, error) {
	p := pages{templates: map[string]*template.Template{}}
	for _, name := range []string{"signin", "orders", "mine", "message"} {
		t, err := template.ParseFS(assets, "assets/frame.html", "assets/"+name+".html")
		if err != nil {
			return p, fmt.Errorf("read page: %w", err)
		}
		p.templates[name] = t
	}
	css, err := assets.ReadFile("assets/style.css")
	if err != nil {
		return p, fmt.Errorf("read style sheet: %w", err)
	}
	p.css = css
	return p, nil
}

func (p pages) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(p.css) // the reader has gone when it fails
}

// What the pages show.
type (
	signInPage  struct{ Error string }
	messagePage struct{ Title, Text, Link, LinkText string }
	ordersPage  struct {
		Error, Today string
		Orders       []orderCard
	}
	minePage struct {
		SignedIn    bool
		Name, Error string
		Orders      []orderCard
	}
	orderCard struct {
		order

		StateWord, Name, Street, Town, Place, Received, Day, Proposed string
		Things                                                        []string
		Working                                                       bool
		Waiting                                                       int // reports on their way to the portal
	}
)

// show writes a page.
func (c *company) show(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := c.pages.templates[name].ExecuteTemplate(&b, "frame", data); err != nil {
		c.log.Error("page not written", "page", name, "error", err)
		http.Error(w, "Das hat nicht geklappt.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the reader has gone when it fails
}

func (c *company) notFound(w http.ResponseWriter, _ *http.Request) {
	c.show(w, http.StatusNotFound, "message", messagePage{Title: "Diese Seite gibt es nicht", Text: "Vielleicht haben Sie sich vertippt.", Link: "/", LinkText: "Zur Startseite"})
}

// card puts an order into words.
func card(o order) orderCard {
	a, p := o.Data.Applicant, o.Data.Pickup
	k := orderCard{
		order: o, StateWord: stateWord(o.State), Name: join(a.GivenName, a.FamilyName), Street: join(a.Street, a.HouseNumber), Town: join(a.PostalCode, a.City),
		Received: o.ReceivedAt.In(berlin()).Format("02.01.2006, 15:04 Uhr"), Working: o.State == stateNew || o.State == stateScheduled, Proposed: o.Pickup,
	}
	if p.Address == "other" {
		k.Street, k.Town = join(p.Street, p.HouseNumber), join(p.PostalCode, p.City)
	}
	if k.Proposed == "" {
		k.Proposed = p.PreferredDate
	}
	if day, err := time.ParseInLocation(dateFormat, o.Pickup, berlin()); err == nil {
		k.Day = germanDay(day)
	}
	k.Place = map[string]string{"kerb": "am Straßenrand", "corner": "an der Straßenecke", "yard": "auf dem Grundstück"}[p.Location]
	for _, thing := range o.Data.Items.Objects {
		word := thingWord(thing.Kind)
		if thing.Note != "" {
			word += " (" + thing.Note + ")"
		}
		k.Things = append(k.Things, fmt.Sprintf("%d × %s", thing.Count, word))
	}
	for _, r := range o.Reports {
		if r.open() {
			k.Waiting++
		}
	}
	return k
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

func stateWord(s state) string {
	switch s {
	case stateNew:
		return "Neu"
	case stateScheduled:
		return "Termin zugesagt"
	case stateDone:
		return "Erledigt"
	case stateCancelled:
		return "Zurückgezogen"
	}
	return string(s)
}

func thingWord(kind string) string {
	words := map[string]string{
		"sofa": "Sofa", "wardrobe": "Schrank", "table": "Tisch", "bed": "Bett", "mattress": "Matratze", "carpet": "Teppich",
		"bicycle": "Fahrrad", "appliance": "Elektrogerät", "other": "Anderes",
	}
	if word, known := words[kind]; known {
		return word
	}
	return kind
}

// germanDay writes a day out: Donnerstag, 3. Dezember 2026.
func germanDay(day time.Time) string {
	days := []string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
	months := []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
	return fmt.Sprintf("%s, %d. %s %d", days[day.Weekday()], day.Day(), months[day.Month()-1], day.Year())
}

// berlin is the time zone in which the company's days begin.
func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err) // it is part of the program
	}
	return zone
}
