package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
)

const (
	maxForm    = 16 << 10
	dateFormat = "2006-01-02"
)

// showOrders is the start page: the orders for the staff, a place to sign in for everybody else.
func (c *company) showOrders(w http.ResponseWriter, r *http.Request) {
	if _, ok := c.staff.of(r); !ok {
		c.show(w, http.StatusOK, "signin", signInPage{})
		return
	}
	c.showList(w, http.StatusOK, "")
}

func (c *company) showList(w http.ResponseWriter, status int, message string) {
	page := ordersPage{Error: message, Today: c.now().In(berlin()).Format(dateFormat)}
	for _, o := range c.orders.all() {
		page.Orders = append(page.Orders, card(o))
	}
	c.show(w, status, "orders", page)
}

// signInStaff checks the password. After ten wrong ones in a minute nobody may try for the rest of it.
func (c *company) signInStaff(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if !c.guesses.allow() {
		w.Header().Set("Retry-After", "60")
		c.show(w, http.StatusTooManyRequests, "signin", signInPage{Error: "Das waren zu viele Versuche. Bitte warten Sie eine Minute."})
		return
	}
	if !equal(r.PostFormValue("passwort"), c.config.StaffPassword) {
		c.show(w, http.StatusForbidden, "signin", signInPage{Error: "Das Passwort stimmt nicht."})
		return
	}
	c.guesses.forget()
	c.staff.begin(w, struct{}{})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// equal compares without telling by its time where the texts differ.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func (c *company) signOutStaff(w http.ResponseWriter, r *http.Request) {
	c.staff.end(w, r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// promiseDate sets the day of the pick-up and reports it to the portal.
func (c *company) promiseDate(w http.ResponseWriter, r *http.Request) {
	c.work(w, r, func(o *order) error {
		day, err := time.ParseInLocation(dateFormat, r.PostFormValue("termin"), berlin())
		if err != nil || day.Format(dateFormat) < c.now().In(berlin()).Format(dateFormat) {
			return errDate
		}
		if o.State != stateNew && o.State != stateScheduled {
			return errState
		}
		o.State, o.Pickup = stateScheduled, day.Format(dateFormat)
		c.addReport(o, "inProgress", "Ihr Abholtermin ist "+germanDay(day)+". Bitte stellen Sie alles bis 6 Uhr gut sichtbar an die Straße. Ihre Auftragsnummer bei uns: "+o.Reference, &notice{Day: o.Pickup, At: c.now().UTC()})
		return nil
	})
}

// closeOrder ends an order and reports it to the portal.
func (c *company) closeOrder(w http.ResponseWriter, r *http.Request) {
	c.work(w, r, func(o *order) error {
		if o.State != stateNew && o.State != stateScheduled {
			return errState
		}
		o.State = stateDone
		c.addReport(o, "closed", "Wir haben Ihren Auftrag "+o.Reference+" erledigt. Vielen Dank!", nil)
		return nil
	})
}

var errDate = errors.New("not a date from today on")

// work changes an order for the staff. Pressing a button twice changes nothing the second time.
func (c *company) work(w http.ResponseWriter, r *http.Request, fn func(*order) error) {
	if _, ok := c.staff.of(r); !ok {
		c.show(w, http.StatusForbidden, "signin", signInPage{Error: "Bitte melden Sie sich an."})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		c.notFound(w, r)
		return
	}
	switch err := c.orders.change(id, fn); {
	case err == nil:
		c.nudge()
		http.Redirect(w, r, "/#"+id.String(), http.StatusSeeOther) //nolint:gosec // a place on the own start page, named by a UUID
	case errors.Is(err, errNoOrder):
		c.notFound(w, r)
	case errors.Is(err, errDate):
		c.showList(w, http.StatusUnprocessableEntity, "Bitte geben Sie einen Tag ab heute an.")
	case errors.Is(err, errState):
		c.showList(w, http.StatusConflict, "Dieser Auftrag ist schon erledigt oder zurückgezogen.")
	default:
		c.log.Error("order not kept", "error", err)
		c.show(w, http.StatusInternalServerError, "message", messagePage{Title: "Das hat nicht geklappt", Text: "Die Änderung wurde nicht gespeichert. Bitte versuchen Sie es noch einmal."})
	}
}
