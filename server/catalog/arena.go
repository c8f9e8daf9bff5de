package catalog

import (
	"strings"

	"github.com/google/uuid"
)

const mostAtOnce = 4096 // elements

// arena hands out room for elements from large pieces: a hundred thousand documents of a few elements each are then a few dozen
// objects. What is handed out lives as long as anything from the same piece.
type arena[T any] struct {
	left []T
	next int // how many elements the next piece has
}

// take gives room for n elements, which are zero.
func (a *arena[T]) take(n int) []T {
	if n > len(a.left) {
		a.next = min(max(2*a.next, 8), mostAtOnce) // few where a single document is written
		a.left = make([]T, max(n, a.next))
	}
	taken := a.left[:n:n]
	a.left = a.left[n:]
	return taken
}

// copied gives the elements in room of their own.
func (a *arena[T]) copied(list []T) []T {
	if len(list) == 0 {
		return nil
	}
	room := a.take(len(list))
	copy(room, list)
	return room
}

// once gives the one copy of a text that very many documents have.
func (x *index) once(text string) string {
	list := x.listOnce([]string{text})
	return list[0]
}

// listOnce gives the one copy of a list.
func (x *index) listOnce(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	key := strings.Join(list, "\x00")
	known, ok := x.lists[key]
	if !ok {
		known = list
		x.lists[key] = list
	}
	return known
}

// unitOf gives the number of a unit; 0 for none.
func (x *index) unitOf(id *uuid.UUID) int32 {
	if id == nil {
		return 0
	}
	n, known := x.unitsAt[*id]
	if !known {
		n = int32(len(x.units))
		x.units, x.unitsAt[*id] = append(x.units, *id), n
	}
	return n
}

// spreadOf gives the one copy of where a service is done.
func (x *index) spreadOf(r serviceRow) *spread {
	key := strings.Join(r.Claims, "\x00")
	known, ok := x.spreads[key]
	if !ok {
		known = r.spread()
		known.number = int32(len(x.spreads))
		x.spreads[key] = known
	}
	return known
}
