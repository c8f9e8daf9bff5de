package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	maxTrustFile   = 16 << 20
	trustFileCheck = 2 * time.Second
)

// TrustFile is a Trust read from a JSON file:
//
//	{"name": "Portalverbund …", "members": [{"id", "name", "url", "kind", "areas", "roles", "jwks"}]}
//
// The file is read at the start and again when it changes or the process gets SIGHUP. A file that is not valid changes
// nothing: the members known before stay, and the log says what is wrong.
type TrustFile struct {
	path    string
	log     *slog.Logger
	current atomic.Pointer[association]
}

// association is one valid state of the list.
type association struct {
	Name    string   `json:"name"`
	Members []Member `json:"members"`
	byID    map[string]Member
	stamp   fileStamp
}

type fileStamp struct {
	modified time.Time
	size     int64
}

// ReadTrustFile reads the list of members. The error names the member and the field that is wrong.
func ReadTrustFile(path string, log *slog.Logger) (*TrustFile, error) {
	t := &TrustFile{path: path, log: log}
	if err := t.Reload(); err != nil {
		return nil, err
	}
	return t, nil
}

// Association gives the association's name.
func (t *TrustFile) Association(context.Context) (string, error) { return t.current.Load().Name, nil }

// Member gives the member with an entity id, or ErrNotMember.
func (t *TrustFile) Member(_ context.Context, id string) (Member, error) {
	m, ok := t.current.Load().byID[id]
	if !ok {
		return Member{}, fmt.Errorf("%q: %w", id, ErrNotMember)
	}
	return m, nil
}

// Members gives all members in the order of the file.
func (t *TrustFile) Members(context.Context) ([]Member, error) {
	return slices.Clone(t.current.Load().Members), nil
}

// Reload reads the file again. When it is not valid, the members known before stay.
func (t *TrustFile) Reload() error {
	stamp, err := stampOf(t.path)
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	f, err := os.Open(t.path)
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxTrustFile+1))
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	a, err := parseAssociation(data)
	if err != nil {
		return fmt.Errorf("read members from %s: %w", t.path, err)
	}
	a.stamp = stamp
	t.current.Store(a)
	return nil
}

// Watch reads the file again when it changes, and on SIGHUP, until ctx ends.
func (t *TrustFile) Watch(ctx context.Context) {
	t.watch(ctx, trustFileCheck)
}

func (t *TrustFile) watch(ctx context.Context, every time.Duration) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	refused := t.current.Load().stamp
	for {
		asked := false
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			asked = true
		case <-ticker.C:
		}
		stamp, err := stampOf(t.path)
		unchanged := stamp == t.current.Load().stamp || stamp == refused
		if !asked && (err != nil || unchanged) {
			continue
		}
		if err := t.Reload(); err != nil {
			refused = stamp // said once, not every two seconds
			t.log.ErrorContext(ctx, "the list of members was not taken; the one before stays", "error", err)
			continue
		}
		t.log.InfoContext(ctx, "read the list of members again", "members", len(t.current.Load().Members))
	}
}

func stampOf(path string) (fileStamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return fileStamp{}, err
	}
	return fileStamp{modified: info.ModTime(), size: info.Size()}, nil
}

func parseAssociation(data []byte) (*association, error) {
	if len(data) > maxTrustFile {
		return nil, fmt.Errorf("larger than %d bytes", maxTrustFile)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var a association
	if err := decoder.Decode(&a); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, errors.New("there is more after the end of the list")
	}
	if strings.TrimSpace(a.Name) == "" {
		return nil, errors.New("name of the association is missing")
	}
	if err := a.index(); err != nil {
		return nil, err
	}
	return &a, nil
}

// index checks each member, and that no two share an id or a key: whoever has a key could speak for both.
func (a *association) index() error {
	a.byID = make(map[string]Member, len(a.Members))
	owners := map[string]string{}
	anchored := false
	for i, m := range a.Members {
		if err := m.Check(); err != nil {
			return fmt.Errorf("member %d (%s): %w", i+1, m.ID, err)
		}
		if _, twice := a.byID[m.ID]; twice {
			return fmt.Errorf("member %d: the id %s is there twice", i+1, m.ID)
		}
		for _, k := range m.Keys.Keys {
			print, err := thumbprint(k)
			if err != nil {
				return fmt.Errorf("member %d (%s): %w", i+1, m.ID, err)
			}
			if owner, taken := owners[print]; taken {
				return fmt.Errorf("member %d (%s): key %q is also a key of %s", i+1, m.ID, k.KeyID, owner)
			}
			owners[print] = m.ID
		}
		a.byID[m.ID] = m
		anchored = anchored || m.HasRole(RoleAnchor)
	}
	if !anchored {
		return fmt.Errorf("no member has the role %s", RoleAnchor)
	}
	return nil
}
