package jobs

import (
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river/rivertype"
)

const (
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
)

// backoff is when a failed job is tried again, unless its worker says otherwise: after 1 s, 2 s, 4 s … up to 5 min, each
// a fifth more or less, so that what failed together does not come back together.
type backoff struct{}

func (backoff) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(RetryAfter(len(job.Errors)))
}

// RetryAfter is the pause after so many failed attempts before this one.
func RetryAfter(failed int) time.Duration {
	pause := lastRetry
	if failed < 16 {
		pause = min(firstRetry<<max(failed, 0), lastRetry)
	}
	return pause*4/5 + rand.N(pause*2/5) //nolint:gosec // only spreads repeats
}
