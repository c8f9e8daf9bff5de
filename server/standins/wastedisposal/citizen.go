package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// person is a citizen who has signed in with their portal account, and the orders that they asked for.
type person struct {
	Name    string
	Numbers []string
	Session string // at the portal, by which it tells that the person has signed out
}

// signIn is an OpenID Connect sign-in that has begun in this browser.
type signIn struct {
	State, Nonce, Verifier string
}

// showMine is the citizens' page.
func (c *company) showMine(w http.ResponseWriter, r *http.Request) {
	p, signedIn := c.people.of(r)
	c.showPerson(w, http.StatusOK, p, signedIn, "")
}

func (c *company) showPerson(w http.ResponseWriter, status int, p person, signedIn bool, message string) {
	page := minePage{SignedIn: signedIn, Name: p.Name, Error: message}
	for _, number := range p.Numbers {
		if o, found := c.orders.byNumber(number); found {
			page.Orders = append(page.Orders, card(o))
		}
	}
	c.show(w, status, "mine", page)
}

// findMine adds an order to the page, by the number of the application, which only its applicant knows.
func (c *company) findMine(w http.ResponseWriter, r *http.Request) {
	p, signedIn := c.people.of(r)
	if !signedIn {
		http.Redirect(w, r, "/meine-abholungen", http.StatusSeeOther)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if !c.lookups.allow() {
		w.Header().Set("Retry-After", "60")
		c.showPerson(w, http.StatusTooManyRequests, p, true, "Das waren zu viele Versuche. Bitte warten Sie eine Minute.")
		return
	}
	o, found := c.orders.byNumber(r.PostFormValue("nummer"))
	if !found {
		c.showPerson(w, http.StatusNotFound, p, true, "Zu dieser Nummer gibt es bei uns keinen Auftrag.")
		return
	}
	if !slices.Contains(p.Numbers, o.Number) {
		p.Numbers = append(slices.Clone(p.Numbers), o.Number)
		c.people.replace(r, p)
	}
	http.Redirect(w, r, "/meine-abholungen", http.StatusSeeOther)
}

func (c *company) signOutPerson(w http.ResponseWriter, r *http.Request) {
	c.people.end(w, r)
	http.Redirect(w, r, "/meine-abholungen", http.StatusSeeOther)
}

// relyingParty reads the portal's OpenID configuration and makes a client of it.
func (c *company) relyingParty(ctx context.Context) (*oauth2.Config, *oidc.IDTokenVerifier, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, c.portal.client), c.config.PortalURL)
	if err != nil {
		return nil, nil, fmt.Errorf("read the portal's OpenID configuration: %w", err)
	}
	return &oauth2.Config{
		ClientID: c.config.ClientID, ClientSecret: c.config.ClientSecret, Endpoint: provider.Endpoint(),
		RedirectURL: c.config.PublicURL + "/anmeldung/zurueck", Scopes: []string{oidc.ScopeOpenID, "profile"},
	}, provider.VerifierContext(oidc.ClientContext(context.WithoutCancel(ctx), c.portal.client), &oidc.Config{ClientID: c.config.ClientID, Now: c.now}), nil
}

