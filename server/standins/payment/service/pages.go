package service

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed assets
var assets embed.FS

const pagePolicy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"

// shown is a transaction for people.
type shown struct {
	ID, Amount, Purpose, Description, Reference, Status, Word, Back string
	Open                                                            bool
}

func word(status string) string {
	switch status {
	case Paid:
		return "bezahlt"
	case Failed:
		return "fehlgeschlagen"
	case Canceled:
		return "abgebrochen"
	}
	return "offen"
}

func (k *kept) shown() shown {
	i, r := k.PaymentInformation, k.PaymentRequest
	total, _ := cents(r.GrosAmount)
	if i.Status == Paid {
		total = k.Received
	}
	return shown{
		ID: i.TransactionID, Amount: fmt.Sprintf("%d,%02d €", total/100, total%100), Purpose: r.Purpose, Description: r.Description, Reference: i.TransactionReference,
		Status: i.Status, Word: word(i.Status), Back: r.RedirectURL, Open: i.Status == Initial,
	}
}

func (s *Service) pages(mux *http.ServeMux) {
	templates := map[string]*template.Template{}
	for _, name := range []string{"pay", "control"} {
		templates[name] = template.Must(template.ParseFS(assets, "assets/frame.html", "assets/"+name+".html"))
	}
	show := func(w http.ResponseWriter, status int, name string, data any) {
		var b bytes.Buffer
		if err := templates[name].ExecuteTemplate(&b, "frame", data); err != nil {
			http.Error(w, "Das hat nicht geklappt.", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		w.WriteHeader(status)
		_, _ = b.WriteTo(w) // the reader has gone when it fails
	}
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		css, _ := assets.ReadFile("assets/style.css") // it is built in
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(css) // as above
	})
	mux.HandleFunc("GET /bezahlen/{id}", func(w http.ResponseWriter, r *http.Request) {
		k, known := s.one(r.PathValue("id"))
		if !known {
			show(w, http.StatusNotFound, "pay", shown{})
			return
		}
		show(w, http.StatusOK, "pay", k)
	})
	mux.HandleFunc("POST /bezahlen/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, status := r.PathValue("id"), map[string]string{"bezahlen": Paid, "fehler": Failed, "abbrechen": Canceled}[r.FormValue("was")]
		method := r.FormValue("art")
		if !slices.Contains([]string{"CREDITCARD", "PAYPAL", "GIROPAY"}, method) {
			method = "OTHER"
		}
		received, _ := strconv.ParseInt(r.FormValue("cent"), 10, 64)
		back, ok := s.Finish(id, status, method, received)
		if !ok { // it is over: the page says so
			http.Redirect(w, r, "/bezahlen/"+id, http.StatusSeeOther)
			return
		}
		http.Redirect(w, r, back, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { show(w, http.StatusOK, "control", s.control()) })
	mux.HandleFunc("POST /steuerung", func(w http.ResponseWriter, r *http.Request) {
		s.steer(r)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
}

func (s *Service) one(id string) (shown, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.kept[id]
	if !known {
		return shown{}, false
	}
	return k.shown(), true
}

type controlPage struct {
	Faults     Faults
	Seconds    int
	Recent     []shown
	Originator []string
}

func (s *Service) control() controlPage {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := controlPage{Faults: s.faults, Seconds: int(s.faults.Delay.Seconds())}
	for _, id := range slices.Backward(s.order) {
		if page.Recent = append(page.Recent, s.kept[id].shown()); len(page.Recent) == 50 {
			break
		}
	}
	for _, c := range s.o.Clients {
		page.Originator = append(page.Originator, c.Originator)
	}
	return page
}

// steer takes what its owner wants to go wrong.
func (s *Service) steer(r *http.Request) {
	number := func(name string, most int) int {
		n, _ := strconv.Atoi(r.FormValue(name)) // what is no number is none
		return min(max(n, 0), most)
	}
	if r.FormValue("was") == "erfinden" {
		originator, endPoint, _ := strings.Cut(r.FormValue("portal"), "/")
		if amount := number("cent", 99_999_900); amount > 0 && originator != "" && endPoint != "" {
			s.Plant(originator, endPoint, int64(amount))
		}
		return
	}
	s.SetFaults(Faults{
		Before: number("vorher", 100), After: number("nachher", 100), Delay: time.Duration(number("verzug", 60)) * time.Second, Quiet: r.FormValue("still") != "",
		Twice: r.FormValue("doppelt") != "",
	})
}
