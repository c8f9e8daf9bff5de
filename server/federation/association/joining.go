package association

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/federation"
	"portalverbund/server/federation/chain"
	"portalverbund/server/platform/problem"
)

const (
	typMembership  = "pv-membership+jwt"
	requestLife    = 5 * time.Minute
	maxAnswer      = 16 << 10
	actAsk         = "ask"
	actStatus      = "status"
	actLeave       = "leave"
	mediaTypeJOSE  = "application/jose"
	mediaTypeJSON  = "application/json"
	maxWords       = 2000
	maxOpenAskings = 200
)

// request is what a portal tells the anchor about its membership, signed with its federation key. It proves who asks;
// that the key belongs to who it says, people find out by comparing its fingerprint.
type request struct {
	Issuer   string   `json:"iss"`
	Audience string   `json:"aud"`
	ID       string   `json:"jti"`
	IssuedAt int64    `json:"iat"`
	Expires  int64    `json:"exp"`
	Act      string   `json:"act"`
	Name     string   `json:"name,omitempty"`
	Kind     string   `json:"kind,omitempty"`
	Areas    []string `json:"areas,omitempty"`
	Roles    []string `json:"roles,omitempty"`
	Words    string   `json:"words,omitempty"`
}

// Answer is what the anchor says to it.
type Answer struct {
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
	Title  string `json:"title,omitempty"`
}

// Seen is an anchor as it shows itself to somebody who wants to join.
type Seen struct {
	ID          string
	Name        string
	Title       string
	Fingerprint string
}

// Look reads the anchor at an address, for people to compare its fingerprint.
func (s *Service) Look(ctx context.Context, address string) (Seen, error) {
	id := strings.TrimRight(strings.TrimSpace(address), "/")
	if id == s.id {
		return Seen{}, invalid("/anchor", "Das ist die Adresse dieses Portals selbst.", "This is the address of this portal itself.")
	}
	if chain.CheckID(id) != nil {
		return Seen{}, invalid("/anchor", "Bitte geben Sie die Adresse des Portals an, zum Beispiel https://portal.landkreis.example.", "Please enter the portal's address, such as https://portal.county.example.")
	}
	statement, err := s.lookAt(ctx, id)
	if err != nil {
		return Seen{}, invalid("/anchor", "Unter dieser Adresse antwortet kein Portal, dem man sich anschließen kann.", "No portal that can be joined answers at this address.").Because(err)
	}
	if statement.Endpoint("federation_list_endpoint") == "" {
		return Seen{}, invalid("/anchor", "Dieses Portal gehört selbst einem Verbund an. Fragen Sie das Portal an, das ihn führt.", "This portal belongs to an association itself. Ask the portal that leads it.")
	}
	portal := statement.Metadata[PortalType]
	seen := Seen{ID: id}
	seen.Name, _ = portal["name"].(string)
	seen.Title, _ = portal["association"].(string)
	seen.Fingerprint, err = signerPrint(statement)
	return seen, err
}

// lookAt reads a configuration that its own key has signed.
func (s *Service) lookAt(ctx context.Context, id string) (chain.Statement, error) {
	text, err := s.client.Fetch(ctx, id+chain.WellKnown)
	if err != nil {
		return chain.Statement{}, err
	}
	statement, err := chain.Read(text)
	if err == nil {
		err = fits(text, id, id)
	}
	if err != nil {
		return statement, err
	}
	return statement, statement.Verify(statement.Keys, s.now())
}

func signerPrint(statement chain.Statement) (string, error) {
	key, ok := statement.Signer()
	if !ok {
		return "", chain.ErrSignature
	}
	return chain.Fingerprint(key)
}

// Fingerprint gives that of the key with which this portal signs its statements.
func (s *Service) Fingerprint(ctx context.Context) (string, error) {
	key, err := s.ring.active(ctx, useFederation)
	if err != nil {
		return "", err
	}
	return chain.Fingerprint(key.Public)
}

// Wish is what a portal asks to be.
type Wish struct {
	Anchor      string
	Fingerprint string // of the anchor's key, as an administrator has compared it
	Profile
	Words string
}

func invalid(pointer, de, en string) *problem.Error {
	return problem.Invalid(problem.FieldError{Pointer: pointer, Code: "invalid", Message: problem.Text{De: de, En: en}})
}

