package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"portalverbund/server/audit"
	"portalverbund/server/federation/association"
	"portalverbund/server/platform/outbound"
)

// openAssociation opens the database of a portal and its place in the association, and nothing else. Close the App.
func openAssociation(ctx context.Context, c Config, log *slog.Logger) (_ *App, err error) {
	a := &App{config: c, log: log}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if err := c.checkKeys(); err != nil { // what the association knows of this portal must last
		return nil, err
	}
	if a.keys, err = c.keys(); err != nil {
		return nil, err
	}
	if err := a.openDatabase(ctx); err != nil {
		return nil, err
	}
	a.association, err = a.makeAssociation(ctx)
	return a, err
}

func (a *App) makeAssociation(ctx context.Context) (*association.Service, error) {
	c := a.config
	title := c.Association
	if title == "" {
		title = c.Name
	}
	return association.New(ctx, association.Config{
		ID: c.PublicURL, DB: a.db, Keys: a.keys, Title: title, Version: version(), Outbound: outbound.Options{AllowLoopback: !c.production()},
		Audit: audit.New(a.db, time.Now), Log: a.log, Now: c.Now, Fixed: c.Members != "", Own: association.Profile{Name: c.Name, Kind: c.Kind, Areas: c.Areas, Roles: standingAlone()},
	})
}

// Link makes an association of portals that one operator has at hand: the first is its anchor. Those that have joined
// something before, or left it, stay where they are.
func Link(ctx context.Context, anchor Config, members []Config, log *slog.Logger) error {
	var services []*association.Service
	for _, c := range append([]Config{anchor}, members...) {
		a, err := openAssociation(ctx, c, log)
		if err != nil {
			return err
		}
		defer a.Close()
		services = append(services, a.association)
	}
	return association.Establish(ctx, services[0], services[1:]...)
}

// Federation is one act of an operator on the association, as the commands of that name do it.
type Federation struct {
	Config Config
	Out    io.Writer
}

// with opens the portal's place in the association for an act.
func (f Federation) with(ctx context.Context, act func(*association.Service) error) error {
	a, err := openAssociation(ctx, f.Config, f.Config.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	return act(a.association)
}

func (f Federation) say(format string, args ...any) error {
	_, err := fmt.Fprintf(f.Out, format+"\n", args...)
	return err
}

// Show says where the portal stands, who is a member and who asks.
func (f Federation) Show(ctx context.Context) error {
	return f.with(ctx, func(s *association.Service) error {
		return s.Report(ctx, f.Out)
	})
}

// Join asks an anchor for membership. Without a fingerprint it only shows the one to be compared.
func (f Federation) Join(ctx context.Context, anchor, fingerprint string, home bool, words string) error {
	return f.with(ctx, func(s *association.Service) error {
		seen, err := s.Look(ctx, anchor)
		if err != nil {
			return err
		}
		if fingerprint == "" {
			return f.say("%s (%s) leads %q.\nFingerprint of its key:\n  %s\nCompare it with what its administrator tells you, then run this again with --fingerprint.", seen.Name, seen.ID, seen.Title, seen.Fingerprint)
		}
		roles := []string{"portal"}
		if home {
			roles = append(roles, "accountHome")
		}
		c := f.Config
		if err := s.Join(ctx, association.Wish{
			Anchor: anchor, Fingerprint: fingerprint, Words: words, Profile: association.Profile{Name: c.Name, Kind: c.Kind, Areas: c.Areas, Roles: roles},
		}); err != nil {
			return err
		}
		own, err := s.Fingerprint(ctx)
		if err != nil {
			return err
		}
		return f.say("%s is asked. Tell its administrator the fingerprint of this portal's key:\n  %s", seen.Name, own)
	})
}

// Leave ends the membership.
func (f Federation) Leave(ctx context.Context, words string) error {
	return f.with(ctx, func(s *association.Service) error { return s.Leave(ctx, words) })
}

// Decide grants, refuses or removes a portal by its address.
func (f Federation) Decide(ctx context.Context, act, portal, fingerprint, reason string, areas []string, home bool) error {
	return f.with(ctx, func(s *association.Service) error {
		id, asked, err := s.Find(ctx, strings.TrimRight(portal, "/"))
		if err != nil {
			return err
		}
		switch act {
		case "grant":
			if len(areas) == 0 {
				areas = asked.Areas
			}
			return s.Grant(ctx, id, association.Decision{Fingerprint: fingerprint, Areas: areas, AccountHome: home})
		case "refuse":
			return s.Refuse(ctx, id, reason)
		case "remove":
			return s.Remove(ctx, id, reason)
		}
		return errors.New("unknown act")
	})
}

// Rotate makes the next keys.
func (f Federation) Rotate(ctx context.Context, ofFederation, atOnce bool) error {
	return f.with(ctx, func(s *association.Service) error { return s.RotateKeys(ctx, ofFederation, atOnce) })
}

// ErrFound is returned by Doctor when something is wrong.
var ErrFound = errors.New("something is wrong; see above")

// Doctor looks for what is wrong with the link to others and says what to do about it.
func (f Federation) Doctor(ctx context.Context) error {
	return f.with(ctx, func(s *association.Service) error {
		findings, err := s.Examine(ctx)
		if err != nil {
			return err
		}
		wrong := false
		for _, finding := range findings {
			mark := "ok     "
			switch finding.Level {
			case association.Warning:
				mark = "warning"
			case association.Wrong:
				mark, wrong = "WRONG  ", true
			}
			if err := f.say("%s  %s: %s", mark, finding.About, finding.What); err != nil {
				return err
			}
			if finding.Do != "" {
				if err := f.say("         → %s", finding.Do); err != nil {
					return err
				}
			}
		}
		if wrong {
			return ErrFound
		}
		return nil
	})
}
