package payments_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/payments"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/problem"
	"portalverbund/server/standins/payment/service"
)

// offices are a unit, the one above it, and the one above that.
func (w *world) offices() (counter, office, town uuid.UUID) {
	counter, office, town = uuid.New(), uuid.New(), uuid.New()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.above[counter], w.above[office] = office, town
	return counter, office, town
}

// asked asks Clara for a fee of a unit and gives her payment.
func (w *world) asked(t *testing.T, s *payments.Service, unit uuid.UUID) types.Payment {
	t.Helper()
	o := offer(3070)
	o.Organisation.Id = unit
	app := w.applied(meppen)
	require.NoError(t, s.Assess(t.Context(), meppen, o, app))
	list, _, err := s.List(as(t.Context(), clara), &app.ApplicationId, 5, "")
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

// request asks to use the service of a stand-in.
func (p *standIn) request(unit *uuid.UUID) types.PaymentServiceRequest {
	token, client, secret, list := p.url+"/oauth/token", "portal", "geheim", p.url+"/liste/meppen/kasse"
	return types.PaymentServiceRequest{
		OrganisationId: unit, Url: p.url, OriginatorId: "meppen", EndPointId: "kasse", ListUrl: &list, Authentication: types.PaymentByOAuth, TokenUrl: &token, ClientId: &client, Secret: &secret,
	}
}

func pay(t *testing.T, s *payments.Service, at *standIn, p types.Payment) {
	t.Helper()
	a, _ := opened(t, s, p.Id)
	_, ok := at.Finish(*a.Transaction, service.Paid, "CREDITCARD", 0)
	require.True(t, ok, "the transaction is at another service")
	_, err := payments.AskAttempt(s, t.Context(), a.ID)
	require.NoError(t, err)
	got, err := s.Get(as(t.Context(), clara), p.Id)
	require.NoError(t, err)
	require.Equal(t, types.PaymentPaid, got.State)
}

func TestPay_UnitsWithServices_NearestCountsAndWhatWasBegunStays(t *testing.T) {
	t.Parallel()
	w := alone(t)
	counter, office, town := w.offices()
	s := w.at(meppen, time.Now)
	admin := asStaff(t.Context(), uuid.New())
	ofOffice, ofPortal := newStandIn(t), newStandIn(t)

	pay(t, s, w.pay, w.asked(t, s, counter)) // nothing is set: the configured one
	begun := w.asked(t, s, counter)
	first, _ := opened(t, s, begun.Id)

	set, err := s.SetPaymentService(admin, ofOffice.request(&office))
	require.NoError(t, err)
	require.NotNil(t, set.OrganisationName)
	_, err = s.SetPaymentService(admin, ofPortal.request(nil))
	require.NoError(t, err)
	pay(t, s, ofOffice, w.asked(t, s, counter))
	pay(t, s, ofOffice, w.asked(t, s, office))
	pay(t, s, ofPortal, w.asked(t, s, town))
	pay(t, s, ofPortal, w.asked(t, s, uuid.New())) // a unit that is in no catalog

	_, ok := w.pay.Finish(*first.Transaction, service.Paid, "CREDITCARD", 0)
	require.True(t, ok)
	_, err = payments.AskAttempt(s, t.Context(), first.ID) // asked for where it was begun
	require.NoError(t, err)
	got, err := s.Get(as(t.Context(), clara), begun.Id)
	require.NoError(t, err)
	require.Equal(t, types.PaymentPaid, got.State)

	late := w.asked(t, s, office)
	before, _ := opened(t, s, late.Id)
	require.NoError(t, s.EndPaymentService(admin, set.Id))
	require.Equal(t, http.StatusNotFound, problem.From(s.EndPaymentService(admin, set.Id)).Status)
	pay(t, s, ofPortal, w.asked(t, s, office))
	_, ok = ofOffice.Finish(*before.Transaction, service.Paid, "CREDITCARD", 0)
	require.True(t, ok)
	_, err = payments.AskAttempt(s, t.Context(), before.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"payment.service", "payment.service", "payment.service-end"}, w.acts)

	list, err := s.TreasuryServices(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Items, 3)
	from, to := time.Now().AddDate(0, 0, -1), time.Now().AddDate(0, 0, 1)
	for i, count := range []int{2, 3, 3} { // the configured one, the portal's, and the office's, which is ended
		r, err := s.Reconcile(t.Context(), list.Items[i].Id, from, to)
		require.NoError(t, err)
		require.Equal(t, count, r.Transactions, i)
		require.Empty(t, r.Differences)
	}
	require.True(t, list.Items[2].Ended)

	// the same id at two services is two transactions
	strays := map[string]bool{}
	for _, at := range []struct {
		p  *standIn
		id *uuid.UUID
	}{{w.pay, nil}, {ofOffice, list.Items[2].Id}} {
		planted := at.p.Plant("meppen", "kasse", 1234)
		r, err := s.Reconcile(t.Context(), at.id, from, to)
		require.NoError(t, err)
		require.Len(t, r.Differences, 1)
		held, err := s.Resolve(admin, uuid.NewString(), at.id, planted)
		require.NoError(t, err)
		strays[held.Refund.Reference] = true
		r, err = s.Reconcile(t.Context(), at.id, from, to)
		require.NoError(t, err)
		require.Empty(t, r.Differences)
	}
	require.Len(t, strays, 2)
}