// Join asks the anchor for membership. It is granted or refused there, by people.
func (s *Service) Join(ctx context.Context, w Wish) error {
	if s.config.Fixed {
		return problem.Conflict("fixed-members", "Die Mitglieder dieses Portals stehen in einer festen Liste.", "The members of this portal are a fixed list.")
	}
	if j := s.current.Load().joined; j != nil && j.State == Joined {
		return problem.Conflict("already-member", "Dieses Portal gehört schon einem Verbund an.", "This portal belongs to an association already.")
	}
	members, err := s.store.members(ctx, string(Joined))
	if err != nil {
		return wrapped("join", err)
	}
	if len(members) > 0 {
		return problem.Conflict("is-anchor", "Dieses Portal führt selbst einen Verbund mit Mitgliedern.", "This portal leads an association with members itself.")
	}
	seen, err := s.Look(ctx, w.Anchor)
	if err != nil {
		return err
	}
	if !chain.SameFingerprint(seen.Fingerprint, w.Fingerprint) {
		return invalid("/fingerprint", "Der Fingerabdruck ist ein anderer. Vergleichen Sie ihn noch einmal mit dem, den Ihnen die Verwaltung des anderen Portals genannt hat.", "The fingerprint is another one. Compare it again with the one that the other portal's administrator has told you.")
	}
	if err := checkProfile(w.Profile); err != nil {
		return err
	}
	now := s.now()
	row := joinedRow{
		Anchor: seen.ID, Pins: []string{seen.Fingerprint}, Title: seen.Title, State: Asked, Name: w.Name, Kind: w.Kind,
		Areas: w.Areas, Roles: w.Roles, AskedAt: now, Since: now,
	}
	err = s.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.saveJoined(ctx, row); err != nil {
			return err
		}
		if err := s.config.Audit.Record(ctx, "association.ask", "portal:"+seen.ID, ""); err != nil {
			return err
		}
		return s.store.changed(ctx)
	})
	if err != nil {
		return wrapped("join", err)
	}
	if err := s.Reload(ctx); err != nil { // the configuration now names the anchor
		return err
	}
	if _, err := s.tell(ctx, row, actAsk, w.Words); err != nil {
		row.State, row.Reason = Left, ""
		return errors.Join(err, s.saveState(ctx, row))
	}
	s.wake()
	return nil
}

func (s *Service) wake() {
	select {
	case s.soon <- struct{}{}:
	default:
	}
}

func checkProfile(p Profile) error {
	var fields []problem.FieldError
	add := func(pointer, de, en string) {
		fields = append(fields, problem.FieldError{Pointer: pointer, Code: "invalid", Message: problem.Text{De: de, En: en}})
	}
	if n := len([]rune(strings.TrimSpace(p.Name))); n == 0 || n > 200 {
		add("/name", "Bitte geben Sie den Namen des Portals an.", "Please enter the portal's name.")
	}
	if len(p.Areas) == 0 || len(p.Areas) > 100 || slices.ContainsFunc(p.Areas, func(a string) bool { return !federation.IsArea(a) }) {
		add("/areas", "Bitte geben Sie Regionalschlüssel mit 2 bis 12 Ziffern an.", "Please enter regional keys of 2 to 12 digits.")
	}
	if !slices.Contains(federation.Kinds(), p.Kind) {
		add("/kind", "Bitte wählen Sie, wessen Portal es ist.", "Please choose whose portal it is.")
	}
	if len(fields) > 0 {
		return problem.Invalid(fields...)
	}
	return nil
}

// tell sends a signed request to the anchor.
func (s *Service) tell(ctx context.Context, row joinedRow, act, words string) (Answer, error) {
	signer, _, err := s.ring.federation(ctx)
	if err != nil {
		return Answer{}, err
	}
	now := s.now()
	r := request{
		Issuer: s.id, Audience: row.Anchor, ID: uuid.NewString(), IssuedAt: now.Unix(), Expires: now.Add(requestLife).Unix(), Act: act, Words: words,
	}
	if act == actAsk {
		r.Name, r.Kind, r.Areas, r.Roles = row.Name, row.Kind, row.Areas, row.Roles
	}
	claims, err := json.Marshal(r)
	if err != nil {
		return Answer{}, err
	}
	text, err := chain.SignAs(typMembership, claims, signer)
	if err != nil {
		return Answer{}, err
	}
	return s.post(ctx, row.Anchor+membershipPath, text)
}

