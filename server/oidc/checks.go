package oidc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/problem"
)

const (
	checkTimeout = 8 * time.Second
	checksAtOnce = 4
)

// Check is what was found about one part of an application.
type Check struct {
	Subject types.ClientCheckSubject
	Address string
	Outcome types.ClientCheckOutcome
	Message problem.Text
}

// CheckRegistration calls the addresses of an application as the portal will, a few at once, and says what it found.
func (s *Service) CheckRegistration(ctx context.Context, id string) ([]Check, error) {
	r, err := s.Registration(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := s.record(ctx, "client.check", id, ""); err != nil {
		return nil, err
	}
	var work []func(context.Context) Check
	add := func(fn func(context.Context) Check) { work = append(work, fn) }
	pages := func(subject types.ClientCheckSubject, addresses ...string) {
		for _, address := range addresses {
			if address != "" {
				add(func(ctx context.Context) Check { return s.checkPage(ctx, subject, address) })
			}
		}
	}
	pages(types.CheckedRedirectUri, r.RedirectURIs...)
	pages(types.CheckedPostLogoutRedirectUri, r.AfterLogout...)
	pages(types.CheckedUrl, r.URL)
	pages(types.CheckedPrivacyUrl, r.PrivacyURL)
	if r.LogoutURI != "" {
		add(func(ctx context.Context) Check { return s.checkLogout(ctx, r.LogoutURI) })
	}
	switch r.Authentication {
	case types.PrivateKeyJwtAuthentication:
		add(func(ctx context.Context) Check { return s.checkKeys(ctx, r) })
	case types.ClientSecretAuthentication:
		add(func(context.Context) Check { return s.checkSecrets(r) })
	}
	return allChecks(ctx, work), nil
}

// allChecks does some at once and keeps their order.
func allChecks(ctx context.Context, work []func(context.Context) Check) []Check {
	out := make([]Check, len(work))
	places := make(chan struct{}, checksAtOnce)
	var running sync.WaitGroup
	for i, fn := range work {
		running.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			out[i] = fn(ctx)
		})
	}
	running.Wait()
	return out
}

func found(subject types.ClientCheckSubject, address string, outcome types.ClientCheckOutcome, de, en string) Check {
	return Check{Subject: subject, Address: address, Outcome: outcome, Message: problem.Text{De: de, En: en}}
}

// checkPage looks whether an address that browsers go to is there. What it answers without a sign-in does not matter.
func (s *Service) checkPage(ctx context.Context, subject types.ClientCheckSubject, address string) Check {
	u, err := url.Parse(address)
	if err == nil && (u.Scheme != "https" && u.Scheme != "http" || subject == types.CheckedRedirectUri && u.Scheme == "http" && net.ParseIP(u.Hostname()) != nil && !s.Loopback) {
		return found(subject, address, types.CheckOk, "Die Adresse liegt auf dem Gerät der Menschen; ihre Form stimmt.", "The address is on people's devices; its form is right.")
	}
	status, err := s.ask(ctx, http.MethodGet, address, nil)
	switch {
	case err != nil:
		return unreachable(subject, address, err)
	case status == http.StatusNotFound || status == http.StatusGone:
		return found(subject, address, types.CheckWarning, fmt.Sprintf("Der Server ist da, kennt diese Adresse aber nicht (%d).", status), fmt.Sprintf("The server is there, but does not know this address (%d).", status))
	case status >= http.StatusInternalServerError && subject != types.CheckedRedirectUri:
		return found(subject, address, types.CheckWarning, fmt.Sprintf("Der Server meldet einen Fehler (%d).", status), fmt.Sprintf("The server reports an error (%d).", status))
	}
	return found(subject, address, types.CheckOk, "Erreichbar.", "Can be reached.")
}

