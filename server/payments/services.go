package payments

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/problem"
)

// sealService is the purpose for which secrets of payment services are sealed.
const sealService = "payments/service"

const (
	maxServices   = 500
	endedServices = 60 * 24 * time.Hour // how long a service that was replaced can be compared with; its secret is forgotten then
	checkTimeout  = 20 * time.Second
)

// Connection is how a payment service is reached, and how the portal proves itself there.
type Connection struct {
	URL, OriginatorID, EndPointID string
	ListURL                       string // of the list of what was paid; may be empty
	Authentication                types.PaymentAuthentication
	TokenURL, ClientID            string
	Certificate                   string // PEM
	Secret                        string // client secret, password, or key (PEM)
}

// Checker is a Provider that can say whether it could be used. Nothing is ordered.
type Checker interface {
	Check(ctx context.Context) types.PaymentServiceCheck
}

// Units knows the organisational units of this portal.
type Units interface {
	// Above gives a unit and those above it, the nearest first.
	Above(ctx context.Context, unit uuid.UUID) ([]uuid.UUID, error)
	OwnUnitNames(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error)
}

// Place is what two connections have in common that lead to the same transactions.
func Place(address, originatorID, endPointID string) string {
	if u, err := url.Parse(address); err == nil {
		u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
		address = u.String()
	}
	return strings.TrimRight(address, "/") + " " + originatorID + " " + endPointID
}

// service is a row of payment_services.
type service struct {
	ID             uuid.UUID
	OrganisationID *uuid.UUID // nil: the portal
	URL            string
	OriginatorID   string
	EndPointID     string
	ListURL        string
	Authentication types.PaymentAuthentication
	TokenURL       string
	ClientID       string
	Certificate    string
	Secret         []byte // sealed; nil when it is forgotten
	Holder         string
	IBAN           string
	BIC            string
	ChangedAt      time.Time
	EndedAt        *time.Time
}

const serviceColumns = `id, organisation_id, url, originator_id, end_point_id, list_url, authentication, token_url, client_id, certificate, secret, holder, iban, bic,
	changed_at, ended_at`

func (v service) account() *BankAccount {
	if v.IBAN == "" {
		return nil
	}
	return &BankAccount{Holder: v.Holder, IBAN: v.IBAN, BIC: v.BIC}
}

// reaches says whether two services are reached and proven alike, but for the secret.
func (v service) reaches(o service) bool {
	return v.URL == o.URL && v.OriginatorID == o.OriginatorID && v.EndPointID == o.EndPointID && v.ListURL == o.ListURL && v.Authentication == o.Authentication &&
		v.TokenURL == o.TokenURL && v.ClientID == o.ClientID && v.Certificate == o.Certificate
}

// dialled are the clients of services as they were last: they keep access tokens and connections.
type dialled struct {
	mu   sync.Mutex
	list map[uuid.UUID]dial
}

type dial struct {
	as       time.Time
	provider Provider
}

// provider gives the client of a service.
func (s *Service) provider(v service) (Provider, error) {
	s.dialled.mu.Lock()
	defer s.dialled.mu.Unlock()
	if d, known := s.dialled.list[v.ID]; known && d.as.Equal(v.ChangedAt) {
		return d.provider, nil
	}
	plain, err := s.Keys.Open(sealService, v.Secret, v.ID[:])
	if err != nil {
		return nil, err
	}
	p, err := s.Dial(Connection{
		URL: v.URL, OriginatorID: v.OriginatorID, EndPointID: v.EndPointID, ListURL: v.ListURL, Authentication: v.Authentication, TokenURL: v.TokenURL,
		ClientID: v.ClientID, Certificate: v.Certificate, Secret: string(plain),
	})
	if err != nil {
		return nil, err
	}
	s.dialled.list[v.ID] = dial{as: v.ChangedAt, provider: p}
	return p, nil
}

