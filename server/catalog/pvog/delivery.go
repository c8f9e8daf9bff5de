package pvog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"time"

	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/collect"
)

// delivery is a source that asks the Bereitstelldienst.
type delivery struct {
	start    *url.URL
	read     adapter.Format
	settings adapter.Settings
	tools    adapter.Tools
}

func newDelivery(read adapter.Format, settings adapter.Settings, tools adapter.Tools) (adapter.Source, error) {
	if problems := DeliveryKind(read).Check(settings); len(problems) > 0 {
		return nil, fmt.Errorf("pvog: setting %s: %s", problems[0].Field, problems[0].Words.En)
	}
	start, err := url.Parse(settings.Get(fieldDeliveryURL()))
	if err != nil {
		return nil, fmt.Errorf("pvog: %w", err)
	}
	query := start.Query()
	for _, ars := range adapter.List(settings.Get(fieldARSFilter())) {
		if adapter.Unpad(ars) == "" {
			return nil, fmt.Errorf("pvog: %q is no ARS", ars)
		}
		query.Add(deliveryFilter, adapter.Pad(adapter.Unpad(ars)))
	}
	start.RawQuery = query.Encode()
	if tools.Now == nil {
		tools.Now = time.Now
	}
	return &delivery{start: start, read: read, settings: settings, tools: tools}, nil
}

// Whole says that only the first run gives everything: later ones give what has changed, with deletions of its own.
func (d *delivery) Whole(cursor string) bool { return cursor == "" }

// block is an answer of the Bereitstelldienst.
type block struct {
	Objects  string `json:"xzufiObjekte"` // an XZuFi message; empty where nothing has changed
	Complete *bool  `json:"vollstaendig"` // nothing more at present
	Next     string `json:"naechsteAnfrageUrl"`
}

// Collect gives block after block until the Bereitstelldienst says that nothing more is there. The cursor is the address
// that it names for the next block.
func (d *delivery) Collect(ctx context.Context, from string) iter.Seq2[adapter.Record, error] {
	return func(yield func(adapter.Record, error) bool) {
		out := adapter.NewEmitter(yield)
		out.Fail(d.collect(ctx, out, from))
	}
}

func (d *delivery) collect(ctx context.Context, out *adapter.Emitter, from string) error {
	tokens := collect.NewTokens(d.settings.Get(fieldTokenURL()), d.settings.Get(fieldOAuthID()), d.settings.Get(fieldOAuthSecret()), nil, d.tools.HTTP, d.tools.Now)
	client := d.tools.Client(d.settings, tokens, nil)
	at := d.start.String()
	if from != "" {
		if err := d.allowed(from); err != nil {
			return err
		}
		at = from
	}
	asked := map[string]bool{}
	for !out.Ended() {
		asked[at] = true
		var b block
		if err := client.JSON(ctx, at, &b); err != nil {
			return err
		}
		if b.Complete == nil {
			return fmt.Errorf("pvog: %w: it does not say whether it is complete", collect.ErrAnswer)
		}
		if err := d.objects(ctx, out, b.Objects, at); err != nil {
			return err
		}
		if err := d.allowed(b.Next); err != nil {
			return err
		}
		if *b.Complete {
			out.Next(b.Next)
			return nil
		}
		if asked[b.Next] {
			return fmt.Errorf("pvog: %w: the blocks do not advance", collect.ErrTooMany)
		}
		at = b.Next
		out.Cursor(at)
	}
	return nil
}

// errElsewhere says that a next address leads away from the Bereitstelldienst: the access token must not go there.
var errElsewhere = errors.New("the next address leads elsewhere")

// allowed says whether an address is one of the Bereitstelldienst that was configured: same host, and the same path or one
// below it.
func (d *delivery) allowed(address string) error {
	next, err := url.Parse(address)
	if err != nil || next.Scheme != d.start.Scheme || !strings.EqualFold(next.Host, d.start.Host) || next.User != nil || next.Fragment != "" ||
		next.Path != d.start.Path && !strings.HasPrefix(next.Path, strings.TrimSuffix(d.start.Path, "/")+"/") || strings.Contains(next.Path, "..") {
		return fmt.Errorf("pvog: %w: %.200q", errElsewhere, address)
	}
	return nil
}

// objects reads the XZuFi message of a block.
func (d *delivery) objects(ctx context.Context, out *adapter.Emitter, xml, at string) error {
	if strings.TrimSpace(xml) == "" {
		return nil
	}
	for record, err := range d.read.Read(ctx, at, strings.NewReader(xml)) {
		if err != nil {
			return fmt.Errorf("pvog: block: %w", err)
		}
		record.Cursor, record.Next = "", "" // of the message; here the blocks say where to go on
		if out.Record(record); out.Ended() {
			return nil
		}
	}
	return nil
}
