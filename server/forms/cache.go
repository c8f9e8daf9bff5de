package forms

import (
	"container/list"
	"sync"

	"github.com/google/uuid"
)

// formKey names a version of a form, which never changes.
type formKey struct {
	id      uuid.UUID
	version int
}

// cache keeps the values used last, up to a number of them.
type cache[V any] struct {
	mu    sync.Mutex
	limit int
	order *list.List // of *entry[V], the one used last in front
	at    map[formKey]*list.Element
}

type entry[V any] struct {
	key   formKey
	value V
}

func newCache[V any](limit int) *cache[V] {
	return &cache[V]{limit: limit, order: list.New(), at: map[formKey]*list.Element{}}
}

func (c *cache[V]) get(key formKey) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.at[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*entry[V]).value, true
}

func (c *cache[V]) put(key formKey, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.at[key]; ok {
		element.Value.(*entry[V]).value = value
		c.order.MoveToFront(element)
		return
	}
	c.at[key] = c.order.PushFront(&entry[V]{key, value})
	if c.order.Len() > c.limit {
		oldest := c.order.Back()
		delete(c.at, oldest.Value.(*entry[V]).key)
		c.order.Remove(oldest)
	}
}
