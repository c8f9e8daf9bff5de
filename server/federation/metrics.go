package federation

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const collectTimeout = 2 * time.Second

// metrics counts what this process does. What waits is read from the database when it is asked for.
type metrics struct {
	sent       *prometheus.CounterVec
	received   *prometheus.CounterVec
	turnedAway *prometheus.CounterVec
	nudges     *prometheus.CounterVec
	entries    prometheus.Counter
}

func (s *Service) register(registerer prometheus.Registerer) error {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "federation", Name: name, Help: help}, labels)
	}
	s.metrics = metrics{
		sent:       counter("sent_total", "Attempts to deliver a message, by outcome.", "kind", "outcome"),
		received:   counter("received_total", "Messages that arrived, by outcome.", "kind", "outcome"),
		turnedAway: counter("turned_away_total", "What was refused before it had any effect, by reason.", "what", "reason"),
		nudges:     counter("nudges_total", "Nudges to other portals, by outcome.", "outcome"),
		entries: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "federation", Name: "catalog_entries_total", Help: "Entries read from other portals' catalogs.",
		}),
	}
	if registerer == nil {
		return nil
	}
	all := []prometheus.Collector{s.metrics.sent, s.metrics.received, s.metrics.turnedAway, s.metrics.nudges, s.metrics.entries, newPeerCollector(s)}
	for _, c := range all {
		if err := registerer.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

// peerCollector reads the state of the queues and copies, by portal, each time it is asked.
type peerCollector struct {
	service                                       *Service
	queued, parked, refused, lag, reach, age, bad *prometheus.Desc
}

func newPeerCollector(s *Service) *peerCollector {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("federation_"+name, help, []string{"peer"}, nil)
	}
	return &peerCollector{
		service: s,
		queued:  desc("messages_queued", "Messages that wait to be delivered."),
		parked:  desc("messages_parked", "Messages that were given up and wait for somebody to send them again."),
		refused: desc("messages_refused", "Messages that the receiver refused for good, not sent again yet."),
		lag:     desc("messages_lag_seconds", "How long the oldest message has waited."),
		reach:   desc("peer_failures", "Attempts in a row that did not reach the portal."),
		age:     desc("catalog_age_seconds", "Time since the portal's catalog was read last; missing when it never was."),
		bad:     desc("catalog_failing", "1 when the last reading of the portal's catalog failed."),
	}
}

// Describe names the metrics.
func (c *peerCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.queued, c.parked, c.refused, c.lag, c.reach, c.age, c.bad} {
		out <- d
	}
}

// Collect reads the values.
func (c *peerCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	peers, err := c.service.Status(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(c.queued, err)
		return
	}
	now := c.service.now()
	for _, p := range peers {
		gauge := func(d *prometheus.Desc, value float64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, p.Portal.Id)
		}
		gauge(c.queued, float64(p.Queued))
		gauge(c.parked, float64(p.Parked))
		gauge(c.refused, float64(p.Refused))
		gauge(c.lag, age(now, p.OldestQueued))
		gauge(c.reach, float64(p.Failures))
		if p.CatalogReadAt != nil {
			gauge(c.age, age(now, p.CatalogReadAt))
		}
		failing := 0.0
		if p.CatalogError != "" {
			failing = 1
		}
		gauge(c.bad, failing)
	}
}

func age(now time.Time, since *time.Time) float64 {
	if since == nil {
		return 0
	}
	return max(now.Sub(*since).Seconds(), 0)
}
