package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// What the two token endpoints are asked with. The portal's client and secret are made for the run; the example's are its own.
const (
	tokenClient   = "bench"
	tokenSecret   = "ein-Geheimnis-nur-fuer-die-Messung-0123" //nolint:gosec // of a portal that ends with the run
	exampleClient = "sid1"
	exampleSecret = "verysecret"
)

// exampleCommand is the example provider that comes with zitadel/oidc: everything in memory, nothing written down.
type exampleCommand struct{ Listen string }

// Run answers until standard input ends.
func (c *exampleCommand) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	issuer := "http://" + c.Listen + "/"
	example := exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), slog.New(slog.DiscardHandler), false)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("/", example)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		cancel()
	}()
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// measureTokens compares how many access tokens a client gets in a second by its own credentials: from a portal, which writes
// each one's family into the database so that it can be ended, and from the example of the library that both are made with.
func (b *bench) measureTokens(ctx context.Context) error {
	c, err := b.configure(ctx, "tokens")
	if err != nil {
		return err
	}
	list, err := json.Marshal(map[string]any{"providers": []map[string]any{{
		"id": tokenClient, "name": "Messung", "clientId": tokenClient, "clientSecret": tokenSecret, "scopes": []string{"deliveries:read"},
	}}})
	if err != nil {
		return fmt.Errorf("write the client: %w", err)
	}
	c.Providers = filepath.Join(b.dir, "providers.json")
	if err := os.WriteFile(c.Providers, list, 0o600); err != nil {
		return fmt.Errorf("write the client: %w", err)
	}
	portal, err := b.serve(ctx, "tokens", c)
	if err != nil {
		return err
	}
	defer portal.stop()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	listen, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	example, err := start(ctx, "example", b.dir, listen, nil, self, "example", "--listen", listen)
	if err != nil {
		return err
	}
	defer example.stop()
	ours := tokenRequest(portal.address(), "/oauth2/token", tokenClient, tokenSecret, "deliveries:read")
	theirs := tokenRequest(example.address(), "/oauth/token", exampleClient, exampleSecret, "openid")
	ratio, err := b.duel(ctx, "access tokens by client credentials",
		&side{name: "ours", process: portal, do: func(c *client, _ int) error { return c.do(ours) }},
		&side{name: "zitadel/oidc example", process: example, do: func(c *client, _ int) error { return c.do(theirs) }}, 0)
	if err != nil {
		return err
	}
	b.figures.Tokens = rounded(ratio, 2)
	return nil
}

func tokenRequest(host, path, client, secret, scope string) []byte {
	body := "grant_type=client_credentials&scope=" + scope
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", path, host, len(body))
	_, _ = fmt.Fprintf(&text, "Authorization: Basic %s\r\n\r\n", base64.StdEncoding.EncodeToString([]byte(client+":"+secret)))
	_, _ = io.WriteString(&text, body)
	return []byte(text.String())
}
