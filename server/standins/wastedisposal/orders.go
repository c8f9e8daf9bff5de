package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// state of an order.
type state string

const (
	stateNew       state = "new"
	stateScheduled state = "scheduled"
	stateDone      state = "done"
	stateCancelled state = "cancelled"
)

// order is what was delivered, and what the company has done with it.
type order struct {
	ID         uuid.UUID `json:"id"`        // of the delivery at the portal
	Reference  string    `json:"reference"` // the company's own number
	Number     string    `json:"number"`    // of the citizen's application
	Title      string    `json:"title"`
	State      state     `json:"state"`
	Data       answers   `json:"data"`
	ReceivedAt time.Time `json:"receivedAt"`
	Pickup     string    `json:"pickup,omitempty"` // date, YYYY-MM-DD
	Webhooks   []string  `json:"webhooks"`         // ids of what was taken
	Reports    []report  `json:"reports"`          // to the portal, in order
	Sequence   int       `json:"sequence"`
	Photos     []photo   `json:"photos,omitempty"`
}

// photo is a file that the citizen has added, and whether the company has it.
type photo struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"`
	MediaType string    `json:"mediaType"`
	Size      int64     `json:"size"`
	SHA256    string    `json:"sha256"`
	State     string    `json:"state,omitempty"` // empty: to be fetched
}

const (
	photoHere    = "here"
	photoMissing = "missing"
)

// answers are those of the form that the company reads.
type answers struct {
	Applicant struct {
		GivenName   string `json:"givenName"`
		FamilyName  string `json:"familyName"`
		Street      string `json:"street"`
		HouseNumber string `json:"houseNumber"`
		PostalCode  string `json:"postalCode"`
		City        string `json:"city"`
		Phone       string `json:"phone"`
	} `json:"applicant"`
	Items struct {
		Objects []object `json:"objects"`
	} `json:"items"`
	Pickup struct {
		Address       string `json:"address"`
		Street        string `json:"street"`
		HouseNumber   string `json:"houseNumber"`
		PostalCode    string `json:"postalCode"`
		City          string `json:"city"`
		Location      string `json:"location"`
		PreferredDate string `json:"preferredDate"`
	} `json:"pickup"`
}

type object struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
	Note  string `json:"note"`
}

// report is a status for the portal. It is kept until the portal has taken or refused it.
type report struct {
	Key       string     `json:"key"` // Idempotency-Key
	Status    string     `json:"status"`
	Text      string     `json:"text"`
	SentAt    *time.Time `json:"sentAt,omitempty"`
	RefusedAs string     `json:"refusedAs,omitempty"`
	Notice    *notice    `json:"notice,omitempty"` // goes with it
}

func (r report) open() bool { return r.SentAt == nil && r.RefusedAs == "" }

// orders keeps each order in a file of its own. What a method has returned is on the disk.
type orders struct {
	mu     sync.Mutex
	folder string
	byID   map[uuid.UUID]order
	last   int // highest sequence number
}

var (
	errNoOrder = errors.New("no such order")
	errState   = errors.New("not possible in this state")
)

func openOrders(folder string) (*orders, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("orders: %w", err)
	}
	o := &orders{folder: folder, byID: map[uuid.UUID]order{}}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("orders: %w", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("orders: %w", err)
		}
		var kept order
		if err := json.Unmarshal(data, &kept); err != nil {
			return nil, fmt.Errorf("orders: %s: %w", filepath.Base(name), err)
		}
		o.byID[kept.ID] = kept
		o.last = max(o.last, kept.Sequence)
	}
	return o, nil
}

// take adds what was delivered. A webhook that was taken before changes nothing, and gives the same order.
func (o *orders) take(webhookID string, d delivery, now time.Time) (order, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept, known := o.byID[d.ID]
	if known && slices.Contains(kept.Webhooks, webhookID) {
		return kept, nil
	}
	if !known {
		kept = order{
			ID: d.ID, Number: d.Number, Title: d.ServiceTitle, State: stateNew, Data: d.Data, Photos: photosOf(d), ReceivedAt: now,
			Sequence: o.last + 1, Reference: fmt.Sprintf("EE-%05d", o.last+1),
		}
	}
	if d.State == deliveryCancelled && kept.State != stateDone {
		kept.State = stateCancelled
	}
	kept.Webhooks = append(slices.Clone(kept.Webhooks), webhookID)
	if err := o.save(kept); err != nil {
		return order{}, err
	}
	o.last = max(o.last, kept.Sequence)
	return kept, nil
}

// change applies fn to an order and keeps the result; what fn refuses is not kept.
func (o *orders) change(id uuid.UUID, fn func(*order) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept, known := o.byID[id]
	if !known {
		return errNoOrder
	}
	kept.Reports, kept.Photos = slices.Clone(kept.Reports), slices.Clone(kept.Photos)
	if err := fn(&kept); err != nil {
		return err
	}
	return o.save(kept)
}

// all lists the orders, newest first.
func (o *orders) all() []order {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := make([]order, 0, len(o.byID))
	for _, kept := range o.byID {
		list = append(list, kept)
	}
	slices.SortFunc(list, func(a, b order) int { return cmp.Compare(b.Sequence, a.Sequence) })
	return list
}

// byNumber finds an order by the number of the application or by the company's own.
func (o *orders) byNumber(number string) (order, bool) {
	wanted := plainNumber(number)
	for _, kept := range o.all() {
		if wanted != "" && plainNumber(kept.Number) == wanted {
			return kept, true
		}
	}
	return order{}, false
}

// plainNumber forgives spaces, dashes and small letters.
func plainNumber(number string) string {
	return strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(strings.TrimSpace(number)))
}

// save writes an order so that neither a crash nor a loss of power leaves half of it.
func (o *orders) save(kept order) error {
	data, err := json.MarshalIndent(kept, "", "  ")
	if err != nil {
		return fmt.Errorf("keep order: %w", err)
	}
	path := filepath.Join(o.folder, kept.ID.String()+".json")
	if err := writeFile(path+".new", data); err != nil {
		return fmt.Errorf("keep order: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep order: %w", err)
	}
	if err := syncFolder(o.folder); err != nil {
		return fmt.Errorf("keep order: %w", err)
	}
	o.byID[kept.ID] = kept
	return nil
}

func writeFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
