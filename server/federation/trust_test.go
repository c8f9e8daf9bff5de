package federation

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/platform/keys"
)

// entry is a right entry of the list, to be spoilt.
func entry(t testing.TB, id string, roles ...string) map[string]any {
	t.Helper()
	set, err := keys.New(true)
	require.NoError(t, err)
	return map[string]any{"id": id, "url": id, "name": "Ort", "kind": "municipality", "areas": []string{"034540035035"}, "roles": roles, "jwks": set.Public()}
}

func list(t testing.TB, members ...map[string]any) string {
	t.Helper()
	data, err := json.Marshal(map[string]any{"name": "Verbund", "members": members})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "members.json")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func TestReadTrustFile_NotValid_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	anchor := entry(t, "https://anchor.example", RoleAnchor)
	private, err := keys.New(true)
	require.NoError(t, err)
	for want, spoil := range map[string]func(m map[string]any){
		"must be an address":            func(m map[string]any) { m["id"] = "https://b.example/" },
		"must begin with https":         func(m map[string]any) { m["id"] = "http://b.example" },
		"url \"\"":                      func(m map[string]any) { m["url"] = "" },
		"name is missing":               func(m map[string]any) { m["name"] = " " },
		"kind \"village\" is none":      func(m map[string]any) { m["kind"] = "village" },
		"area \"03454x\" is no ARS":     func(m map[string]any) { m["areas"] = []string{"03454x"} },
		"area \"\" is no ARS":           func(m map[string]any) { m["areas"] = []string{""} },
		"role \"boss\" is none":         func(m map[string]any) { m["roles"] = []string{"boss"} },
		"the id https://anchor.example": func(m map[string]any) { m["id"] = "https://anchor.example" },
		"is also a key of https://anch": func(m map[string]any) { m["jwks"] = anchor["jwks"] },
		"needs a key with use sig":      func(m map[string]any) { m["jwks"] = jose.JSONWebKeySet{} },
		"is private; list public keys":  func(m map[string]any) { m["jwks"] = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{private.Signing}} },
		"is not on the curve P-256": func(m map[string]any) {
			m["jwks"] = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: []byte("secret"), KeyID: "x", Use: "sig"}}}
		},
		"unknown field":                 func(m map[string]any) { m["area"] = "03" },
		"no member has the role anchor": func(map[string]any) { anchor["roles"] = []string{RolePortal} },
	} {
		member := entry(t, "https://b.example", RolePortal)
		spoil(member)
		_, err := ReadTrustFile(list(t, anchor, member), slog.New(slog.DiscardHandler))
		if want == "is private; list public keys" || want == "is not on the curve P-256" {
			require.Error(t, err, want) // a secret key is not public either
		} else {
			require.ErrorContains(t, err, want)
		}
		anchor["roles"] = []string{RoleAnchor}
	}
	_, err = ReadTrustFile(filepath.Join(t.TempDir(), "none.json"), slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, os.ErrNotExist)
	path := list(t, anchor)
	require.NoError(t, os.WriteFile(path, []byte(`{"name":"x","members":[]}{}`), 0o600))
	_, err = ReadTrustFile(path, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "more after the end")
}

func TestTrustFile_Watch_TakesChangesAndKeepsTheLastValid(t *testing.T) {
	t.Parallel()
	anchor, b := entry(t, "https://anchor.example", RoleAnchor), entry(t, "https://b.example")
	path := list(t, anchor)
	spy := &logSpy{}
	trust, err := ReadTrustFile(path, slog.New(spy))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); trust.watch(ctx, time.Millisecond) }()
	defer func() { cancel(); <-done }()
	known := func() bool { _, err := trust.Member(ctx, "https://b.example"); return err == nil }
	require.False(t, known())
	rename := func(from string) { require.NoError(t, os.Rename(from, path)) }
	rename(list(t, anchor, b))
	until(t, "taken", known)
	broken := list(t, anchor)
	require.NoError(t, os.WriteFile(broken, []byte("{"), 0o600))
	rename(broken)
	until(t, "said", func() bool { return len(spy.all()) > 0 && strings.HasPrefix(spy.last(1)[0], "ERROR") })
	require.True(t, known(), "what was known before stays")
	rename(list(t, anchor))
	until(t, "removed", func() bool { return !known() })
	errors := 0
	for _, line := range spy.all() {
		if strings.HasPrefix(line, "ERROR") {
			errors++
		}
	}
	require.Equal(t, 1, errors, "said once")
}

