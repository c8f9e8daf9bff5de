package health

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const collectTimeout = 2 * time.Second

// collector reads alerts and what runs out each time it is asked.
type collector struct {
	service                   *Service
	alert, certificate, trust *prometheus.Desc
}

func newCollector(s *Service) *collector {
	return &collector{
		service:     s,
		alert:       prometheus.NewDesc("federation_alert", "1 while something about the link to a portal is wrong.", []string{"kind", "peer"}, nil),
		certificate: prometheus.NewDesc("federation_certificate_expiry_timestamp_seconds", "When the certificate of the portal's address runs out.", []string{"peer"}, nil),
		trust:       prometheus.NewDesc("federation_trust_expiry_timestamp_seconds", "When the portal's trust chain runs out unless it is read again.", []string{"peer"}, nil),
	}
}

// Describe names the metrics.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	out <- c.alert
	out <- c.certificate
	out <- c.trust
}

// Collect reads the values.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	alerts, _, err := c.service.Alerts(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(c.alert, err)
		return
	}
	peers, err := c.service.Links.Status(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(c.certificate, err)
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for _, a := range alerts {
		if a.EndedAt == nil {
			gauge(c.alert, 1, string(a.Kind), a.Portal)
		}
	}
	for _, p := range peers {
		if p.CertificateUntil != nil {
			gauge(c.certificate, float64(p.CertificateUntil.Unix()), p.Portal.Id)
		}
	}
	for _, m := range c.service.Trust.Standings(ctx) {
		if m.Trusted {
			gauge(c.trust, float64(m.Until.Unix()), m.Entity)
		}
	}
}
