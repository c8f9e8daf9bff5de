package adapter

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"portalverbund/server/platform/collect"
)

// MaxAnswer is how large an answer of another system may be, in bytes: the client that is given to a source holds to it.
const MaxAnswer = 64 << 20

// Tools are what a source needs of the program that runs it.
type Tools struct {
	HTTP  *http.Client // of platform/outbound
	Areas Areas
	Now   func() time.Time
	Sleep func(ctx context.Context, pause time.Duration) error // nil: really
}

// RateField lets people ask another system more or less often.
func RateField() Field {
	return Field{
		Name: "rate", Type: FieldNumber, Default: strconv.Itoa(collect.DefaultRate), Advanced: true,
		Label: Words{"Anfragen je Sekunde", "Requests per second"},
		Help:  Words{"Wie oft das andere System höchstens gefragt wird.", "How often the other system is asked at most."},
	}
}

// Client makes a client for one run.
func (t Tools) Client(s Settings, access collect.Access, header http.Header) *collect.Client {
	rate, err := strconv.Atoi(s.Get(RateField()))
	if err != nil || rate <= 0 {
		rate = collect.DefaultRate
	}
	return collect.New(collect.Options{HTTP: t.HTTP, Access: access, Header: header, Rate: float64(rate), Now: t.Now, Sleep: t.Sleep})
}