// providerAt gives the client of a service that was set, or of the configured one; nil where there is none any more.
func (s *Service) providerAt(ctx context.Context, id *uuid.UUID) (Provider, error) {
	if id == nil {
		return s.Provider, nil
	}
	list, err := many[service](ctx, s, "payment service", "SELECT "+serviceColumns+" FROM payment_services WHERE id = $1 AND secret IS NOT NULL", *id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return s.provider(list[0])
}

const nearestService = "SELECT " + serviceColumns + ` FROM payment_services WHERE ended_at IS NULL AND (organisation_id = ANY ($1) OR organisation_id IS NULL)
	ORDER BY array_position($1, organisation_id) NULLS LAST LIMIT 1`

// serviceFor gives the service at which the fees of a unit are paid: its own, that of the next unit above, or the portal's; nil where the configured one counts.
func (s *Service) serviceFor(ctx context.Context, unit uuid.UUID) (*service, error) {
	if set, err := one[struct{ Any bool }](ctx, s, "payment services", "SELECT EXISTS (SELECT 1 FROM payment_services WHERE ended_at IS NULL)"); err != nil || !set.Any {
		return nil, err
	}
	above, err := s.Units.Above(ctx, unit)
	if err != nil {
		return nil, err
	}
	list, err := many[service](ctx, s, "payment service", nearestService, above)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// online says whether the fees of a unit can be paid online, and at which service; nil is the configured one.
func (s *Service) online(ctx context.Context, unit uuid.UUID) (id *uuid.UUID, there bool, err error) {
	v, err := s.serviceFor(ctx, unit)
	if err != nil {
		return nil, false, err
	}
	if v != nil {
		return &v.ID, true, nil
	}
	return nil, s.Provider != nil, nil
}

// accountFor gives the account to which the fees of a unit can be transferred; nil where there is none.
func (s *Service) accountFor(ctx context.Context, unit uuid.UUID) (*BankAccount, error) {
	v, err := s.serviceFor(ctx, unit)
	if err != nil {
		return nil, err
	}
	if v != nil {
		return v.account(), nil
	}
	return s.Account, nil
}

// accounts gives every account to which people were asked to transfer, those of services that were replaced too.
func (s *Service) accounts(ctx context.Context) ([]BankAccount, error) {
	var out []BankAccount
	if s.Account != nil {
		out = append(out, *s.Account)
	}
	list, err := many[BankAccount](ctx, s, "accounts", `SELECT DISTINCT ON (iban) holder, iban, bic FROM payment_services WHERE iban <> '' ORDER BY iban, ended_at DESC NULLS FIRST LIMIT 500`)
	for _, a := range list {
		if s.Account == nil || a.IBAN != s.Account.IBAN {
			out = append(out, a)
		}
	}
	return out, err
}

// PaymentServices gives what administrators have set, that of the portal first.
func (s *Service) PaymentServices(ctx context.Context) (types.PaymentServiceList, error) {
	list, err := many[service](ctx, s, "payment services", "SELECT "+serviceColumns+` FROM payment_services WHERE ended_at IS NULL
		ORDER BY organisation_id IS NOT NULL, changed_at, id LIMIT $1`, maxServices)
	if err != nil {
		return types.PaymentServiceList{}, err
	}
	names, err := s.names(ctx, list)
	out := types.PaymentServiceList{Items: make([]types.PaymentService, 0, len(list)), Configured: s.Provider != nil}
	for _, v := range list {
		out.Items = append(out.Items, v.wire(ctx, names))
	}
	return out, err
}

func (s *Service) names(ctx context.Context, list []service) (map[uuid.UUID]map[string]string, error) {
	ids := make([]uuid.UUID, 0, len(list))
	for _, v := range list {
		if v.OrganisationID != nil {
			ids = append(ids, *v.OrganisationID)
		}
	}
	return s.Units.OwnUnitNames(ctx, ids)
}

func (v service) unitName(ctx context.Context, names map[uuid.UUID]map[string]string) *string {
	if v.OrganisationID == nil {
		return nil
	}
	name := localized(names[*v.OrganisationID], httpx.LanguageOf(ctx))
	if name == "" {
		name = v.OrganisationID.String() // it is no longer in the catalog
	}
	return &name
}

func (v service) wire(ctx context.Context, names map[uuid.UUID]map[string]string) types.PaymentService {
	out := types.PaymentService{
		Id: v.ID, OrganisationId: v.OrganisationID, OrganisationName: v.unitName(ctx, names), Url: v.URL, OriginatorId: v.OriginatorID, EndPointId: v.EndPointID,
		ListUrl: optional(v.ListURL), Authentication: v.Authentication, TokenUrl: optional(v.TokenURL), ClientId: optional(v.ClientID), ChangedAt: v.ChangedAt,
	}
	if c, err := firstCertificate(v.Certificate); err == nil {
		out.Certificate = &types.PaymentCertificate{Pem: v.Certificate, Subject: c.Subject.String(), ExpiresAt: c.NotAfter}
	}
	if a := v.account(); a != nil {
		out.Account = &types.TransferAccount{Holder: a.Holder, Iban: a.IBAN, Bic: optional(a.BIC)}
	}
	return out
}

func firstCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errNoPEM
	}
	return x509.ParseCertificate(block.Bytes)
}

