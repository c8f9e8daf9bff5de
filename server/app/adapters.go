package app

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/accounts"
	"portalverbund/server/cases"
	"portalverbund/server/catalog"
	"portalverbund/server/federation"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// linked names the linked portals for the room that describes this one.
type linked struct{ app *App }

// Name gives the association's name.
func (l linked) Name() string { return l.app.federation.Association() }

// Members gives the linked portals, this one included.
func (l linked) Members() []types.PortalReference { return l.app.federation.Members() }

// AccountHomes gives the account homes, this portal first when it is one.
func (l linked) AccountHomes() []types.PortalReference { return homes(l).All() }

// homes are the account homes of the association.
type homes struct{ app *App }

// All lists those that are trusted at the moment; this portal first when it is one.
func (h homes) All() []types.PortalReference {
	all := h.app.federation.MembersWithRole(federation.RoleAccountHome)
	i := slices.IndexFunc(all, func(p types.PortalReference) bool { return p.Id == h.app.self.Id })
	if i > 0 {
		all = slices.Insert(slices.Delete(all, i, i+1), 0, h.app.self)
	}
	return all
}

// Home gives one by its entity id; false for everybody else's, and while it is not trusted.
func (h homes) Home(id string) (types.PortalReference, bool) {
	if id == "" {
		return types.PortalReference{}, false
	}
	member, err := h.app.federation.Trusted(context.Background(), id)
	if err != nil || !member.HasRole(federation.RoleAccountHome) {
		return types.PortalReference{}, false
	}
	return member.Reference(), true
}

// messages is the link between portals, in the words of the rooms that send and receive.
type messages struct{ *federation.Service }

// Handle registers what makes messages of a kind effective.
func (m messages) Handle(kind string, fn func(ctx context.Context, from string, payload json.RawMessage) error) {
	m.Service.Handle(kind, fn)
}

// OnReceipt registers who learns of receipts.
func (m messages) OnReceipt(kind string, fn func(ctx context.Context, subject, messageID uuid.UUID, receipt string, arrivedAt time.Time) error) {
	m.Service.OnReceipt(kind, fn)
}

// OnRefused registers who learns of refusals.
func (m messages) OnRefused(kind string, fn func(ctx context.Context, subject, messageID uuid.UUID, reason string) error) {
	m.Service.OnRefused(kind, fn)
}

// members gives the OpenID Provider the linked portals and their keys.
type members struct{ *federation.Service }

// SigningKey gives a member's public signing key.
func (m members) SigningKey(memberID, keyID string) (*jose.JSONWebKey, bool) {
	member, err := m.Trusted(context.Background(), memberID)
	if err != nil {
		return nil, false
	}
	for _, key := range member.Keys.Key(keyID) {
		if key.Use == "sig" {
			return &key, true
		}
	}
	return nil, false
}

// homeKeys gives the keys that account homes of the association sign with.
type homeKeys struct{ app *App }

// HomeKey gives the public key of an account home by its id; false for everybody else's.
func (k homeKeys) HomeKey(issuer, keyID string) (*ecdsa.PublicKey, bool) {
	own := k.app.keys.Signing.Public()
	if issuer == k.app.self.Id && k.app.isHome && own.KeyID == keyID {
		key, ok := own.Key.(*ecdsa.PublicKey)
		return key, ok
	}
	member, err := k.app.federation.Trusted(context.Background(), issuer)
	if err != nil || !member.HasRole(federation.RoleAccountHome) {
		return nil, false
	}
	for _, key := range member.Keys.Key(keyID) {
		if public, ok := key.Key.(*ecdsa.PublicKey); ok && key.Use == "sig" {
			return public, true
		}
	}
	return nil, false
}

// providerMetadata is what this portal is as an OpenID Provider, for its entity configuration.
func (a *App) providerMetadata() map[string]any {
	request := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/.well-known/openid-configuration", http.NoBody)
	answer := httptest.NewRecorder()
	a.oidc.Handler().ServeHTTP(answer, request)
	var metadata map[string]any
	if answer.Code != http.StatusOK || json.Unmarshal(answer.Body.Bytes(), &metadata) != nil {
		return nil
	}
	for name, value := range metadata {
		if value == nil { // null is no value in a statement
			delete(metadata, name)
		}
	}
	metadata["client_registration_types_supported"] = []string{"automatic"}
	return metadata
}

// files fetches attachments: from this portal's own applications, or from the linked portal that has them.
type files struct{ app *App }

// Fetch opens a file from an offset on.
func (f files) Fetch(ctx context.Context, member string, id uuid.UUID, offset int64) (io.ReadCloser, error) {
	if member != f.app.self.Id {
		return f.app.federation.FetchAttachment(ctx, member, id, offset)
	}
	_, _, _, content, err := f.app.applications.AttachmentFor(ctx, member, id)
	if err != nil {
		return nil, err
	}
	if _, err := content.Seek(offset, io.SeekStart); err != nil {
		return nil, fmt.Errorf("own attachment: %w", err)
	}
	return content, nil
}