// startSignIn leads to the portal: authorization code with PKCE.
func (c *company) startSignIn(w http.ResponseWriter, r *http.Request) {
	client, _, err := c.relyingParty(r.Context())
	if err != nil {
		c.cannotSignIn(w, err)
		return
	}
	begun := signIn{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	c.signIns.begin(w, begun)
	http.Redirect(w, r, client.AuthCodeURL(begun.State, oidc.Nonce(begun.Nonce), oauth2.S256ChallengeOption(begun.Verifier)), http.StatusSeeOther)
}

// finishSignIn takes the code that the portal sent the browser back with.
func (c *company) finishSignIn(w http.ResponseWriter, r *http.Request) {
	begun, ok := c.signIns.of(r)
	c.signIns.end(w, r)
	query := r.URL.Query()
	otherIssuer := query.Has("iss") && query.Get("iss") != c.config.PortalURL // RFC 9207
	if !ok || query.Get("state") != begun.State || otherIssuer {
		c.cannotSignIn(w, errors.New("no such sign-in has begun in this browser"))
		return
	}
	if query.Get("error") != "" {
		c.showPerson(w, http.StatusOK, person{}, false, "Sie haben die Anmeldung abgebrochen.")
		return
	}
	who, err := c.exchange(r.Context(), query.Get("code"), begun)
	if err != nil {
		c.cannotSignIn(w, err)
		return
	}
	c.people.begin(w, who)
	http.Redirect(w, r, "/meine-abholungen", http.StatusSeeOther)
}

// exchange gets the ID token for a code, verifies it, and gives who the person is.
func (c *company) exchange(ctx context.Context, code string, begun signIn) (person, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	client, verifier, err := c.relyingParty(ctx)
	if err != nil {
		return person{}, err
	}
	token, err := client.Exchange(oidc.ClientContext(ctx, c.portal.client), code, oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		return person{}, fmt.Errorf("exchange code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return person{}, errors.New("no ID token")
	}
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return person{}, fmt.Errorf("verify ID token: %w", err)
	}
	if id.Nonce != begun.Nonce {
		return person{}, errors.New("the ID token is for another sign-in")
	}
	var claims struct {
		Name       string `json:"name"`
		GivenName  string `json:"given_name"`
		FamilyName string `json:"family_name"`
		Session    string `json:"sid"`
	}
	if err := id.Claims(&claims); err != nil {
		return person{}, fmt.Errorf("read ID token: %w", err)
	}
	session := claims.Session // the user info has none
	if claims.Name == "" && claims.GivenName == "" {
		if err := c.userInfo(ctx, token, &claims); err != nil {
			return person{}, err
		}
	}
	if claims.Name == "" {
		claims.Name = claims.GivenName + " " + claims.FamilyName
	}
	return person{Name: claims.Name, Session: session}, nil
}

// takeLogout ends the sign-in that the portal says has ended (OpenID Connect Back-Channel Logout 1.0).
func (c *company) takeLogout(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	_, verifier, err := c.relyingParty(ctx)
	if err != nil {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	token, err := verifier.Verify(ctx, r.PostFormValue("logout_token"))
	var claims struct {
		Session string         `json:"sid"`
		Events  map[string]any `json:"events"`
	}
	if err == nil {
		err = token.Claims(&claims)
	}
	if _, logout := claims.Events["http://schemas.openid.net/event/backchannel-logout"]; err != nil || !logout || claims.Session == "" || token.Nonce != "" {
		http.Error(w, "no logout token", http.StatusBadRequest)
		return
	}
	c.people.endWhere(func(p person) bool { return p.Session == claims.Session })
	w.WriteHeader(http.StatusOK)
}

// userInfo reads the claims that are not in the ID token.
func (c *company) userInfo(ctx context.Context, token *oauth2.Token, claims any) error {
	ctx = oidc.ClientContext(ctx, c.portal.client)
	provider, err := oidc.NewProvider(ctx, c.config.PortalURL)
	if err != nil {
		return fmt.Errorf("read the portal's OpenID configuration: %w", err)
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("read user info: %w", err)
	}
	return info.Claims(claims)
}

func (c *company) cannotSignIn(w http.ResponseWriter, err error) {
	c.log.Warn("sign-in failed", "error", err)
	c.show(w, http.StatusServiceUnavailable, "message", messagePage{
		Title: "Die Anmeldung hat nicht geklappt",
		Text:  "Das Portal des Landkreises ist gerade nicht erreichbar, oder die Anmeldung hat zu lange gedauert. Bitte versuchen Sie es noch einmal.",
		Link:  "/meine-abholungen", LinkText: "Zurück zu „Meine Abholungen“",
	})
}
