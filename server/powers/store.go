package powers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	openapi "github.com/oapi-codegen/runtime/types"
	"gorm.io/gorm"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const sealNames = "powers/names"

// scope is a service or group of a power.
type scope struct {
	ID    string            `json:"id"`
	Title map[string]string `json:"title"`
}

type row struct {
	ID                  uuid.UUID `gorm:"primaryKey"`
	PrincipalID         uuid.UUID
	RepresentativeID    *uuid.UUID
	Kind                types.PowerKind
	State               types.PowerState
	Sealed              []byte
	Services            []scope `gorm:"serializer:json"`
	Groups              []scope `gorm:"serializer:json"`
	Items               string
	LastDay             time.Time
	ValidUntil          time.Time
	TrustLevel          types.TrustLevel
	RepresentativeLevel types.TrustLevel
	Address             []byte
	TokenHash           []byte
	TokenUntil          time.Time
	CreatedAt           time.Time
	AcceptedAt          *time.Time
	ConfirmedAt         *time.Time
	EndedAt             *time.Time
	EndedBy             string
}

func (row) TableName() string { return "powers" }

// names is what is sealed of a power.
type names struct {
	Name  string `json:"name"`  // how the principal calls the other person
	Email string `json:"email"` // where the invitation went
}

type useRow struct {
	ID            uuid.UUID `gorm:"primaryKey"`
	PowerID       uuid.UUID
	At            time.Time
	Act           types.PowerAct
	Portal        string
	ServiceTitle  map[string]string `gorm:"serializer:json"`
	ApplicationID uuid.UUID
}

func (useRow) TableName() string { return "power_uses" }

// stateAt is the state of a power at a moment: what has run out has ended by itself.
func (r row) stateAt(now time.Time) types.PowerState {
	switch {
	case r.State == types.PowerInvited && !now.Before(r.TokenUntil):
		return types.PowerExpired
	case (r.State == types.PowerInvited || r.State == types.PowerAccepted || r.State == types.PowerActive) && !now.Before(r.ValidUntil):
		return types.PowerExpired
	}
	return r.State
}

// over says whether a power has ended for good.
func over(state types.PowerState) bool {
	return slices.Contains([]types.PowerState{types.PowerDeclined, types.PowerWithdrawn, types.PowerExpired}, state)
}

// covers says whether a power names a service, under any of the ids that it has at portals, or one of the groups that it belongs to.
func (r row) covers(same []uuid.UUID, groups []string) bool {
	return slices.ContainsFunc(r.Services, func(s scope) bool {
		return slices.ContainsFunc(same, func(id uuid.UUID) bool { return s.ID == id.String() })
	}) ||
		slices.ContainsFunc(r.Groups, func(g scope) bool { return slices.Contains(groups, g.ID) })
}

func (r row) items() []types.ProfileItem {
	out := []types.ProfileItem{}
	for _, word := range strings.Fields(r.Items) {
		out = append(out, types.ProfileItem(word))
	}
	return out
}

func (s *Service) sealNames(id uuid.UUID, n names) ([]byte, error) {
	plain, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("seal power: %w", err)
	}
	return s.Keys.Seal(sealNames, plain, id[:])
}

func (s *Service) openNames(r row) (n names, err error) {
	plain, err := s.Keys.Open(sealNames, r.Sealed, r.ID[:])
	if err != nil {
		return n, err
	}
	if err := json.Unmarshal(plain, &n); err != nil {
		return n, fmt.Errorf("read power: %w", err)
	}
	return n, nil
}

// one reads the row of a query that finds one at most; errUnknown when it finds none.
func one(q *gorm.DB) (row, error) {
	var rows []row
	if err := q.Find(&rows).Error; err != nil {
		return row{}, fmt.Errorf("read power: %w", err)
	}
	if len(rows) == 0 {
		return row{}, errUnknown
	}
	return rows[0], nil
}

const ofEither = "id = ? AND (principal_id = ? OR representative_id = ?)"

// of reads a power of somebody, on either side.
func (s *Service) of(ctx context.Context, account, id uuid.UUID) (row, error) {
	return one(s.DB.From(ctx).Where(ofEither, id, account, account))
}

// locked is of, and keeps others from changing it until the transaction ends.
func (s *Service) locked(ctx context.Context, account, id uuid.UUID) (row, error) {
	return one(s.DB.From(ctx).Raw("SELECT * FROM powers WHERE "+ofEither+" FOR UPDATE", id, account, account))
}

// invited reads and locks the power that waits for an answer by a token.
func (s *Service) invited(ctx context.Context, hash []byte, lock string) (row, error) {
	return one(s.DB.From(ctx).Raw("SELECT * FROM powers WHERE token_hash = ? AND state = 'invited' "+lock, hash))
}

