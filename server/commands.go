package main

import (
	"context"
	"fmt"
	"os"

	"portalverbund/server/app"
	"portalverbund/server/demo"
)

type serveCommand struct {
	app.Config `embed:""`
}

// Run runs one portal until the context ends.
func (c *serveCommand) Run(ctx context.Context) error {
	if c.WithParent {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		go endWithInput(cancel)
	}
	return app.Serve(ctx, c.Config)
}

// endWithInput ends this process when whoever started it is gone: its end of the pipe closes by itself.
func endWithInput(cancel context.CancelFunc) {
	buffer := make([]byte, 64)
	for {
		if _, err := os.Stdin.Read(buffer); err != nil {
			cancel()
			return
		}
	}
}

type demoCommand struct {
	Data string `env:"PORTAL_DATA" default:".data" help:"Folder for everything that the demonstration keeps."`
	SPA  string `env:"PORTAL_SPA" default:"frontend/dist" help:"Folder with the built pages."`

	Shift    int    `env:"PORTAL_DEMO_SHIFT" help:"Added to every port: of two demonstrations on one machine, none takes a port of the other while a program is starting again."`
	Identity string `type:"existingfile" help:"File with more identity providers for the county, as PORTAL_IDENTITY has them: a directory of staff, for instance."`
}

// Run runs the demonstration until the context ends or a command says so.
func (c *demoCommand) Run(ctx context.Context) error {
	log := app.Config{LogLevel: "warn", LogFormat: "text"}.Logger()
	return demo.Run(ctx, demo.Options{Data: c.Data, SPA: c.SPA, Identity: c.Identity, Shift: c.Shift, In: os.Stdin, Out: os.Stdout, Log: log})
}

type migrateCommand struct {
	app.Config `embed:""`
}

// Run brings the database to this version.
func (c *migrateCommand) Run(ctx context.Context) error {
	return app.Migrate(ctx, c.Config)
}

type importCommand struct {
	Files      []string `arg:"" type:"path" help:"areas.csv (register of places), a portal's JSON Lines, XZuFi, a ZIP archive or a folder of such files (in the order of its index.txt, if there is one), or services-muenchen.jsonl and offices-muenchen.jsonl. The kind is found from the content."`
	Complete   bool     `help:"Each file is all that there is under its name: entries that came from it before and that it does not name any more are deleted."`
	DryRun     bool     `help:"Find out what would change, and change nothing."`
	Undo       bool     `help:"Take back the last import of each file."`
	Force      bool     `help:"Go on also if most entries would be deleted, or if what is to be taken back has been changed since."`
	app.Config `embed:""`
}

// Run imports files and says what came in and what was skipped and why.
func (c *importCommand) Run(ctx context.Context) error {
	o := app.ImportOptions{Complete: c.Complete, DryRun: c.DryRun, Undo: c.Undo, Force: c.Force}
	return app.Import(ctx, c.Config, c.Files, o, os.Stdout)
}

type bounceCommand struct {
	Recipient  string `arg:"" optional:"" help:"Address that the message came to; without it the message's header says so."`
	app.Config `embed:""`
}

// tempFail is the exit code (EX_TEMPFAIL of sysexits) on which a mail server tries again later.
const tempFail = 75

// laterError has the mail server try again.
type laterError struct{ error }

// ExitCode is what the program ends with.
func (laterError) ExitCode() int { return tempFail }

// Unwrap gives the cause.
func (e laterError) Unwrap() error { return e.error }

// Run notes what the message on standard input reports.
func (c *bounceCommand) Run(ctx context.Context) error {
	if err := app.TakeReturned(ctx, c.Config, c.Recipient, os.Stdin, os.Stdout); err != nil {
		return laterError{err}
	}
	return nil
}

type exportCommand struct {
	Folder       string `arg:"" type:"path" help:"Folder to write the delivery to; it is made if it does not exist."`
	AllLanguages bool   `help:"Write texts in all languages. PVOG takes German and English only."`
	app.Config   `embed:""`
}

// Run writes the portal's own entries as a delivery in XZuFi 2.2.
func (c *exportCommand) Run(ctx context.Context) error {
	return app.Export(ctx, c.Config, c.Folder, c.AllLanguages, os.Stdout)
}

type adminCommand struct {
	Keys  adminKeysCommand  `cmd:"" help:"Make the portal's keys, and print the public ones for the list of members."`
	Staff adminStaffCommand `cmd:"" help:"Create a staff account. The password is read from standard input."`

	StaffFactors adminStaffFactorsCommand `cmd:"" help:"Set back what somebody of the staff signs in with: password, passkeys and codes go, sessions end, and a mail leads to a new password. For the last administrator, whom nobody else can help."`

	SafeKey adminSafeKeyCommand `cmd:"" help:"Add a new master key of the documents safe. It counts from the next start on; a job then wraps the keys of all documents by it."`

	SafeKeyPrune adminSafeKeyPruneCommand `cmd:"" help:"Remove the master keys of the documents safe before the present one. Refused while a document's key is wrapped by one of them. Restart all processes of the portal after safe-key first."`

	EndSessions adminEndSessionsCommand `cmd:"" help:"End all sessions of an account, of a citizen or of staff, at once and everywhere: when somebody else has got in."`

	Erasures adminErasuresCommand `cmd:"" help:"Write the list of those whose data was deleted, sealed. Keep it apart from the backups: a restored backup has these people again."`
	Erase    adminEraseCommand    `cmd:"" help:"Delete once more whom a list of erasures names: after a backup was restored, before the portal is started."`

	IdentityKey adminIdentityKeyCommand `cmd:"" help:"Make a key with its certificate for the link to a SAML identity provider."`
}

