package main

import (
	"context"
	"os"

	"portalverbund/server/app"
	"portalverbund/server/demo"
)

type portalCommand struct {
	Name string `required:"" help:"Name of the portal, such as \"Stadt Papenburg\"."`
	ARS  string `required:"" help:"Regional key of its area, such as 034540041041."`
	Kind string `enum:"county,jointMunicipality,municipality" default:"municipality" help:"Whose portal it is."`
	Port int    `default:"8083" help:"Port to listen on."`
	Data string `env:"PORTAL_DATA" default:".data" help:"Folder for what it keeps; it gets one of its own in it."`
	SPA  string `env:"PORTAL_SPA" default:"frontend/dist" help:"Folder with the built pages."`
}

// Run runs the portal until the context ends.
func (c *portalCommand) Run(ctx context.Context) error {
	return demo.RunPortal(ctx, demo.PortalOptions{Name: c.Name, ARS: c.ARS, Kind: c.Kind, Port: c.Port, Data: c.Data, SPA: c.SPA, Out: os.Stdout})
}

type federationCommand struct {
	Show   federationShow   `cmd:"" help:"Where this portal stands, who is a member, who asks."`
	Join   federationJoin   `cmd:"" help:"Ask an anchor to be admitted. Without --fingerprint the one to compare is shown."`
	Leave  federationLeave  `cmd:"" help:"Leave the association, or take the request back."`
	Grant  federationGrant  `cmd:"" help:"Admit a portal that has asked."`
	Refuse federationRefuse `cmd:"" help:"Turn down a portal that has asked."`
	Remove federationRemove `cmd:"" help:"Remove a member. All others refuse it within minutes."`
	Rotate federationRotate `cmd:"" help:"Make the next keys; the former ones stay good until nothing signed with them can be under way."`
	Doctor federationDoctor `cmd:"" help:"Find what is wrong with the link to the others, and say what to do. Ends with 1 when something is."`
}

func acts(c app.Config) app.Federation { return app.Federation{Config: c, Out: os.Stdout} }

type federationShow struct {
	app.Config `embed:""`
}

// Run shows the association.
func (c *federationShow) Run(ctx context.Context) error { return acts(c.Config).Show(ctx) }

type federationJoin struct {
	Anchor      string `arg:"" help:"Address of the portal that leads the association."`
	Fingerprint string `help:"Fingerprint of its key, as its administrator has told it."`
	AccountHome bool   `help:"Ask to keep accounts that the association accepts."`
	Words       string `help:"Words for its administrator."`
	app.Config  `embed:""`
}

// Run asks.
func (c *federationJoin) Run(ctx context.Context) error {
	return acts(c.Config).Join(ctx, c.Anchor, c.Fingerprint, c.AccountHome, c.Words)
}

type federationLeave struct {
	Words      string `help:"Words for the anchor's administrator."`
	app.Config `embed:""`
}

// Run leaves.
func (c *federationLeave) Run(ctx context.Context) error { return acts(c.Config).Leave(ctx, c.Words) }

type federationGrant struct {
	Portal      string   `arg:"" help:"Address of the portal."`
	Fingerprint string   `required:"" help:"Fingerprint of its key, as its administrator has told it."`
	Grant       []string `help:"Areas that it may speak for (default: those it has asked for)."`
	AccountHome bool     `help:"It keeps accounts that the association accepts."`
	app.Config  `embed:""`
}

// Run admits.
func (c *federationGrant) Run(ctx context.Context) error {
	return acts(c.Config).Decide(ctx, "grant", c.Portal, c.Fingerprint, "", c.Grant, c.AccountHome)
}

type federationRefuse struct {
	Portal     string `arg:"" help:"Address of the portal."`
	Reason     string `required:"" help:"Words that its administrator reads."`
	app.Config `embed:""`
}

// Run turns down.
func (c *federationRefuse) Run(ctx context.Context) error {
	return acts(c.Config).Decide(ctx, "refuse", c.Portal, "", c.Reason, nil, false)
}

type federationRemove struct {
	Portal     string `arg:"" help:"Address of the portal."`
	Reason     string `required:"" help:"Words that its administrator reads."`
	app.Config `embed:""`
}

// Run removes.
func (c *federationRemove) Run(ctx context.Context) error {
	return acts(c.Config).Decide(ctx, "remove", c.Portal, "", c.Reason, nil, false)
}

type federationRotate struct {
	Federation bool `help:"The key that signs statements, in place of those for messages."`
	AtOnce     bool `help:"A key has become known: the former ones are withdrawn now."`
	app.Config `embed:""`
}

// Run makes keys.
func (c *federationRotate) Run(ctx context.Context) error {
	return acts(c.Config).Rotate(ctx, c.Federation, c.AtOnce)
}

type federationDoctor struct {
	app.Config `embed:""`
}

// Run examines.
func (c *federationDoctor) Run(ctx context.Context) error { return acts(c.Config).Doctor(ctx) }