// held reads the powers in force that somebody holds.
func (s *Service) held(ctx context.Context, account uuid.UUID) (rows []row, err error) {
	err = s.DB.From(ctx).Where("representative_id = ? AND state = 'active' AND valid_until > ?", account, s.Now()).
		Order("created_at DESC").Limit(maxListed).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read powers: %w", err)
	}
	return rows, nil
}

// all reads the powers of somebody on either side, the newest first.
func (s *Service) all(ctx context.Context, account uuid.UUID) (rows []row, err error) {
	err = s.DB.From(ctx).Raw(`(SELECT * FROM powers WHERE principal_id = ? ORDER BY created_at DESC LIMIT ?)
		UNION ALL (SELECT * FROM powers WHERE representative_id = ? ORDER BY created_at DESC LIMIT ?) ORDER BY created_at DESC`,
		account, maxListed, account, maxListed).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read powers: %w", err)
	}
	return rows, nil
}

// alone has one change of a person's powers at a time, so that limits hold.
func (s *Service) alone(ctx context.Context, account uuid.UUID) error {
	return s.DB.From(ctx).Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "powers "+account.String()).Error
}

func (s *Service) save(ctx context.Context, r row) error {
	if err := s.DB.From(ctx).Save(&r).Error; err != nil {
		return fmt.Errorf("write power: %w", err)
	}
	return nil
}

// granted counts the powers of a person that wait or are in force, and the invitations since a time.
func (s *Service) granted(ctx context.Context, account uuid.UUID, since time.Time) (open, sent int, err error) {
	err = s.DB.From(ctx).Raw(`SELECT count(*) FILTER (WHERE state IN ('invited', 'accepted', 'active') AND valid_until > ? AND (state <> 'invited' OR token_until > ?)),
		count(*) FILTER (WHERE created_at > ?) FROM powers WHERE principal_id = ?`, s.Now(), s.Now(), since, account).Row().Scan(&open, &sent)
	if err != nil {
		return 0, 0, fmt.Errorf("count powers: %w", err)
	}
	return open, sent, nil
}

func (s *Service) countHeld(ctx context.Context, account uuid.UUID) (n int, err error) {
	err = s.DB.From(ctx).Raw("SELECT count(*) FROM powers WHERE representative_id = ? AND state IN ('accepted', 'active') AND valid_until > ?", account, s.Now()).Row().Scan(&n)
	return n, err
}

func (s *Service) countTo(ctx context.Context, address []byte, since time.Time) (n int, err error) {
	err = s.DB.From(ctx).Raw("SELECT count(*) FROM powers WHERE address = ? AND created_at > ?", address, since).Row().Scan(&n)
	return n, err
}

func (s *Service) uses(ctx context.Context, id uuid.UUID) (rows []useRow, err error) {
	err = s.DB.From(ctx).Where("power_id = ?", id).Order("at DESC").Limit(maxUses).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read uses of power: %w", err)
	}
	return rows, nil
}

// toAPI shows a power to one of the two. Names are those of the accounts, by id.
func (s *Service) toAPI(ctx context.Context, r row, viewer uuid.UUID, known map[uuid.UUID]string) (types.Power, error) {
	n, err := s.openNames(r)
	if err != nil {
		return types.Power{}, err
	}
	out := types.Power{
		Id: r.ID, Kind: r.Kind, State: r.stateAt(s.Now()), Side: types.PowerReceived, Principal: known[r.PrincipalID], Representative: n.Name,
		Services: scopes(ctx, r.Services), Groups: scopes(ctx, r.Groups), ProfileItems: r.items(),
		ValidUntil: openapi.Date{Time: r.LastDay}, CreatedAt: r.CreatedAt, AcceptedAt: r.AcceptedAt, ConfirmedAt: r.ConfirmedAt, EndedAt: r.EndedAt,
	}
	if viewer == r.PrincipalID {
		out.Side = types.PowerGranted
		if out.State == types.PowerInvited {
			out.Email = &n.Email
		}
	}
	if r.RepresentativeID != nil && known[*r.RepresentativeID] != "" {
		out.Representative = known[*r.RepresentativeID]
	}
	if r.TrustLevel != "" {
		out.TrustLevel = &r.TrustLevel
	}
	if r.RepresentativeLevel != "" {
		out.RepresentativeLevel = &r.RepresentativeLevel
	}
	if out.State == types.PowerExpired {
		end := r.ValidUntil
		if r.State == types.PowerInvited && r.TokenUntil.Before(end) {
			end = r.TokenUntil
		}
		out.EndedAt = &end
	}
	if r.EndedBy != "" {
		by := types.PowerSide(r.EndedBy)
		out.EndedBy = &by
	}
	return out, nil
}

func scopes(ctx context.Context, list []scope) []types.PowerScope {
	out := make([]types.PowerScope, 0, len(list))
	for _, s := range list {
		out = append(out, types.PowerScope{Id: s.ID, Title: httpx.Localized(ctx, s.Title)})
	}
	return out
}