type adminKeysCommand struct {
	app.Config `embed:""`
}

// Run makes keys where there are none, and prints the public ones.
func (c *adminKeysCommand) Run() error {
	return app.MakeKeys(c.Config, os.Stdout)
}

type adminSafeKeyCommand struct {
	app.Config `embed:""`
}

// Run adds the key.
func (c *adminSafeKeyCommand) Run() error {
	return app.RotateSafeKey(c.Config)
}

type adminSafeKeyPruneCommand struct {
	app.Config `embed:""`
}

// Run removes the keys.
func (c *adminSafeKeyPruneCommand) Run(ctx context.Context) error {
	return app.PruneSafeKeys(ctx, c.Config, os.Stdout)
}

type adminIdentityKeyCommand struct {
	File       string `arg:"" type:"path" help:"File to write key and certificate to (PEM); none that exists is replaced."`
	app.Config `embed:""`
}

// Run makes the key.
func (c *adminIdentityKeyCommand) Run() error {
	return app.MakeIdentityKey(c.Config, c.File)
}

type adminStaffCommand struct {
	Email      string   `arg:"" help:"Mail address to sign in with."`
	FullName   string   `arg:"" name:"full-name" help:"Name as colleagues see it."`
	Roles      []string `default:"clerk" help:"clerk, editor, publisher, admin, auditor, treasurer: for the whole portal, or for one unit of the catalog and those below it with its id behind @ (clerk@0b7a4f0e-5f0e-5c41-9d6c-3f3a5e0b7a11)."`
	app.Config `embed:""`
}

// Run creates the account.
func (c *adminStaffCommand) Run(ctx context.Context) error {
	var password string
	if _, err := fmt.Fscanln(os.Stdin, &password); err != nil {
		return fmt.Errorf("read the password from standard input: %w", err)
	}
	return app.CreateStaff(ctx, c.Config, c.Email, c.FullName, password, c.Roles)
}

type adminStaffFactorsCommand struct {
	Who        string `arg:"" help:"Mail address, or id of the account."`
	app.Config `embed:""`
}

// Run sets the sign-in back.
func (c *adminStaffFactorsCommand) Run(ctx context.Context) error {
	return app.ResetStaffFactors(ctx, c.Config, c.Who)
}

type adminEndSessionsCommand struct {
	Who        string `arg:"" help:"Mail address, or id of the account."`
	app.Config `embed:""`
}

// Run ends the sessions.
func (c *adminEndSessionsCommand) Run(ctx context.Context) error {
	return app.EndSessions(ctx, c.Config, c.Who)
}

type adminErasuresCommand struct {
	app.Config `embed:""`
}

// Run writes the list to standard output.
func (c *adminErasuresCommand) Run(ctx context.Context) error {
	return app.ListErasures(ctx, c.Config, os.Stdout)
}

type adminEraseCommand struct {
	List       *os.File `arg:"" help:"List, as admin erasures wrote it; - reads from standard input."`
	app.Config `embed:""`
}

// Run deletes whom the list names.
func (c *adminEraseCommand) Run(ctx context.Context) error {
	return app.EraseAgain(ctx, c.Config, c.List, os.Stdout)
}

type exportLogCommand struct {
	File       string `arg:"" help:"File to write to, which must not exist; - writes to standard output."`
	app.Config `embed:""`
}

// Run writes the message log.
func (c *exportLogCommand) Run(ctx context.Context) error {
	return app.ExportLog(ctx, c.Config, c.File, os.Stdout)
}

type verifyLogCommand struct {
	File       string `arg:"" optional:"" type:"path" help:"Message log, as export-log wrote it. It needs --members, with the public keys, and nothing else."`
	app.Config `embed:""`
}

// Run checks the message log.
func (c *verifyLogCommand) Run(ctx context.Context) error {
	if c.File == "" {
		return app.VerifyLog(ctx, c.Config, os.Stdout)
	}
	return app.VerifyLogFile(ctx, c.Config, c.File, os.Stdout)
}

type verifyApplicationCommand struct {
	File       string `arg:"" type:"path" help:"Export of an application or of all of a person's data (JSON), with receipts in it. It needs --members, with the public keys."`
	app.Config `embed:""`
}

// Run checks the receipts.
func (c *verifyApplicationCommand) Run(ctx context.Context) error {
	return app.VerifyApplication(ctx, c.Config, c.File, os.Stdout)
}
