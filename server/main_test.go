package main

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"github.com/zitadel/schema"
)

// TestLibraryLog_OfAWrongRequest_SaysWhichErrorAndNothingThatWasSent has the OpenID library log what it refuses.
func TestLibraryLog_OfAWrongRequest_SaysWhichErrorAndNothingThatWasSent(t *testing.T) {
	var lines bytes.Buffer
	before := slog.Default()
	slog.SetDefault(libraryLog(&lines))
	t.Cleanup(func() { slog.SetDefault(before) })
	request := &oidc.AuthRequest{RedirectURI: "https://kanarienvogel.example/zurueck", State: "kanarienvogel", ClientID: "kanarienvogel", ResponseType: "tanz"}
	refused := oidc.ErrInvalidRequest().WithDescription("kanarienvogel is not supported").WithParent(oidc.ErrServerError().WithDescription("kanarienvogel"))
	_, err := op.TryErrorRedirect(t.Context(), request, refused, schema.NewEncoder(), nil)
	require.NoError(t, err)
	op.WriteError(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/?kanarienvogel", nil), refused, nil)
	slog.Error("something else", "url", "https://kanarienvogel.example", slog.Group("group", "person", "kanarienvogel"))
	slog.Info("started")

	require.NotContains(t, lines.String(), "kanarienvogel")
	require.Equal(t, 3, strings.Count(lines.String(), "\n"), lines.String())
	require.Equal(t, 2, strings.Count(lines.String(), "oidc_error.type=invalid_request"), lines.String())
}
