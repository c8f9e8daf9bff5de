package federation

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"portalverbund/server/platform/keys"
)

// logOf makes a portal to which another one has sent n messages.
func logOf(t *testing.T, n int) *portal {
	t.Helper()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	for range n {
		_, err := b.Receive(t.Context(), newDraft(t, a, b, "x").text(t))
		require.NoError(t, err)
	}
	return b
}

func TestVerifyLog_Untouched_WholeWithItsReceipts(t *testing.T) {
	t.Parallel()
	b := logOf(t, 5)
	report, err := b.VerifyLog(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 5, report.Entries)
	require.EqualValues(t, 5, report.Receipts)
	require.Zero(t, report.UnknownKeys)
	require.Len(t, report.Hash, 64)
}

func TestVerifyLog_Empty_Whole(t *testing.T) {
	t.Parallel()
	b := logOf(t, 0)
	require.Zero(t, b.wholeLog())
}

func TestLog_OrdinaryStatements_CannotChangeIt(t *testing.T) {
	t.Parallel()
	b := logOf(t, 2)
	for _, statement := range []string{
		"UPDATE federation_log SET kind = 'x'", "DELETE FROM federation_log", "TRUNCATE federation_log",
		"UPDATE federation_log_head SET seq = 1", "DELETE FROM federation_log_head",
	} {
		require.ErrorContains(t, b.db.From(t.Context()).Exec(statement).Error, "only appended to", statement)
	}
	require.EqualValues(t, 2, b.wholeLog())
}

func TestVerifyLog_Tampered_NamesTheEntry(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		seq        int64
		statements []string
	}{
		"kind changed":        {3, []string{"UPDATE federation_log SET kind = 'x' WHERE seq = 3"}},
		"time changed":        {3, []string{"UPDATE federation_log SET at = at + interval '1 microsecond' WHERE seq = 3"}},
		"receipt taken away":  {3, []string{"UPDATE federation_log SET receipt = '' WHERE seq = 3"}},
		"direction changed":   {3, []string{"UPDATE federation_log SET direction = 'sent' WHERE seq = 3"}},
		"first removed":       {1, []string{"DELETE FROM federation_log WHERE seq = 1"}},
		"one removed":         {3, []string{"DELETE FROM federation_log WHERE seq = 3"}},
		"last removed":        {5, []string{"DELETE FROM federation_log WHERE seq = 5"}},
		"all removed":         {1, []string{"DELETE FROM federation_log"}},
		"one removed, closed": {3, []string{"DELETE FROM federation_log WHERE seq = 3", "UPDATE federation_log SET seq = seq - 1 WHERE seq > 3"}},
		"two swapped": {2, []string{"UPDATE federation_log SET seq = -2 WHERE seq = 2", "UPDATE federation_log SET seq = 2 WHERE seq = 3",
			"UPDATE federation_log SET seq = 3 WHERE seq = -2"}},
		"one added": {6, []string{`INSERT INTO federation_log SELECT 6, at, direction, outcome, peer, message_id, kind, subject_hash,
			content_hash, receipt, prev_hash, hash FROM federation_log WHERE seq = 5`}},
		"last removed with the head set back": {4, []string{"DELETE FROM federation_log WHERE seq = 5",
			"UPDATE federation_log_head SET seq = 4, hash = (SELECT hash FROM federation_log WHERE seq = 4)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := logOf(t, 5)
			g := b.db.From(t.Context())
			for _, table := range []string{"federation_log", "federation_log_head"} {
				require.NoError(t, g.Exec("ALTER TABLE "+table+" DISABLE TRIGGER USER").Error)
			}
			for _, statement := range tc.statements {
				require.NoError(t, g.Exec(statement).Error)
			}
			_, err := b.VerifyLog(t.Context())
			var broken *LogError
			require.True(t, errors.As(err, &broken), "%v", err)
			require.Equal(t, tc.seq, broken.Seq, "%v", err)
		})
	}
}

// rewrite computes the chain anew, as somebody who can write to the database but has no key would.
func rewrite(t *testing.T, p *portal) {
	t.Helper()
	g := p.db.From(t.Context())
	last := []byte{}
	head, err := p.store.walkLog(t.Context(), func(e logEntry) error {
		e.PrevHash = last
		e.Hash = e.sum()
		last = e.Hash
		return g.Exec("UPDATE federation_log SET prev_hash = ?, hash = ? WHERE seq = ?", e.PrevHash, e.Hash, e.Seq).Error
	})
	require.NoError(t, err)
	require.NoError(t, g.Exec("UPDATE federation_log_head SET hash = ? WHERE seq = ?", last, head.Seq).Error)
}

func TestVerifyLog_ChainComputedAnew_SignatureTells(t *testing.T) {
	t.Parallel()
	b := logOf(t, 3)
	g := b.db.From(t.Context())
	for _, table := range []string{"federation_log", "federation_log_head"} {
		require.NoError(t, g.Exec("ALTER TABLE "+table+" DISABLE TRIGGER USER").Error)
	}
	require.NoError(t, g.Exec("UPDATE federation_log SET kind = 'x' WHERE seq = 2").Error)
	rewrite(t, b)
	_, err := b.VerifyLog(t.Context())
	var broken *LogError
	require.True(t, errors.As(err, &broken), "%v", err)
	require.EqualValues(t, 3, broken.Seq)
}

func TestVerifyLog_ReceiptOfAnotherMessage_Found(t *testing.T) {
	t.Parallel()
	b := logOf(t, 1)
	err := b.db.Tx(t.Context(), func(ctx context.Context) error {
		m := message{ID: uuid.New(), From: "https://x.example", Kind: kindNote}
		receipt, err := b.receiptFor(m, time.Now())
		require.NoError(t, err)
		m.ID = uuid.New()
		return b.appendLog(ctx, &pgx.Batch{}, directionReceived, outcomeAccepted, m.From, m, receipt)
	})
	require.NoError(t, err)
	_, err = b.VerifyLog(t.Context())
	var broken *LogError
	require.True(t, errors.As(err, &broken), "%v", err)
	require.EqualValues(t, 2, broken.Seq)
}

func TestVerifyLog_KeyNoLongerPublished_ChainStillCovers(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	id := a.send(b, uuid.New(), "x")
	until(t, "delivered", func() bool { return a.state(id) == stateDelivered })
	old := b.keys
	var err error
	b.keys, err = keys.New(true)
	require.NoError(t, err)
	writeMembers(t, a.trust.path, a, b)
	require.NoError(t, a.trust.Reload())
	b.keys = old
	report, err := a.VerifyLog(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, report.UnknownKeys)
}