func TestMayClaim_OwnAreasOnly(t *testing.T) {
	t.Parallel()
	s := offline(t)
	member := s.trust.(trustOf).only
	member.Areas = []string{"03454", "034540035035"}
	s.trust = trustOf{member}
	for area, want := range map[string]bool{
		"03454": true, "034540035035": true, "034545404018": true,
		"03453": false, "0345": false, "03": false, "": false, "03454x": false, "03454 ": false, "091620000000": false,
		"0345400350350": false, // longer than any ARS
	} {
		require.Equal(t, want, s.MayClaim(s.id, area), area)
	}
	require.False(t, s.MayClaim("https://stranger.example", "03454"))
}

func TestNew_OtherKeysThanListed_Refused(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a := ps[0]
	other, err := keys.New(true)
	require.NoError(t, err)
	_, err = New(t.Context(), Config{ID: a.id, DB: a.db, Keys: other, Trust: a.trust})
	require.ErrorContains(t, err, "names other keys for this portal")
	_, err = New(t.Context(), Config{ID: "https://stranger.example", DB: a.db, Keys: other, Trust: a.trust})
	require.ErrorIs(t, err, ErrNotMember)
}

func TestMembers_WhatOthersAsk(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	require.Equal(t, types.PortalReference{Id: a.id, Url: a.id, Name: "Portal", Kind: types.County}, a.Self())
	require.Len(t, a.Members(), 2)
	require.Equal(t, "Testverbund", a.Association())
	homes := b.MembersWithRole(RoleAccountHome)
	require.Len(t, homes, 1)
	require.Equal(t, a.id, homes[0].Id)
	ref, ok := a.Member(b.id)
	require.True(t, ok)
	require.Equal(t, b.id, ref.Id)
	_, ok = a.Member("https://stranger.example")
	require.False(t, ok)
	trusted, err := a.Trusted(t.Context(), b.id)
	require.NoError(t, err)
	require.Len(t, trusted.Keys.Keys, 2)
}

func TestKeyRotation_BothKeysListed_OldAndNewAccepted(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	old := newDraft(t, a, b, "old").text(t)
	oldToken, err := a.Token(b.id)
	require.NoError(t, err)
	next, err := keys.New(true)
	require.NoError(t, err)
	both := append(next.Public().Keys, a.keys.Public().Keys...)
	rewriteKeys(t, a, a.id, both)
	require.NoError(t, b.trust.Reload())
	a.keys = next
	a.open()
	for name, envelope := range map[string]string{"old": old, "new": newDraft(t, a, b, "new").text(t)} {
		_, err := b.Receive(t.Context(), envelope)
		require.NoError(t, err, name)
	}
	_, err = b.VerifyMember(t.Context(), oldToken)
	require.NoError(t, err)
	rewriteKeys(t, a, a.id, next.Public().Keys)
	require.NoError(t, b.trust.Reload())
	_, err = b.VerifyMember(t.Context(), oldToken)
	require.Error(t, err, "after the overlap")
}

// rewriteKeys lists other keys for a member.
func rewriteKeys(t *testing.T, p *portal, id string, set []jose.JSONWebKey) {
	t.Helper()
	data, err := os.ReadFile(p.trust.path)
	require.NoError(t, err)
	a, err := parseAssociation(data)
	require.NoError(t, err)
	for i, m := range a.Members {
		if m.ID == id {
			a.Members[i].Keys.Keys = set
		}
	}
	data, err = json.Marshal(a)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(p.trust.path, data, 0o600))
	require.NoError(t, p.trust.Reload())
}

func TestMetrics_QueueByPeer_AndWhatWasTurnedAway(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	registry := prometheus.NewRegistry()
	require.NoError(t, a.register(registry))
	a.send(b, uuid.New(), "x")
	parked := a.send(b, uuid.New(), "y")
	require.NoError(t, a.db.From(t.Context()).Exec("UPDATE federation_outbox SET state = 'parked' WHERE id = ?", parked).Error)
	a.clock.forward(time.Hour)
	_, err := a.Receive(t.Context(), "nonsense")
	require.Error(t, err)
	require.Error(t, b.register(registry), "registered already")
	values := map[string]float64{}
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, m := range family.GetMetric() {
			values[family.GetName()] += valueOf(m)
		}
	}
	require.EqualValues(t, 1, values["federation_messages_queued"])
	require.EqualValues(t, 1, values["federation_messages_parked"])
	require.InDelta(t, 3600, values["federation_messages_lag_seconds"], 60)
	require.EqualValues(t, 1, values["federation_turned_away_total"])
}

func valueOf(m *dto.Metric) float64 { return m.GetGauge().GetValue() + m.GetCounter().GetValue() }
