package federation

import (
	"math"
	"strconv"
	"strings"
)

// cursor is a place in a portal's feed. It means something only to the portal that gave it, within one epoch.
type cursor struct {
	epoch    string
	xid, seq int64
	snapshot bool // within a snapshot that is not complete
}

// before says whether deletions that are no longer kept may lie behind the cursor.
func (c cursor) before(horizon int64) bool {
	return c.xid < horizon || c.xid == horizon && horizon > 0 && c.seq < math.MaxInt64
}

// settled gives the cursor of a reader that has everything there is, deletions up to the horizon included.
func (c cursor) settled(horizon int64) cursor {
	c.snapshot = false
	if c.before(horizon) {
		c.xid, c.seq = horizon, math.MaxInt64
	}
	return c
}

// String gives the cursor as readers keep it.
func (c cursor) String() string {
	text := c.epoch + "." + strconv.FormatInt(c.xid, 36) + "." + strconv.FormatInt(c.seq, 36)
	if c.snapshot {
		text += ".s"
	}
	return text
}

// parseCursor reads what String wrote; false for anything else.
func parseCursor(text string) (cursor, bool) {
	parts := strings.Split(text, ".")
	if len(parts) == 4 && parts[3] == "s" {
		parts = parts[:3]
	} else if len(parts) != 3 {
		return cursor{}, false
	}
	xid, err1 := strconv.ParseInt(parts[1], 36, 64)
	seq, err2 := strconv.ParseInt(parts[2], 36, 64)
	c := cursor{epoch: parts[0], xid: xid, seq: seq, snapshot: strings.HasSuffix(text, ".s")}
	return c, err1 == nil && err2 == nil && xid >= 0 && seq >= 0 && c.String() == text
}