// checkLogout sends what is no logout token: it must be refused.
func (s *Service) checkLogout(ctx context.Context, address string) Check {
	const subject = types.CheckedBackChannelLogoutUri
	status, err := s.ask(ctx, http.MethodPost, address, url.Values{"logout_token": {"pruefung"}})
	switch {
	case err != nil:
		return unreachable(subject, address, err)
	case status == http.StatusBadRequest:
		return found(subject, address, types.CheckOk, "Erreichbar; was kein Abmelde-Token ist, wird abgelehnt.", "Can be reached; what is no logout token is refused.")
	case status < http.StatusMultipleChoices:
		return found(subject, address, types.CheckFailed, "Die Adresse nimmt an, was kein Abmelde-Token ist. Die Anwendung prüft es offenbar nicht.", "The address accepts what is no logout token. The application does not seem to check it.")
	}
	return found(subject, address, types.CheckWarning, fmt.Sprintf("Die Adresse antwortet mit %d; erwartet wird 400.", status), fmt.Sprintf("The address answers %d; 400 is expected.", status))
}

func (s *Service) checkKeys(ctx context.Context, r Registration) Check {
	const subject = types.CheckedKeys
	if r.JWKS != "" {
		if _, f := publicKeys([]byte(r.JWKS)); f != nil {
			return Check{Subject: subject, Outcome: types.CheckFailed, Message: f.text}
		}
		return found(subject, "", types.CheckOk, "Die Schlüssel sind hinterlegt und passen.", "The keys are kept here and fit.")
	}
	set, status, err := s.fetchKeys(ctx, r.JWKSURI)
	f := faultIn(err)
	switch {
	case f != nil:
		return Check{Subject: subject, Address: r.JWKSURI, Outcome: types.CheckFailed, Message: f.text}
	case err != nil && status != 0:
		return found(subject, r.JWKSURI, types.CheckFailed, fmt.Sprintf("Die Adresse antwortet mit %d; erwartet wird 200.", status), fmt.Sprintf("The address answers %d; 200 is expected.", status))
	case err != nil:
		return unreachable(subject, r.JWKSURI, err)
	}
	return found(subject, r.JWKSURI, types.CheckOk, fmt.Sprintf("Erreichbar; passende Schlüssel: %d.", len(set.Keys)), fmt.Sprintf("Can be reached; fitting keys: %d.", len(set.Keys)))
}

func (s *Service) checkSecrets(r Registration) Check {
	const subject = types.CheckedSecret
	for _, known := range r.Secrets {
		if known.ExpiresAt == nil && s.Now().Sub(known.CreatedAt) > 365*24*time.Hour {
			return found(subject, "", types.CheckWarning, "Das Geheimnis ist älter als ein Jahr. Bitte erneuern Sie es.", "The secret is older than a year. Please renew it.")
		}
	}
	if len(r.Secrets) == 0 {
		return found(subject, "", types.CheckFailed, "Es gibt noch kein Geheimnis. Bitte erzeugen Sie eines.", "There is no secret yet. Please make one.")
	}
	if len(r.Secrets) > 1 {
		return found(subject, "", types.CheckWarning, "Das vorige Geheimnis gilt noch. Beenden Sie es, sobald die Anwendung das neue benutzt.", "The former secret is still good. End it as soon as the application uses the new one.")
	}
	return found(subject, "", types.CheckOk, "Ein Geheimnis ist hinterlegt.", "There is a secret.")
}

// ask makes a request and gives the answer's status. Redirects are answers.
func (s *Service) ask(ctx context.Context, method, address string, form url.Values) (int, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, fmt.Errorf("check address: %w", err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := s.Client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("check address: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxKeysBytes))
	return response.StatusCode, nil
}

// unreachable says in words why an address could not be called. What stands behind an address that is not public is not told.
func unreachable(subject types.ClientCheckSubject, address string, err error) Check {
	failed := func(de, en string) Check { return found(subject, address, types.CheckFailed, de, en) }
	var name *net.DNSError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	switch {
	case errors.Is(err, outbound.ErrAddressRefused), errors.Is(err, outbound.ErrSchemeRefused):
		return failed("Diese Adresse ist nicht öffentlich; das Portal ruft sie nicht auf.", "This address is not public; the portal does not call it.")
	case errors.As(err, &name):
		return failed("Diesen Namen gibt es im Netz nicht.", "There is no such name on the net.")
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verification):
		return failed("Das Zertifikat ist nicht gültig oder gehört zu einem anderen Namen.", "The certificate is not valid, or belongs to another name.")
	case errors.Is(err, context.DeadlineExceeded):
		return failed("Keine Antwort in angemessener Zeit.", "No answer in due time.")
	}
	return failed("Nicht erreichbar.", "Cannot be reached.")
}
