package app

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"portalverbund/server/platform/envelope"
	"portalverbund/server/platform/keys"
	"portalverbund/server/safe"
)

var update = flag.Bool("update", false, "write the table of the configuration into the README")

const (
	tableBegin = "<!-- configuration: generated from server/app/config.go, checked by a test -->\n"
	tableEnd   = "<!-- end of configuration -->"
)

func configurationTable() string {
	var b strings.Builder
	b.WriteString("| variable | default | what |\n| --- | --- | --- |\n")
	fields := reflect.TypeFor[Config]()
	for i := range fields.NumField() {
		tag := fields.Field(i).Tag
		if _, hidden := tag.Lookup("hidden"); hidden {
			continue
		}
		def := tag.Get("default")
		if def != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", tag.Get("env"), def, tag.Get("help"))
	}
	return b.String()
}

func TestReadme_ConfigurationTable_IsThatOfTheProgram(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "README.md")
	readme, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(readme), tableBegin)
	require.True(t, found)
	table, after, found := strings.Cut(rest, tableEnd)
	require.True(t, found)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+tableBegin+configurationTable()+tableEnd+after), 0o644))
		return
	}
	require.Equal(t, configurationTable(), table, "run: go test ./server/app -run Readme -update")
}

func TestCheck_UnsafeConfiguration_Refused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		config Config
		ok     bool
	}{
		{"production by https", Config{Mode: Production, PublicURL: "https://portal.example.de"}, true},
		{"production by http", Config{Mode: Production, PublicURL: "http://localhost:8080"}, false},
		{"demonstration by http on loopback", Config{Mode: Demonstration, PublicURL: "http://localhost:8080"}, true},
		{"demonstration by http elsewhere", Config{Mode: Demonstration, PublicURL: "http://portal.example.de"}, false},
		{"slash at the end", Config{Mode: Production, PublicURL: "https://portal.example.de/"}, false},
		{"with a path", Config{Mode: Production, PublicURL: "https://portal.example.de/portal"}, false},
		{"not an address", Config{Mode: Production, PublicURL: "portal"}, false},
		{"virus scanner", Config{Mode: Production, PublicURL: "https://portal.example.de", Clamd: "unix:///run/clamav/clamd.ctl"}, true},
		{"virus scanner without a port", Config{Mode: Production, PublicURL: "https://portal.example.de", Clamd: "tcp://clamav"}, false},
		{"mail in clear to another machine", Config{Mode: Production, PublicURL: "https://portal.example.de", SMTP: "smtp+plain://mail.example.de:25"}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.config.check()
			if c.ok {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
			}
		})
	}
}

func TestKeys_OfADemonstration_RefusedInProduction(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	demo, err := keys.New(true)
	require.NoError(t, err)
	require.NoError(t, demo.Save(dir))
	require.ErrorIs(t, Config{Mode: Production, Keys: dir}.checkKeys(), errUnsafe)
	require.NoError(t, Config{Mode: Demonstration, Keys: dir}.checkKeys())
	require.ErrorIs(t, Config{Mode: Production, Keys: t.TempDir()}.checkKeys(), errUnsafe, "passing keys are none")
	require.ErrorIs(t, Config{Mode: Production, Keys: t.TempDir(), Members: "members.json"}.checkKeys(), keys.ErrMissing, "a member never makes keys by itself")
	real, err := keys.New(false)
	require.NoError(t, err)
	own := t.TempDir()
	require.NoError(t, real.Save(own))
	require.NoError(t, Config{Mode: Production, Keys: own}.checkKeys())
}

func TestMasterKeys_OfADemonstrationOrPassing_RefusedInProduction(t *testing.T) {
	t.Parallel()
	started := func(mode, dir, members string) error {
		c := Config{Mode: mode, Keys: dir, Members: members}
		master, err := c.masterKeys()
		if err != nil {
			return err
		}
		a := &App{config: c, safe: safe.New(safe.Config{Master: master, Now: time.Now})}
		return a.checkMasterKeys()
	}
	folder := func(demo bool) string {
		dir := t.TempDir()
		ring, err := envelope.New(demo)
		require.NoError(t, err)
		require.NoError(t, ring.Save(dir))
		return dir
	}
	require.ErrorIs(t, started(Production, t.TempDir(), ""), errUnsafe, "passing keys are lost with the process")
	require.ErrorIs(t, started(Production, folder(true), ""), errUnsafe)
	require.ErrorIs(t, started(Production, t.TempDir(), "members.json"), envelope.ErrMissing, "a member never makes keys by itself")
	require.NoError(t, started(Production, folder(false), ""))
	require.NoError(t, started(Demonstration, folder(true), ""))
	require.NoError(t, started(Demonstration, t.TempDir(), ""))
}

func TestProviders_ReadableByOthers_Refused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "providers.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"providers":[]}`), 0o644))
	_, err := Config{Providers: path}.providers()
	require.ErrorContains(t, err, "chmod 600")
}