// papers fetches documents that come with events of applications and with messages.
type papers struct{ app *App }

// FetchDocument opens a document of an authority or provider, at the competent portal.
func (p papers) FetchDocument(ctx context.Context, portal string, id uuid.UUID) (io.ReadCloser, error) {
	if portal != p.app.self.Id {
		return p.app.federation.FetchAttachment(ctx, portal, id, 0)
	}
	_, _, _, content, err := p.app.delivery.DocumentFor(ctx, portal, id)
	if problem.Is(err, "document-unknown") {
		_, _, _, content, err = p.app.cases.DocumentFor(ctx, portal, id)
	}
	return content, err
}

// OpenDocument opens a document of a person's application, at the portal where they applied.
func (p papers) OpenDocument(ctx context.Context, portal string, id uuid.UUID) (io.ReadCloser, error) {
	if portal != p.app.self.Id {
		return p.app.federation.FetchAttachment(ctx, portal, id, 0)
	}
	_, _, _, content, err := p.app.applications.DocumentFor(ctx, portal, id)
	return content, err
}

// Paper sets an application on paper, as an office of this portal reads it.
func (p papers) Paper(ctx context.Context, app types.MessageApplication) ([]byte, error) {
	return p.app.applications.PaperFor(ctx, app)
}

// attachmentFor gives a linked portal a file: a document of a safe that was released to it, an attachment of an application that was handed to
// it, a document of a provider or a decision for an application that came from it, or what came with an application of somebody who has their account there.
func (a *App) attachmentFor(ctx context.Context, member string, id uuid.UUID) (name, mediaType string, size int64, content io.ReadSeekCloser, err error) {
	name, mediaType, size, content, err = a.safe.Released(ctx, member, id)
	for _, next := range []func(context.Context, string, uuid.UUID) (string, string, int64, io.ReadSeekCloser, error){
		a.applications.AttachmentFor, a.delivery.DocumentFor, a.cases.DocumentFor, a.applications.DocumentFor,
	} {
		if err == nil || !problem.Is(err, "document-unknown") && !problem.Is(err, "attachment-unknown") {
			break
		}
		name, mediaType, size, content, err = next(ctx, member, id)
	}
	return name, mediaType, size, content, err
}

// authorities are the offices of the catalog, as they stand on their letters.
type authorities struct{ catalog *catalog.Service }

// Authority gives an office in German; an empty one where it is not in the catalog any more.
func (a authorities) Authority(ctx context.Context, unit, service uuid.UUID) (cases.Authority, error) {
	ctx = httpx.WithLanguage(ctx, "de")
	office, err := a.catalog.Organisation(ctx, unit)
	if err != nil {
		if problem.From(err).Status == http.StatusNotFound {
			err = nil
		}
		return cases.Authority{}, err
	}
	out := cases.Authority{Name: office.Name}
	if office.ParentName != nil && *office.ParentName != "" {
		out.Name, out.Unit = *office.ParentName, office.Name
	}
	if at := office.Address; at != nil {
		out.Address = []string{strings.TrimSpace(at.Street + " " + at.HouseNumber), strings.TrimSpace(at.PostalCode + " " + at.City)}
	}
	for _, contact := range []*string{office.Phone, office.Email} {
		if contact != nil && *contact != "" {
			out.Contact = append(out.Contact, *contact)
		}
	}
	if service == uuid.Nil {
		return out, nil
	}
	s, err := a.catalog.Service(ctx, service, "")
	if err != nil {
		if problem.From(err).Status == http.StatusNotFound {
			err = nil
		}
		return out, err
	}
	laws := make([]string, len(s.LegalBasis))
	for i, law := range s.LegalBasis {
		laws[i] = law.Title
	}
	out.LegalBasis = strings.Join(laws, "\n")
	return out, nil
}

// releasing is the link between portals, in the words of the documents safe.
type releasing struct{ *federation.Service }

// FetchAttachment opens a file of a member; problem.NotFound when it does not have it for us any more.
func (r releasing) FetchAttachment(ctx context.Context, member string, id uuid.UUID, offset int64) (io.ReadCloser, error) {
	content, err := r.Service.FetchAttachment(ctx, member, id, offset)
	if errors.Is(err, federation.ErrAttachmentGone) {
		return nil, problem.NotFound("document-unknown", "Dieses Dokument gibt es nicht.", "There is no such document.").Because(err)
	}
	return content, err
}

// accountHome reads at the account home of the person who calls, with their access token.
type accountHome struct{ app *App }

const maxHomeAnswer = 4 << 20

// Get reads JSON from a path of the account home.
func (h accountHome) Get(ctx context.Context, path string, into any) error {
	body, err := h.call(ctx, http.MethodGet, path)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(io.LimitReader(body, maxHomeAnswer)).Decode(into); err != nil {
		return h.unreachable(err)
	}
	return nil
}