func TestSetPaymentService_Secret_SealedNeverGivenAndSentNowhereElse(t *testing.T) {
	t.Parallel()
	w := alone(t)
	_, office, _ := w.offices()
	s := w.at(meppen, time.Now)
	admin := asStaff(t.Context(), uuid.New())
	other := newStandIn(t)
	request := other.request(&office)
	set, err := s.SetPaymentService(admin, request)
	require.NoError(t, err)
	var text string
	require.NoError(t, w.db.Pgx(t.Context()).QueryRow(t.Context(), "SELECT s::text || encode(s.secret, 'escape') FROM payment_services s").Scan(&text))
	require.NotContains(t, text, "geheim")

	request.Secret = nil
	request.Account = &types.TransferAccount{Holder: "Ordnungsamt", Iban: "DE02 1203 0000 0000 2020 51"}
	again, err := s.SetPaymentService(admin, request) // only the account
	require.NoError(t, err)
	require.Equal(t, set.Id, again.Id)
	pay(t, s, other, w.asked(t, s, office))

	for field, change := range map[string]func(r *types.PaymentServiceRequest){
		"url": func(r *types.PaymentServiceRequest) { r.Url = "https://boese.example" }, "tokenUrl": func(r *types.PaymentServiceRequest) { r.TokenUrl = worded("https://boese.example/token") },
		"listUrl": func(r *types.PaymentServiceRequest) { r.ListUrl = worded("https://boese.example/liste") }, "clientId": func(r *types.PaymentServiceRequest) { r.ClientId = worded("anders") },
		"authentication": func(r *types.PaymentServiceRequest) { r.Authentication = types.PaymentByBasic },
	} {
		changed := request
		change(&changed)
		_, err := s.SetPaymentService(admin, changed)
		require.Equal(t, []string{"/secret"}, pointers(err), field)
	}
	pay(t, s, other, w.asked(t, s, office)) // as it was
}

func worded(text string) *string { return &text }

// pointers are the fields of which an error tells.
func pointers(err error) (out []string) {
	for _, f := range problem.From(err).Fields {
		out = append(out, f.Pointer)
	}
	return out
}

func TestSetPaymentService_CannotBeUsed_RefusedAtTheField(t *testing.T) {
	t.Parallel()
	w := alone(t)
	counter, office, _ := w.offices()
	s := w.at(meppen, time.Now)
	admin := asStaff(t.Context(), uuid.New())
	other := newStandIn(t)
	_, err := s.SetPaymentService(admin, other.request(&office))
	require.NoError(t, err)
	unknown := uuid.New()
	for name, c := range map[string]struct {
		field  string
		change func(r *types.PaymentServiceRequest)
	}{
		"unknown unit":      {"/organisationId", func(r *types.PaymentServiceRequest) { r.OrganisationId = &unknown }},
		"no address":        {"/url", func(r *types.PaymentServiceRequest) { r.Url = "bezahldienst" }},
		"plain http":        {"/url", func(r *types.PaymentServiceRequest) { r.Url = "ftp://bezahldienst.example" }},
		"credentials in it": {"/url", func(r *types.PaymentServiceRequest) { r.Url = "https://a:b@bezahldienst.example" }},
		"internal network":  {"/url", func(r *types.PaymentServiceRequest) { r.Url = "https://10.0.0.7/" }},
		"internal list":     {"/listUrl", func(r *types.PaymentServiceRequest) { r.ListUrl = worded("https://169.254.169.254/liste") }},
		"no token address":  {"/tokenUrl", func(r *types.PaymentServiceRequest) { r.TokenUrl = nil }},
		"no client":         {"/clientId", func(r *types.PaymentServiceRequest) { r.ClientId = nil }},
		"ids with a slash":  {"/originatorId", func(r *types.PaymentServiceRequest) { r.OriginatorId = "../meppen" }},
		"no certificate":    {"/certificate", func(r *types.PaymentServiceRequest) { r.Authentication = types.PaymentByCertificate }},
		"IBAN": {"/account/iban", func(r *types.PaymentServiceRequest) {
			r.Account = &types.TransferAccount{Holder: "Stadt", Iban: "DE02120300000000202052"}
		}},
		"set for another unit":     {"/endPointId", func(*types.PaymentServiceRequest) {}},
		"configured at the server": {"/endPointId", func(r *types.PaymentServiceRequest) { r.Url = strings.ToUpper(w.pay.url[:4]) + w.pay.url[4:] + "/" }},
		"no secret":                {"/secret", func(r *types.PaymentServiceRequest) { r.EndPointId, r.Secret = "zweite", nil }},
	} {
		r := other.request(&counter)
		c.change(&r)
		_, err := s.SetPaymentService(admin, r)
		require.Equal(t, []string{c.field}, pointers(err), name)
	}
	w.outbound = outbound.Options{} // in production
	_, err = w.at(meppen, time.Now).SetPaymentService(admin, other.request(&counter))
	require.Equal(t, []string{"/url"}, pointers(err))
}

