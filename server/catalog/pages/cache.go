package pages

import (
	"sync"
	"time"

	"portalverbund/server/platform/httpx"
)

const (
	pageAge    = 10 * time.Second // should news of a change be late, a page is made anew after that all the same
	cacheBytes = 8 << 20          // of bodies; what is made of them takes about twice as much
)

// cache remembers pages until the catalog changes.
type cache struct {
	now func() time.Time

	mu         sync.Mutex
	generation uint64
	size       int
	byKey      map[string]remembered
}

type remembered struct {
	page  *httpx.Page
	until time.Time
}

func newCache(now func() time.Time) *cache {
	return &cache{now: now, byKey: map[string]remembered{}}
}

// get gives a page that was made of this generation of the catalog; nil when there is none.
func (c *cache) get(key string, generation uint64) *httpx.Page {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.byKey[key]
	if !ok || c.generation != generation || !c.now().Before(known.until) {
		return nil
	}
	return known.page
}

// put remembers a page that was made of a generation of the catalog.
func (c *cache) put(key string, generation uint64, page *httpx.Page) {
	size := len(key) + len(page.Body) + len(page.Data)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation != generation || c.size+size > cacheBytes {
		clear(c.byKey)
		c.generation, c.size = generation, 0
	}
	if before, ok := c.byKey[key]; ok {
		c.size -= len(key) + len(before.page.Body) + len(before.page.Data)
	}
	c.byKey[key] = remembered{page, c.now().Add(pageAge)}
	c.size += size
}
