// Package fault names what is wrong with a link to another portal by a code of the contract, for which each language has
// words. What is kept in the database is the code, a colon, and what technicians want to know.
package fault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"portalverbund/api/types"
	"portalverbund/server/federation/chain"
	"portalverbund/server/platform/outbound"
)

// coded is an error whose code is known.
type coded struct {
	code types.LinkFaultCode
	err  error
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }

// As gives an error that has a code; nil for no error.
func As(code types.LinkFaultCode, err error) error {
	if err == nil {
		return nil
	}
	return &coded{code, err}
}

// rule says which code an error has. The more specific ones come first.
type rule struct {
	is   error
	code types.LinkFaultCode
}

func rules() []rule {
	return []rule{
		{outbound.ErrAddressRefused, types.LinkFaultCodeAddressRefused}, {outbound.ErrSchemeRefused, types.LinkFaultCodeAddressRefused}, {outbound.ErrResponseTooLarge, types.LinkFaultCodeAnswer},
		{chain.ErrNotYet, types.LinkFaultCodeClock}, {chain.ErrExpired, types.LinkFaultCodeExpired}, {chain.ErrAnchor, types.LinkFaultCodeAnchor}, {chain.ErrNotFound, types.LinkFaultCodeNotMember},
		{chain.ErrSignature, types.LinkFaultCodeSignature}, {chain.ErrMalformed, types.LinkFaultCodeStatement}, {chain.ErrAlgorithm, types.LinkFaultCodeStatement}, {chain.ErrIssuer, types.LinkFaultCodeStatement},
		{chain.ErrCritical, types.LinkFaultCodeStatement}, {chain.ErrLoop, types.LinkFaultCodeStatement}, {chain.ErrTooLong, types.LinkFaultCodeStatement}, {chain.ErrConstraint, types.LinkFaultCodeStatement},
		{chain.ErrPolicy, types.LinkFaultCodeStatement},
	}
}

// Of gives the code of an error.
func Of(err error) types.LinkFaultCode {
	var known *coded
	if errors.As(err, &known) {
		return known.code
	}
	for _, r := range rules() {
		if errors.Is(err, r.is) {
			return r.code
		}
	}
	if code := ofNetwork(err); code != "" {
		return code
	}
	if errors.Is(err, chain.ErrUnreachable) {
		return types.LinkFaultCodeUnreachable
	}
	return types.LinkFaultCodeOther
}

// ofNetwork tells apart why somebody cannot be called; empty where it is something else.
func ofNetwork(err error) types.LinkFaultCode {
	var (
		name      *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		operation *net.OpError
		timeout   net.Error
	)
	switch {
	case errors.As(err, &name) && !name.IsTimeout:
		return types.LinkFaultCodeNameUnknown
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert):
		return types.LinkFaultCodeCertificate
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return types.LinkFaultCodeTimeout
	case errors.As(err, &operation), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, http.ErrServerClosed):
		return types.LinkFaultCodeUnreachable
	}
	return ""
}

// Text is what is kept of an error.
func Text(err error) string { return Write(Of(err), err.Error()) }

// Write is what is kept of a code and its detail.
func Write(code types.LinkFaultCode, detail string) string {
	return string(code) + ": " + strings.ToValidUTF8(detail, "")
}

// Read gives what was kept; nil where nothing was. What was written before there were codes is of the code other.
func Read(text string) *types.LinkFault {
	if text == "" {
		return nil
	}
	code, detail, found := strings.Cut(text, ": ")
	if !found || !known(types.LinkFaultCode(code)) {
		code, detail = string(types.LinkFaultCodeOther), text
	}
	return &types.LinkFault{Code: types.LinkFaultCode(code), Detail: &detail}
}

func known(code types.LinkFaultCode) bool {
	switch code {
	case types.LinkFaultCodeUnreachable, types.LinkFaultCodeNameUnknown, types.LinkFaultCodeAddressRefused, types.LinkFaultCodeTimeout, types.LinkFaultCodeCertificate, types.LinkFaultCodeBusy, types.LinkFaultCodeAnswer, types.LinkFaultCodeClock, types.LinkFaultCodeKey,
		types.LinkFaultCodeSignature, types.LinkFaultCodeRefused, types.LinkFaultCodeNotNow, types.LinkFaultCodeContent, types.LinkFaultCodeNotMember, types.LinkFaultCodeNotRead, types.LinkFaultCodeExpired, types.LinkFaultCodeAnchor, types.LinkFaultCodeStatement, types.LinkFaultCodeSharedKey,
		types.LinkFaultCodeReceipt, types.LinkFaultCodeOwn, types.LinkFaultCodeOther:
		return true
	}
	return false
}

// OutOfReach says whether what was kept tells that a portal did not answer at all.
func OutOfReach(text string) bool {
	f := Read(text)
	if f == nil {
		return false
	}
	switch f.Code {
	case types.LinkFaultCodeUnreachable, types.LinkFaultCodeNameUnknown, types.LinkFaultCodeAddressRefused, types.LinkFaultCodeTimeout,
		types.LinkFaultCodeCertificate, types.LinkFaultCodeBusy:
		return true
	}
	return false
}