// Delete deletes at a path of the account home.
func (h accountHome) Delete(ctx context.Context, path string) error {
	body, err := h.call(ctx, http.MethodDelete, path)
	if err != nil {
		return err
	}
	return body.Close()
}

func (h accountHome) call(ctx context.Context, method, path string) (io.ReadCloser, error) {
	issuer, token, err := h.app.signin.HomeToken(ctx)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, issuer+path, nil)
	if err != nil {
		return nil, fmt.Errorf("ask the account home: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept-Language", httpx.LanguageOf(ctx))
	res, err := h.app.client.Do(req)
	if err != nil {
		return nil, h.unreachable(err)
	}
	if res.StatusCode < 300 {
		return res.Body, nil
	}
	_ = res.Body.Close()
	switch res.StatusCode {
	case http.StatusNotFound:
		return nil, problem.NotFound("not-found", "Das gibt es hier nicht.", "There is no such thing here.")
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, problem.Unauthorized("not-signed-in", "Ihre Anmeldung ist abgelaufen. Bitte melden Sie sich wieder an.", "Your sign-in has run out. Please sign in again.")
	}
	return nil, h.unreachable(fmt.Errorf("status %d", res.StatusCode))
}

// Ask calls the account home with the access token of the person who calls, and gives on its refusals with their code and words.
func (h accountHome) Ask(ctx context.Context, method, path string, body, into any) error {
	issuer, token, err := h.app.signin.HomeToken(ctx)
	if err != nil {
		return err
	}
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("ask the account home: %w", err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, issuer+path, content)
	if err != nil {
		return fmt.Errorf("ask the account home: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept-Language", httpx.LanguageOf(ctx))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := h.app.client.Do(req)
	if err != nil {
		return h.unreachable(err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	limited := json.NewDecoder(io.LimitReader(res.Body, maxHomeAnswer))
	if res.StatusCode >= 300 {
		return h.refusal(res.StatusCode, limited)
	}
	if err := limited.Decode(into); err != nil {
		return h.unreachable(err)
	}
	return nil
}

// refusal turns what the account home refuses into a problem of this portal. A token that it does not take, or that is from before it could do this,
// ends in signing in again.
func (h accountHome) refusal(status int, body *json.Decoder) error {
	var said struct{ Type, Title, Detail string }
	if err := body.Decode(&said); err != nil || status >= http.StatusInternalServerError {
		return h.unreachable(fmt.Errorf("status %d", status))
	}
	code := strings.TrimPrefix(said.Type, "urn:portalverbund:problem:")
	if status == http.StatusUnauthorized || code == "scope-missing" {
		return problem.Unauthorized("home-sign-in-ended", "Ihre Anmeldung beim Konto ist abgelaufen.", "Your sign-in at the account has ended.").
			With(problem.Text{De: "Bitte melden Sie sich noch einmal an.", En: "Please sign in again."})
	}
	return &problem.Error{Status: status, Code: code, Title: problem.Text{De: said.Title, En: said.Title}, Detail: problem.Text{De: said.Detail, En: said.Detail}}
}

func (h accountHome) unreachable(cause error) error {
	return problem.Unavailable("account-home-unreachable", "Das Portal mit Ihrem Konto ist gerade nicht erreichbar.", "The portal with your account cannot be reached at the moment.").Because(cause)
}

// authenticator proves callers: browsers by their session, apps by a token, portals by their signature.
type authenticator struct{ app *App }

// Session reads a browser's session.
func (a authenticator) Session(r *http.Request) (httpx.Caller, bool, error) {
	return a.app.signin.Session(r)
}

// Token verifies an access token.
func (a authenticator) Token(r *http.Request) (httpx.Caller, error) {
	return a.app.oidc.VerifyRequest(r)
}

// Member verifies a linked portal's token.
func (a authenticator) Member(ctx context.Context, token string) (httpx.Caller, error) {
	return a.app.federation.VerifyMember(ctx, token)
}

// asked knows what the forms of services ask for.
type asked struct{ app *App }

// ProfileItems lists the items of a profile that the forms of a service ask for, in the order of the contract; all of them when
// no form of it is known here.
func (f asked) ProfileItems(ctx context.Context, serviceID uuid.UUID) ([]types.ProfileItem, error) {
	ids, err := f.app.catalog.FormsOf(ctx, serviceID)
	if err != nil {
		return nil, err
	}
	wanted, err := f.app.forms.ProfileItems(ctx, ids)
	if err != nil || len(wanted) == 0 {
		return accounts.Items(), err
	}
	return slices.DeleteFunc(accounts.Items(), func(item types.ProfileItem) bool { return !wanted[item] }), nil
}

// personalData writes what this portal holds about a person, for their account home: one PersonalDataItem a line.
func (a *App) personalData(ctx context.Context, issuer, subject string, w io.Writer) error {
	out := json.NewEncoder(w)
	return a.accounts.PersonalData(ctx, httpx.Person{Issuer: issuer, Subject: subject}, func(section string, data any) error {
		return out.Encode(map[string]any{"section": section, "data": data})
	})
}
