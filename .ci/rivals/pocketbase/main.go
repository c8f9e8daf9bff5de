// Command pocketbase is PocketBase with one collection for the records and files that npm run bench has a portal store. It is a module of its
// own, so that the product neither links nor downloads what it is only compared with.
//
// It stores them in a folder, with its usual settings, answers what PocketBase answers and GET /readyz, and ends when standard input does. These
// settings do not wait for the disk: SQLite's log is synced at checkpoints only (core/db_connect.go: synchronous NORMAL), files never.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
)

// largest is the largest file, in bytes.
const largest = 10 << 20

func main() {
	folder := flag.String("folder", "", "where it stores everything")
	listen := flag.String("listen", "", "address to listen on")
	flag.Parse()
	if err := run(*folder, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "pocketbase:", err)
		os.Exit(1)
	}
}

func run(folder, listen string) error {
	app := pocketbase.NewWithConfig(pocketbase.Config{DefaultDataDir: folder, HideStartBanner: true})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	if err := app.Save(applications()); err != nil {
		return fmt.Errorf("make the collection: %w", err)
	}
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.InstallerFunc = nil // opens a browser
		e.Router.GET("/readyz", func(e *core.RequestEvent) error { return e.NoContent(200) })
		return e.Next()
	})
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	return apis.Serve(app, apis.ServeConfig{HttpAddr: listen})
}

// applications is the collection: everybody may add to it and change what is there, a number is there once.
func applications() *core.Collection {
	c := core.NewBaseCollection("applications")
	everybody := ""
	c.CreateRule, c.UpdateRule = &everybody, &everybody
	c.Fields.Add(
		&core.TextField{Name: "number", Required: true},
		&core.TextField{Name: "state"},
		&core.TextField{Name: "applicant"},
		&core.TextField{Name: "service"},
		&core.JSONField{Name: "data"},
		&core.FileField{Name: "file", MaxSelect: 1, MaxSize: largest},
		&core.AutodateField{Name: "created", OnCreate: true},
	)
	c.AddIndex("applications_number", true, "number", "")
	return c
}
