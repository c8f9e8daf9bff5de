package federation

import (
	"context"
	"errors"
	"net/http"

	"portalverbund/server/platform/problem"
)

var (
	errTooLarge = errors.New("too large")
	errKind     = errors.New("unknown kind of message")
)

// refusalRule says how a cause is answered and named in metrics.
type refusalRule struct {
	cause  error
	reason string
	answer *problem.Error
}

// refusalRules lists the causes, the more specific first. What is answered with 401, 403 or 409 may come right by itself
// (keys and members change), so senders try again; 400, 413 and 422 are final.
func refusalRules() []refusalRule {
	return []refusalRule{
		{ErrNotMember, "stranger", problem.Forbidden("member-unknown", "Der Absender gehört nicht zu diesem Portalverbund.", "The sender is not a member of this association.")},
		{errAudience, "audience", problem.Forbidden("wrong-recipient", "Die Nachricht ist an ein anderes Portal gerichtet.", "The message is for another portal.")},
		{errExpired, "expired", problem.Unauthorized("message-expired", "Die Nachricht ist zu alt.", "The message is too old.")},
		{errFuture, "future", problem.Unauthorized("message-from-future", "Die Nachricht trägt eine Zeit in der Zukunft.", "The message is dated in the future.")},
		{errSignature, "signature", problem.Unauthorized("signature-invalid", "Die Unterschrift der Nachricht ist nicht gültig.", "The message's signature is not valid.")},
		{errKeyUnknown, "key", problem.Conflict("key-unknown", "Die Nachricht ist mit einem Schlüssel verschlüsselt, den dieses Portal nicht hat.", "The message is encrypted to a key that this portal does not have.")},
		{errVersion, "version", problem.Unprocessable("version-unknown", "Diese Fassung des Nachrichtenformats ist nicht bekannt.", "This version of the message format is not known.")},
		{errKind, "kind", problem.Unprocessable("kind-unknown", "Diese Art von Nachricht ist nicht bekannt.", "This kind of message is not known.")},
		{errTooLarge, "size", problem.TooLarge("message-too-large", "Die Nachricht ist zu groß.", "The message is too large.")},
		{errUnreadable, "unreadable", problem.BadRequest("content-unreadable", "Der Inhalt der Nachricht ist nicht lesbar.", "The message's content cannot be read.")},
		{errMalformed, "malformed", problem.BadRequest("message-malformed", "Die Nachricht hat nicht die erwartete Form.", "The message does not have the expected form.")},
	}
}

// refusalOf gives the answer to a cause, and its name for metrics; an internal error for causes of our own.
func refusalOf(err error) (*problem.Error, string) {
	for _, rule := range refusalRules() {
		if errors.Is(err, rule.cause) {
			return rule.answer.Because(err), rule.reason
		}
	}
	return problem.Internal(err), "other"
}

// refused logs and counts something that was turned away before it had any effect, and gives the answer to it.
func (s *Service) refused(ctx context.Context, what, from string, cause error) *problem.Error {
	answer, reason := refusalOf(cause)
	s.metrics.turnedAway.WithLabelValues(what, reason).Inc()
	s.log.WarnContext(ctx, "refused a "+what, "from", shortened(from), "reason", reason, "error", cause)
	return answer
}

// shortened keeps what a stranger wrote from filling the log.
func shortened(text string) string {
	if len(text) > 200 {
		return text[:200]
	}
	return text
}

// final says whether a status means that the receiver will never take the message, however often it is sent.
func final(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	default:
		return false
	}
}
