package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/federation/fault"
)

// outcomeKind is how an attempt to deliver a message ended.
type outcomeKind int

const (
	accepted       outcomeKind = iota // with a receipt, still to be verified
	refusedForGood                    // the receiver says that it will never take this message
	tryLater                          // this message was not taken this time
	unreachable                       // the portal did not answer, or only something in front of it did
)

func (k outcomeKind) String() string {
	return [...]string{"accepted", "refused", "later", "unreachable"}[k]
}

type outcome struct {
	kind     outcomeKind
	receipt  string
	failure  string
	after    time.Duration // asked for by the receiver
	answered bool          // by the portal itself
}

// attempt sends a message once.
func (s *Service) attempt(ctx context.Context, r outboxRow) outcome {
	to, err := s.trust.Member(ctx, r.Recipient)
	if err != nil { // removed meanwhile; it may come back
		return outcome{kind: tryLater, failure: fault.Write(types.LinkFaultCodeNotMember, err.Error())}
	}
	content, err := s.keys.Open(sealPayload, r.Payload, r.ID[:])
	if err != nil {
		return outcome{kind: tryLater, failure: fault.Write(types.LinkFaultCodeOwn, err.Error())}
	}
	m := r.message()
	m.Content = content
	envelope, err := s.seal(to, m)
	if err != nil {
		return outcome{kind: tryLater, failure: fault.Write(types.LinkFaultCodeOwn, err.Error())}
	}
	return s.post(ctx, to.URL+"/federation/v1/inbox", envelope)
}

func (s *Service) post(ctx context.Context, url, envelope string) outcome {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(envelope))
	if err != nil {
		return outcome{kind: tryLater, failure: fault.Write(types.LinkFaultCodeOwn, err.Error())}
	}
	request.Header.Set("Content-Type", "application/jose")
	request.Header.Set("Accept", "application/jose, application/problem+json")
	response, err := s.calls.Do(request)
	if err != nil {
		return outcome{kind: unreachable, failure: fault.Text(err)}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body) // limited by the client
	if err != nil {
		return outcome{kind: unreachable, failure: fault.Text(err)}
	}
	return judge(response, body)
}

// judge reads a receiver's answer. Only words of the portal itself are final; what a proxy in front of it says is not.
func judge(response *http.Response, body []byte) outcome {
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode == http.StatusOK {
		if mediaType != "application/jose" {
			return outcome{kind: unreachable, failure: fault.Write(types.LinkFaultCodeAnswer, fmt.Sprintf("answered %q instead of a receipt", mediaType))}
		}
		return outcome{kind: accepted, receipt: string(bytes.TrimSpace(body)), answered: true}
	}
	failure := fmt.Sprintf("status %d", response.StatusCode)
	after := retryAfter(response.Header.Get("Retry-After"))
	var problem types.Problem
	if mediaType != "application/problem+json" || json.Unmarshal(body, &problem) != nil {
		return outcome{kind: unreachable, failure: fault.Write(codeOf(response.StatusCode, ""), failure+" without a problem"), after: after}
	}
	code := ""
	if problem.Code != nil {
		code = shortened(*problem.Code)
		failure += " " + code
	}
	failure = fault.Write(codeOf(response.StatusCode, code), failure+": "+shortened(problem.Title))
	switch {
	case final(response.StatusCode):
		return outcome{kind: refusedForGood, failure: failure, answered: true}
	case response.StatusCode == http.StatusTooManyRequests, response.StatusCode == http.StatusBadGateway,
		response.StatusCode == http.StatusServiceUnavailable, response.StatusCode == http.StatusGatewayTimeout:
		return outcome{kind: unreachable, failure: failure, after: after}
	default:
		return outcome{kind: tryLater, failure: failure, after: after, answered: true}
	}
}

// codeOf says what is wrong when a portal, or something in front of it, answers with a status and, if it is the portal, a
// code.
func codeOf(status int, code string) types.LinkFaultCode {
	switch code {
	case "message-expired", "message-from-future":
		return types.LinkFaultCodeClock
	case "key-unknown":
		return types.LinkFaultCodeKey
	case "signature-invalid":
		return types.LinkFaultCodeSignature
	case "member-unknown":
		return types.LinkFaultCodeNotMember
	}
	switch {
	case code != "" && final(status):
		return types.LinkFaultCodeRefused
	case status == http.StatusTooManyRequests, status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return types.LinkFaultCodeBusy
	case code == "":
		return types.LinkFaultCodeAnswer
	}
	return types.LinkFaultCodeNotNow
}

// retryAfter reads a wait in seconds, an hour at most.
func retryAfter(header string) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, int(lastPause/time.Second)))*time.Second, lastPause)
}

// call sends an authenticated request to a member. The caller closes the answer's body.
func (s *Service) call(ctx context.Context, client *http.Client, method string, to Member, path string, header http.Header) (*http.Response, error) {
	token, err := s.Token(to.ID)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, to.URL+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return client.Do(request)
}

// unexpected makes an error of an answer that is not the one hoped for.
func unexpected(response *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	var problem types.Problem
	if err != nil || json.Unmarshal(body, &problem) != nil || problem.Title == "" {
		return fault.As(codeOf(response.StatusCode, ""), fmt.Errorf("answered with status %d", response.StatusCode))
	}
	code := "problem"
	if problem.Code != nil {
		code = *problem.Code
	}
	return fault.As(codeOf(response.StatusCode, code), fmt.Errorf("answered with status %d: %s", response.StatusCode, shortened(problem.Title)))
}