func TestCheckPaymentService_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := alone(t)
	s := w.at(meppen, time.Now)
	admin := asStaff(t.Context(), uuid.New())
	other := newStandIn(t)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(broken.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	strange := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(strange.Close)
	basic := func(r *types.PaymentServiceRequest) {
		r.Authentication, r.TokenUrl, r.ListUrl = types.PaymentByBasic, nil, nil
	}
	for _, c := range []struct {
		finding types.PaymentServiceFinding
		change  func(r *types.PaymentServiceRequest)
	}{
		{types.PaymentReady, func(*types.PaymentServiceRequest) {}},
		{types.PaymentCredentials, func(r *types.PaymentServiceRequest) { r.Secret = worded("falsch") }},
		{types.PaymentCredentials, basic},
		{types.PaymentPlace, func(r *types.PaymentServiceRequest) { r.OriginatorId = "landkreis" }},
		{types.PaymentListFailed, func(r *types.PaymentServiceRequest) { r.ListUrl = worded(other.url + "/liste/andere/kasse") }},
		{types.PaymentAnswerFailed, func(r *types.PaymentServiceRequest) { basic(r); r.Url = broken.URL }},
		{types.PaymentUnreachable, func(r *types.PaymentServiceRequest) { basic(r); r.Url = gone.URL }},
		{types.PaymentUntrusted, func(r *types.PaymentServiceRequest) { basic(r); r.Url = strange.URL }},
	} {
		r := other.request(nil)
		c.change(&r)
		set, err := s.SetPaymentService(admin, r)
		require.NoError(t, err)
		got, err := s.CheckPaymentService(admin, set.Id)
		require.NoError(t, err)
		require.Equal(t, c.finding, got.Finding)
	}
	// a name that leads inside is seen when it is called
	set, err := s.PaymentServices(t.Context())
	require.NoError(t, err)
	w.outbound = outbound.Options{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
	got, err := w.at(meppen, time.Now).CheckPaymentService(admin, set.Items[0].Id)
	require.NoError(t, err)
	require.Equal(t, types.PaymentAddressRefused, got.Finding)
	_, err = s.CheckPaymentService(admin, uuid.New())
	require.Equal(t, http.StatusNotFound, problem.From(err).Status)
}

func TestClaim_UnitWithAnAccount_TransfersGoThereAndItsStatementsAreRead(t *testing.T) {
	t.Parallel()
	w := alone(t)
	counter, office, _ := w.offices()
	s := w.at(meppen, time.Now)
	admin := asStaff(t.Context(), uuid.New())
	other := newStandIn(t)
	request := other.request(&office)
	request.Account = &types.TransferAccount{Holder: "Ordnungsamt", Iban: "DE75512108001245126199"}
	set, err := s.SetPaymentService(admin, request)
	require.NoError(t, err)
	require.Equal(t, "DE75512108001245126199", w.asked(t, s, counter).Transfer.Iban)
	require.Equal(t, iban, w.asked(t, s, uuid.New()).Transfer.Iban)
	require.NoError(t, s.EndPaymentService(admin, set.Id))
	require.Equal(t, iban, w.asked(t, s, counter).Transfer.Iban)
	list, err := s.Statements(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Accounts, 2) // what was asked for may still come
}