// SetPaymentService sets the service of the portal or of a unit. What was begun at the one before is asked for there.
func (s *Service) SetPaymentService(ctx context.Context, request types.PaymentServiceRequest) (types.PaymentService, error) {
	wanted, err := s.wanted(request)
	if err != nil {
		return types.PaymentService{}, err
	}
	names, err := s.names(ctx, []service{wanted})
	if err != nil {
		return types.PaymentService{}, err
	}
	if wanted.OrganisationID != nil && names[*wanted.OrganisationID] == nil {
		return types.PaymentService{}, wrong("organisationId", "unknown", "Diese Organisationseinheit gibt es an diesem Portal nicht.", "There is no such organisational unit at this portal.")
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Pgx(ctx).Exec(ctx, "LOCK TABLE payment_services IN SHARE ROW EXCLUSIVE MODE"); err != nil { // two administrators
			return wrap("write payment service", err)
		}
		if err := s.putService(ctx, &wanted, or(request.Secret, "")); err != nil {
			return err
		}
		return s.Audit.Record(ctx, "payment.service", "payment-service:"+wanted.ID.String(), outbound.Host(wanted.URL))
	})
	return wanted.wire(ctx, names), err
}

// putService writes a service, in the lock. What is at the same place stays the same service, whatever it was proven by before.
func (s *Service) putService(ctx context.Context, wanted *service, plain string) error {
	there, err := many[service](ctx, s, "payment services", "SELECT "+serviceColumns+` FROM payment_services WHERE (url = $1 AND originator_id = $2 AND end_point_id = $3)
		OR (ended_at IS NULL AND organisation_id IS NOT DISTINCT FROM $4)`, wanted.URL, wanted.OriginatorID, wanted.EndPointID, wanted.OrganisationID)
	if err != nil {
		return err
	}
	wanted.ID = uuid.New()
	for _, v := range there {
		same := v.URL == wanted.URL && v.OriginatorID == wanted.OriginatorID && v.EndPointID == wanted.EndPointID
		if same {
			wanted.ID = v.ID
			if v.EndedAt == nil && !sameUnit(v.OrganisationID, wanted.OrganisationID) {
				return wrong("endPointId", "in-use", "Diese Stelle des Zahlungsdienstes ist schon für eine andere Organisationseinheit oder das ganze Portal eingerichtet.",
					"This end point of the payment service is set for another organisational unit or the whole portal already.")
			}
			if plain == "" && v.EndedAt == nil && v.reaches(*wanted) {
				wanted.Secret = v.Secret
			}
			continue
		}
		if err := s.DB.Later(ctx, "end payment service", "UPDATE payment_services SET ended_at = $2 WHERE id = $1", v.ID, s.Now()); err != nil {
			return err
		}
	}
	if plain != "" {
		if wanted.Secret, err = s.Keys.Seal(sealService, []byte(plain), wanted.ID[:]); err != nil {
			return err
		}
	}
	if wanted.Secret == nil {
		return wrong("secret", "required", "Bitte geben Sie das Geheimnis an. Es wird an keine Adresse gesendet, für die es nicht angegeben wurde.",
			"Please enter the secret. It is not sent to an address for which it was not entered.")
	}
	wanted.ChangedAt = s.Now()
	v := wanted
	return s.DB.Later(ctx, "write payment service", "INSERT INTO payment_services ("+serviceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, NULL)
		ON CONFLICT (id) DO UPDATE SET organisation_id = excluded.organisation_id, list_url = excluded.list_url, authentication = excluded.authentication,
			token_url = excluded.token_url, client_id = excluded.client_id, certificate = excluded.certificate, secret = excluded.secret, holder = excluded.holder,
			iban = excluded.iban, bic = excluded.bic, changed_at = excluded.changed_at, ended_at = NULL`,
		v.ID, v.OrganisationID, v.URL, v.OriginatorID, v.EndPointID, v.ListURL, v.Authentication, v.TokenURL, v.ClientID, v.Certificate, v.Secret, v.Holder, v.IBAN, v.BIC, v.ChangedAt)
}

func sameUnit(a, b *uuid.UUID) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// wanted checks what an administrator has entered.
func (s *Service) wanted(r types.PaymentServiceRequest) (service, error) {
	v := service{
		OrganisationID: r.OrganisationId, URL: strings.TrimRight(strings.TrimSpace(r.Url), "/"), OriginatorID: strings.TrimSpace(r.OriginatorId), EndPointID: strings.TrimSpace(r.EndPointId),
		ListURL: trimmed(r.ListUrl), Authentication: r.Authentication, TokenURL: trimmed(r.TokenUrl), ClientID: trimmed(r.ClientId), Certificate: trimmed(r.Certificate),
	}
	switch v.Authentication { // what another kind needs is not kept
	case types.PaymentByOAuth:
		v.Certificate = ""
	case types.PaymentByBasic:
		v.TokenURL, v.Certificate = "", ""
	case types.PaymentByCertificate:
		v.TokenURL, v.ClientID = "", ""
	}
	if u, err := url.Parse(v.URL); err == nil {
		u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
		v.URL = u.String()
	}
	for _, a := range []struct {
		field, address string
		needed         bool
	}{{"url", v.URL, true}, {"tokenUrl", v.TokenURL, v.Authentication == types.PaymentByOAuth}, {"listUrl", v.ListURL, false}} {
		if err := s.checkAddress(a.field, a.address, a.needed); err != nil {
			return v, err
		}
	}
	for field, id := range map[string]string{"originatorId": v.OriginatorID, "endPointId": v.EndPointID} {
		if !placeForm.MatchString(id) {
			return v, wrong(field, "pattern", "Bitte geben Sie die Kennung so an, wie der Zahlungsdienst sie genannt hat: Buchstaben, Ziffern, Bindestrich und Unterstrich.",
				"Please enter the identifier as the payment service has given it: letters, digits, hyphen and underscore.")
		}
	}
	if Place(v.URL, v.OriginatorID, v.EndPointID) == s.Place && s.Provider != nil {
		return v, wrong("endPointId", "in-use", "Diese Stelle des Zahlungsdienstes hat der Betreiber schon am Server eingerichtet.",
			"The operator has configured this end point of the payment service at the server already.")
	}
	return v, firstOf(checkProof(v, or(r.Secret, "")), v.takeAccount(r.Account))
}

var placeForm = regexp.MustCompile(`^[\w-]{1,36}$`)

// checkProof checks what proves the portal; the key only where one was entered.
func checkProof(v service, secret string) error {
	if v.Authentication != types.PaymentByCertificate {
		if v.ClientID == "" {
			return wrong("clientId", "required", "Bitte geben Sie die Kennung an.", "Please enter the identifier.")
		}
		return nil
	}
	if _, err := firstCertificate(v.Certificate); err != nil {
		return wrong("certificate", "pattern", "Bitte fügen Sie das Zertifikat im PEM-Format ein. Es beginnt mit „-----BEGIN CERTIFICATE-----“.",
			"Please paste the certificate in PEM format. It begins with “-----BEGIN CERTIFICATE-----”.")
	}
	if secret == "" {
		return nil
	}
	if _, err := tls.X509KeyPair([]byte(v.Certificate), []byte(secret)); err != nil {
		return wrong("secret", "pattern", "Dieser Schlüssel passt nicht zum Zertifikat, oder er ist nicht im PEM-Format ohne Kennwort.",
			"This key does not belong to the certificate, or it is not in PEM format without a password.")
	}
	return nil
}

func (v *service) takeAccount(a *types.TransferAccount) error {
	if a == nil {
		return nil
	}
	if !validIBAN(bare(a.Iban)) {
		return wrong("account/iban", "iban", "Bitte prüfen Sie die IBAN.", "Please check the IBAN.")
	}
	if bic := bare(or(a.Bic, "")); bic != "" && !bicForm.MatchString(bic) {
		return wrong("account/bic", "bic", "Bitte prüfen Sie die BIC.", "Please check the BIC.")
	}
	got, err := BankAccount{Holder: a.Holder, IBAN: a.Iban, BIC: or(a.Bic, "")}.Checked()
	if err != nil {
		return wrong("account/holder", "length", "Bitte geben Sie an, wem das Konto gehört, mit höchstens 70 Zeichen.", "Please enter whose account it is, with at most 70 characters.")
	}
	v.Holder, v.IBAN, v.BIC = got.Holder, got.IBAN, got.BIC
	return nil
}

// checkAddress wants https, or http to this machine where that is allowed, and no number of a network that is not public. Where a name leads is seen at each call.
func (s *Service) checkAddress(field, address string, needed bool) error {
	if address == "" && !needed {
		return nil
	}
	if strings.Contains(address, "?") {
		return wrong(field, "address", "Bitte geben Sie die Adresse ohne Fragezeichen an.", "Please enter the address without a question mark.")
	}
	return s.Outbound.CheckChosen("/"+field, address)
}

func wrong(field, code, de, en string) error {
	return problem.Invalid(problem.FieldError{Pointer: "/" + field, Code: code, Message: problem.Text{De: de, En: en}})
}

func trimmed(text *string) string { return strings.TrimSpace(or(text, "")) }

// EndPaymentService takes a service back: the next one above counts.
func (s *Service) EndPaymentService(ctx context.Context, id uuid.UUID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		tag, err := s.DB.Pgx(ctx).Exec(ctx, "UPDATE payment_services SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", id, s.Now())
		if err != nil {
			return wrap("end payment service", err)
		}
		if tag.RowsAffected() == 0 {
			return errNoService
		}
		return s.Audit.Record(ctx, "payment.service-end", "payment-service:"+id.String(), "")
	})
}

// CheckPaymentService says whether a service could be used, and what is wrong where not.
func (s *Service) CheckPaymentService(ctx context.Context, id uuid.UUID) (types.PaymentServiceCheck, error) {
	list, err := many[service](ctx, s, "payment service", "SELECT "+serviceColumns+" FROM payment_services WHERE id = $1 AND ended_at IS NULL", id)
	if err != nil || len(list) == 0 {
		return types.PaymentServiceCheck{}, firstOf(err, errNoService)
	}
	p, err := s.provider(list[0])
	if err != nil {
		return types.PaymentServiceCheck{}, err
	}
	out := types.PaymentServiceCheck{Finding: types.PaymentReady}
	if c, can := p.(Checker); can {
		limited, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		out = c.Check(limited)
	}
	return out, s.Audit.Record(ctx, "payment.service-check", "payment-service:"+id.String(), string(out.Finding))
}

// TreasuryServices gives the services whose lists can be compared.
func (s *Service) TreasuryServices(ctx context.Context) (types.TreasuryServiceList, error) {
	list, err := many[service](ctx, s, "payment services", "SELECT "+serviceColumns+` FROM payment_services WHERE ended_at IS NULL OR ended_at > $1
		ORDER BY ended_at IS NOT NULL, organisation_id IS NOT NULL, changed_at, id LIMIT $2`, s.Now().Add(-endedServices), maxServices)
	if err != nil {
		return types.TreasuryServiceList{}, err
	}
	names, err := s.names(ctx, list)
	out := types.TreasuryServiceList{Items: make([]types.TreasuryService, 0, len(list)+1)}
	for _, v := range list {
		out.Items = append(out.Items, types.TreasuryService{Id: &v.ID, OrganisationName: v.unitName(ctx, names), Ended: v.EndedAt != nil})
	}
	if s.Provider != nil {
		out.Items = append([]types.TreasuryService{{}}, out.Items...)
	}
	return out, err
}

// forgetSecrets forgets the secrets of services that were replaced, when nothing is asked there any more.
func (s *Service) forgetSecrets(ctx context.Context) error {
	_, err := s.DB.Pgx(ctx).Exec(ctx, "UPDATE payment_services SET secret = NULL WHERE secret IS NOT NULL AND ended_at < $1", s.Now().Add(-endedServices))
	return wrap("forget secrets", err)
}

// idAt is a transaction's id that is one over all services.
func idAt(service *uuid.UUID, transactionID string) string {
	if service == nil {
		return transactionID
	}
	return service.String() + ":" + transactionID
}

var (
	errNoPEM     = problem.Unprocessable("no-certificate", "Das ist kein Zertifikat.", "This is no certificate.")
	errNoService = problem.NotFound("payment-service-unknown", "Diesen Zahlungsdienst gibt es nicht.", "There is no such payment service.")
)