func (s *Service) post(ctx context.Context, address, text string) (Answer, error) {
	var answer Answer
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader([]byte(text)))
	if err != nil {
		return answer, err
	}
	req.Header.Set("Content-Type", mediaTypeJOSE)
	req.Header.Set("Accept", mediaTypeJSON)
	unreachable := problem.Unavailable("anchor-unreachable", "Das Portal, das den Verbund führt, ist gerade nicht erreichbar.", "The portal that leads the association cannot be reached at the moment.")
	response, err := s.httpClient().Do(req)
	if err != nil {
		return answer, unreachable.Because(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case err != nil:
		return answer, unreachable.Because(err)
	case response.StatusCode >= 400 && response.StatusCode < 500:
		return answer, problem.Unprocessable("anchor-refused", "Das Portal, das den Verbund führt, hat die Anfrage nicht angenommen.", "The portal that leads the association did not take the request.").
			With(problem.Text{De: wordsOf(body), En: wordsOf(body)}).Because(fmt.Errorf("status %d", response.StatusCode))
	case response.StatusCode != http.StatusOK:
		return answer, unreachable.Because(fmt.Errorf("status %d", response.StatusCode))
	}
	return answer, json.Unmarshal(body, &answer)
}

func wordsOf(body []byte) string {
	var p struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(body, &p)
	text := []rune(strings.TrimSpace(p.Title + " " + p.Detail))
	return string(text[:min(len(text), 300)])
}

// askAgain finds out whether the anchor has decided. The signed statement counts, not the answer.
func (s *Service) askAgain(ctx context.Context, j joinedRow) error {
	anchor, err := s.anchorOf(ctx, j)
	if err != nil {
		return errors.Join(err, s.store.saveFailure(ctx, err.Error()))
	}
	about, err := s.client.Fetch(ctx, withSubject(anchor.Endpoint("federation_fetch_endpoint"), s.id))
	if errors.Is(err, chain.ErrNotFound) {
		answer, err := s.tell(ctx, j, actStatus, "")
		if err != nil || answer.State == Asked {
			return err
		}
		j.State, j.Reason = answer.State, short(answer.Reason)
		if j.State != Refused && j.State != Left {
			j.State = Refused
		}
		return s.saveState(ctx, j)
	}
	if err != nil {
		return err
	}
	own := statementRow{Issuer: j.Anchor, Subject: s.id, Text: about}
	if err := fits(about, j.Anchor, s.id); err != nil {
		return err
	}
	err = s.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.takeGranted(ctx, j, []statementRow{own}, anchor); err != nil {
			return err
		}
		if err := s.config.Audit.Record(ctx, "association.joined", "portal:"+j.Anchor, ""); err != nil {
			return err
		}
		return s.store.changed(ctx)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.wanted["*"] = true
	s.mu.Unlock()
	joined, err := s.store.joined(ctx)
	if err != nil || joined.State != Joined {
		return err
	}
	return s.refreshJoined(ctx, *joined, s.takeWanted())
}

// noLongerListed takes note that the anchor does not list this portal any more: from then on it is one of its own.
func (s *Service) noLongerListed(ctx context.Context, j joinedRow) error {
	answer, err := s.tell(ctx, j, actStatus, "")
	if err != nil {
		return errors.Join(err, s.store.saveFailure(ctx, "the anchor no longer lists this portal"))
	}
	if answer.State == Joined || answer.State == Asked {
		return nil // listed again the next time
	}
	j.State, j.Reason = Removed, short(answer.Reason)
	s.log.WarnContext(ctx, "this portal is no member of its association any more", "anchor", j.Anchor)
	return s.saveState(ctx, j)
}

func short(text string) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), maxWords)])
}

// saveState moves on to a state.
func (s *Service) saveState(ctx context.Context, j joinedRow) error {
	j.Since = s.now()
	err := s.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.saveJoined(ctx, j); err != nil {
			return err
		}
		if err := s.config.Audit.Record(ctx, "association."+string(j.State), "portal:"+j.Anchor, ""); err != nil {
			return err
		}
		return s.store.changed(ctx)
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// Leave ends the membership, or takes the request back. The anchor is told; when it cannot be reached, nothing changes.
func (s *Service) Leave(ctx context.Context, words string) error {
	j, err := s.store.joined(ctx)
	if err != nil {
		return wrapped("leave", err)
	}
	if j == nil || j.State != Joined && j.State != Asked {
		return problem.Conflict("no-member", "Dieses Portal gehört keinem Verbund an.", "This portal belongs to no association.")
	}
	if _, err := s.tell(ctx, *j, actLeave, short(words)); err != nil {
		return err
	}
	j.State, j.Reason = Left, ""
	return wrapped("leave", s.saveState(ctx, *j))
}

func withSubject(endpoint, subject string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	query := u.Query()
	query.Set("sub", subject)
	u.RawQuery = query.Encode()
	return u.String()
}
