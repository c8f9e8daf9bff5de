package xzufi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"

	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/collect"
)

// DeliveryID is the kind of sources that are deliveries at an address.
const DeliveryID = "xzufi-delivery"

// DeliveryKind describes sources that are a full delivery at an address: an index, and the files that it lists beside it. It is
// how PVOG collects from Länder, and how this portal offers its own.
func DeliveryKind(own string) adapter.Kind {
	return adapter.Kind{
		ID: DeliveryID, Fields: []adapter.Field{fieldIndex(), fieldToken()},
		Title: adapter.Words{De: "XZuFi-Lieferung an einer Webadresse", En: "Delivery of XZuFi at a web address"},
		Help: adapter.Words{
			De: "Holt den ganzen Bestand: die Dateien, die in einer index.txt stehen.", En: "Fetches everything: the files that an index.txt lists.",
		},
		New: func(s adapter.Settings, t adapter.Tools) (adapter.Source, error) {
			index, err := url.Parse(s.Get(fieldIndex()))
			if err != nil {
				return nil, fmt.Errorf("xzufi: address of the index: %w", err)
			}
			return &delivery{index: index, token: s.Get(fieldToken()), client: t.HTTP, options: Options{Own: own, Areas: t.Areas}}, nil
		},
	}
}

func fieldIndex() adapter.Field {
	return adapter.Field{
		Name: "url", Type: adapter.FieldURL, Required: true, Label: adapter.Words{De: "Adresse der index.txt", En: "Address of index.txt"},
		Help: adapter.Words{De: "Die Dateien, die darin stehen, liegen daneben.", En: "The files that it lists are beside it."},
	}
}

func fieldToken() adapter.Field {
	return adapter.Field{
		Name: "token", Type: adapter.FieldSecret, Label: adapter.Words{De: "Zugangstoken", En: "Access token"},
		Help: adapter.Words{De: "Wenn die Lieferung nicht öffentlich ist. Es wird als „Authorization: Bearer …“ gesendet.", En: "If the delivery is not public. It is sent as “Authorization: Bearer …”."},
	}
}

// delivery is a source at an address.
type delivery struct {
	index   *url.URL
	token   string
	client  *http.Client
	options Options
}

// Whole says that a delivery is all that its source has.
func (d *delivery) Whole(string) bool { return true }

// Collect reads the index and the files. It always begins at the beginning, as a delivery may be another one by now.
func (d *delivery) Collect(ctx context.Context, _ string) iter.Seq2[adapter.Record, error] {
	return func(yield func(adapter.Record, error) bool) {
		files, err := d.list(ctx)
		if err != nil {
			yield(adapter.Record{}, err)
			return
		}
		for _, name := range files {
			if !d.read(ctx, name, yield) {
				return
			}
		}
	}
}

func (d *delivery) list(ctx context.Context) ([]string, error) {
	body, err := d.open(ctx, d.index)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }() // it was only read
	files, err := adapter.ReadIndex(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", collect.ErrAnswer, err)
	}
	return files, nil
}

// read reads a file, and says whether to go on.
func (d *delivery) read(ctx context.Context, name string, yield func(adapter.Record, error) bool) bool {
	body, err := d.open(ctx, d.index.ResolveReference(&url.URL{Path: name}))
	if err != nil {
		yield(adapter.Record{}, fmt.Errorf("%s: %w", name, err))
		return false
	}
	defer func() { _ = body.Close() }() // it was only read
	for r, err := range Read(ctx, name, body, d.options) {
		if err != nil && !errors.Is(err, collect.ErrUnavailable) {
			err = fmt.Errorf("%w: %w", collect.ErrAnswer, err)
		}
		if !yield(r, err) || err != nil {
			return false
		}
	}
	return true
}

// open asks for what is at an address.
func (d *delivery) open(ctx context.Context, address *url.URL) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", collect.ErrAnswer, err)
	}
	if d.token != "" {
		request.Header.Set("Authorization", "Bearer "+d.token)
	}
	response, err := d.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", collect.ErrUnavailable, err)
	}
	if response.StatusCode == http.StatusOK {
		return cut{response.Body}, nil
	}
	_ = response.Body.Close()
	kind := collect.ErrAnswer
	switch {
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
		kind = collect.ErrRefused
	case response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= http.StatusInternalServerError:
		kind = collect.ErrUnavailable
	}
	return nil, fmt.Errorf("%w: answered with status %d", kind, response.StatusCode)
}

// cut tells a connection that breaks from a file that is not right.
type cut struct{ io.ReadCloser }

// Read reads on.
func (c cut) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", collect.ErrUnavailable, err)
	}
	return n, err
}
