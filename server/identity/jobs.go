package identity

import (
	"portalverbund/server/platform/jobs"
)

// Register has the client do this room's background work.
func Register(c *jobs.Client, s *Service) {
	c.Sweep("identity", s.Sweep)
}
