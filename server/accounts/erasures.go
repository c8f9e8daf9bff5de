package accounts

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	erasurePurpose = "accounts/erasure"
	// ErasuresKept is how long it is known whose data was deleted: no backup may be older when it is restored.
	ErasuresKept = 400 * 24 * time.Hour
	erasureBatch = 1000
)

// erasureRow is a person whose data was deleted here. Who it was can be told with the portal's keys only; it names nobody, but pseudonyms.
type erasureRow struct {
	ID       uuid.UUID `gorm:"primaryKey" json:"id"`
	Sealed   []byte    `json:"sealed"`
	ErasedAt time.Time `json:"erasedAt"`
}

func (erasureRow) TableName() string { return "account_erasures" }

// noteErasure keeps that a person's data is deleted, in ctx's transaction.
func (s *Service) noteErasure(ctx context.Context, person httpx.Person) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	plain, err := json.Marshal(person)
	if err != nil {
		return fmt.Errorf("note erasure: %w", err)
	}
	sealed, err := s.Keys.Seal(erasurePurpose, plain, id[:])
	if err != nil {
		return err
	}
	return s.insertErasure(ctx, erasureRow{ID: id, Sealed: sealed, ErasedAt: s.Now()})
}

func (s *Service) insertErasure(ctx context.Context, row erasureRow) error {
	if err := s.DB.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
		return fmt.Errorf("note erasure: %w", err)
	}
	return nil
}

// Erasures writes whose data was deleted here, one a line, and says how many: for Erase after a backup was restored.
func (s *Service) Erasures(ctx context.Context, out io.Writer) (n int, err error) {
	lines := json.NewEncoder(out)
	var after erasureRow
	for {
		var rows []erasureRow
		err := s.DB.From(ctx).Where("(erased_at, id) > (?, ?)", after.ErasedAt, after.ID).Order("erased_at, id").Limit(erasureBatch).Find(&rows).Error
		if err != nil {
			return n, fmt.Errorf("list erasures: %w", err)
		}
		for _, row := range rows {
			if err := lines.Encode(row); err != nil {
				return n, fmt.Errorf("list erasures: %w", err)
			}
		}
		n += len(rows)
		if len(rows) < erasureBatch {
			return n, nil
		}
		after = rows[len(rows)-1]
	}
}

// Erase deletes once more whom a list of Erasures names, and says how many lines it had: what a restored backup has of them goes, nobody
// gets a mail, and no other portal is told again. Doing it twice changes nothing more.
func (s *Service) Erase(ctx context.Context, list io.Reader) (n int, err error) {
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		n++
		if err := s.eraseAgain(ctx, lines.Bytes()); err != nil {
			return n, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return n, lines.Err()
}

func (s *Service) eraseAgain(ctx context.Context, line []byte) error {
	var row erasureRow
	if err := json.Unmarshal(line, &row); err != nil {
		return fmt.Errorf("not a line of the list: %w", err)
	}
	plain, err := s.Keys.Open(erasurePurpose, row.Sealed, row.ID[:])
	if err != nil {
		return fmt.Errorf("not of this portal, or of other keys: %w", err)
	}
	var person httpx.Person
	if err := json.Unmarshal(plain, &person); err != nil {
		return fmt.Errorf("not a line of the list: %w", err)
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.insertErasure(ctx, row); err != nil {
			return err
		}
		if err := s.eraseAtHolders(ctx, person); err != nil {
			return err
		}
		id, err := uuid.Parse(person.Subject)
		if err != nil || person.Issuer != s.Self.Id {
			return nil //nolint:nilerr // somebody with an account elsewhere
		}
		account, err := s.lockedAccount(ctx, id)
		if problem.Is(err, errNoAccount().Code) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.rooms.Sessions.EndAccountSessions(ctx, id); err != nil {
			return err
		}
		return s.deleteAccountRows(ctx, account)
	})
}
