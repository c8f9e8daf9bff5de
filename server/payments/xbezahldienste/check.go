package xbezahldienste

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"portalverbund/api/types"
	"portalverbund/server/platform/outbound"
)

// Check asks the service whether it knows the portal (GET /status/{originatorId}/{endPointId}), and for the list of today where it has an address.
func (c *Client) Check(ctx context.Context) types.PaymentServiceCheck {
	out := c.look(ctx, c.s.URL+"/status/"+url.PathEscape(c.s.OriginatorID)+"/"+url.PathEscape(c.s.EndPointID))
	if out.Finding != types.PaymentReady || c.s.ListURL == "" {
		return out
	}
	if _, err := c.List(ctx, time.Now(), time.Now()); err != nil {
		out.Finding = types.PaymentListFailed
	}
	return out
}

func (c *Client) look(ctx context.Context, address string) (out types.PaymentServiceCheck) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return types.PaymentServiceCheck{Finding: types.PaymentUnreachable}
	}
	res, err := c.http.Do(c.proven(req))
	if err != nil {
		return wrongWith(err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	var f functionalError
	_ = json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&f) // without one, the status says it
	return types.PaymentServiceCheck{Finding: finding(res.StatusCode, f.FunctionalCode), Status: &res.StatusCode}
}

func finding(status int, code string) types.PaymentServiceFinding {
	switch {
	case status < http.StatusMultipleChoices:
		return types.PaymentReady
	case code == "NO_VALID_ORIGINATOR_OR_ENDPOINT", code == "NO_VALID_ORIGINATOR_OR_DESTINATION", status == http.StatusNotFound:
		return types.PaymentPlace
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return types.PaymentCredentials
	}
	return types.PaymentAnswerFailed
}

// wrongWith says why there was no answer.
func wrongWith(err error) types.PaymentServiceCheck {
	var token *oauth2.RetrieveError
	var untrusted *tls.CertificateVerificationError
	var alert tls.AlertError
	var slow net.Error
	switch {
	case errors.As(err, &token) && token.Response != nil:
		status := token.Response.StatusCode
		if status >= http.StatusInternalServerError || status < http.StatusBadRequest {
			return types.PaymentServiceCheck{Finding: types.PaymentAnswerFailed, Status: &status}
		}
		return types.PaymentServiceCheck{Finding: types.PaymentCredentials, Status: &status}
	case errors.Is(err, outbound.ErrAddressRefused), errors.Is(err, outbound.ErrSchemeRefused):
		return types.PaymentServiceCheck{Finding: types.PaymentAddressRefused}
	case errors.As(err, &untrusted):
		return types.PaymentServiceCheck{Finding: types.PaymentUntrusted}
	case errors.As(err, &alert): // it refuses the certificate that was shown
		return types.PaymentServiceCheck{Finding: types.PaymentCredentials}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return types.PaymentServiceCheck{Finding: types.PaymentTooSlow}
	}
	return types.PaymentServiceCheck{Finding: types.PaymentUnreachable}
}

// proven adds what a request proves the portal by, where that is part of it.
func (c *Client) proven(req *http.Request) *http.Request {
	req.Header.Set("Accept", "application/json")
	if c.s.User != "" {
		req.SetBasicAuth(c.s.User, c.s.Password)
	}
	return req
}
