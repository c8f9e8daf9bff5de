package httpx

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"

	"portalverbund/server/platform/problem"
)

// Config says how a Server behaves.
type Config struct {
	Origin         string        // scheme and host of the portal's public address; changes from other origins are refused
	RequestTimeout time.Duration // of everything that neither streams nor takes a file
	UploadTimeout  time.Duration // of operations that take a file
	MaxConcurrent  int           // requests at once; more are answered with 503
	RatePerSecond  float64       // requests of one address in the long run; 0 means no limit
	RateBurst      int
	TrustedProxies []string // address ranges (CIDR) whose X-Forwarded-For counts
	HSTS           bool     // sent when the public address is https
}

// Server is the HTTP side of a portal.
type Server struct {
	Echo     *echo.Echo
	contract *Contract
	auth     Authenticator
	config   Config
	log      *slog.Logger
	requests *prometheus.HistogramVec
	refused  *prometheus.CounterVec
	slots    chan struct{}
	uploads  chan struct{} // slots of uploads, which may take minutes each
	rates    *rates
}

// New makes a Server that enforces the contract on all its operations.
func New(config Config, contract *Contract, auth Authenticator, log *slog.Logger, metrics prometheus.Registerer) (*Server, error) {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	s := &Server{Echo: e, contract: contract, auth: auth, config: config, log: log, slots: make(chan struct{}, config.MaxConcurrent), uploads: make(chan struct{}, max(1, config.MaxConcurrent/2)), rates: newRates(config)}
	s.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "portal_http_request_seconds", Help: "Time to answer a request, by operation and status class.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"operation", "status"})
	s.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "portal_http_refused_total", Help: "Requests refused before their handler, by reason.",
	}, []string{"reason"})
	metrics.MustRegister(s.requests, s.refused)
	extractor, err := ipExtractor(config.TrustedProxies)
	if err != nil {
		return nil, err
	}
	e.IPExtractor = extractor
	e.Binder = binder{}
	e.JSONSerializer = serializer{}
	e.HTTPErrorHandler = s.handleError
	e.Use(s.outer, s.limit, middleware.GzipWithConfig(middleware.GzipConfig{MinLength: 1400, Skipper: streaming(contract)}), s.enforce)
	return s, nil
}

// streaming skips compression where answers must leave at once, or are files.
func streaming(contract *Contract) middleware.Skipper {
	return func(c echo.Context) bool {
		op := contract.find(c.Request().Method, c.Path())
		return op == nil || op.streams
	}
}

// outer gives every request its id, language, security headers, a line in the log and a figure, and catches panics.
func (s *Server) outer(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		start := time.Now()
		r := c.Request()
		id, idErr := uuid.NewV7()
		if idErr != nil {
			return idErr
		}
		language := acceptedLanguage(r.Header.Get("Accept-Language"))
		ctx := WithLanguage(WithRequestID(r.Context(), id.String()), language)
		header := c.Response().Header()
		header.Set("X-Request-Id", id.String())
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		header.Set("X-Frame-Options", "DENY")
		if s.config.HSTS {
			header.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		c.SetRequest(r.WithContext(ctx))
		defer func() {
			if p := recover(); p != nil {
				s.log.ErrorContext(ctx, "panic", "requestId", id, "operation", s.name(c), "panic", p, "stack", string(debug.Stack()))
				err = nil
				s.handleError(problem.Internal(errors.New("panic")), c)
			}
			s.record(ctx, c, time.Since(start))
		}()
		if err := next(c); err != nil {
			s.handleError(err, c)
		}
		return nil
	}
}

// name is the operation's id, or the matched path: never the address itself, which may hold personal data.
func (s *Server) name(c echo.Context) string {
	if op := s.contract.find(c.Request().Method, c.Path()); op != nil {
		return op.id
	}
	if c.Path() == "" {
		return "unknown"
	}
	return c.Path()
}

func (s *Server) record(ctx context.Context, c echo.Context, took time.Duration) {
	status := c.Response().Status
	s.requests.WithLabelValues(s.name(c), strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
	level := slog.LevelDebug
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.log.Log(ctx, level, "request", "requestId", RequestIDOf(ctx), "operation", s.name(c), "status", status, "ms", took.Milliseconds())
}

// limit sheds load early and cheaply: too many at once (503), or too many from one address (429).
func (s *Server) limit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if wait, ok := s.rates.allow(c.RealIP(), time.Now()); !ok {
			s.refused.WithLabelValues("rate").Inc()
			return problem.TooMany(wait)
		}
		if op := s.contract.find(c.Request().Method, c.Path()); op != nil && !op.streams {
			slots := s.slots
			if op.uploads {
				slots = s.uploads // so that slow lines keep nobody else out
			}
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
			default:
				s.refused.WithLabelValues("overload").Inc()
				return problem.Unavailable("overload", "Das Portal ist gerade stark ausgelastet.", "The portal is very busy at the moment.")
			}
		}
		return next(c)
	}
}

// enforce does what the contract says of an operation: size, time, authentication, authorisation, validation, caching.
func (s *Server) enforce(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		op := s.contract.find(r.Method, c.Path())
		if op == nil {
			return next(c)
		}
		header := c.Response().Header()
		header.Set("Content-Language", LanguageOf(r.Context()))
		header.Set("Cache-Control", "no-store")
		header.Add("Vary", "Accept-Language")
		if r.ContentLength > op.maxBody {
			s.refused.WithLabelValues("size").Inc()
			return tooLarge(op.maxBody)
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, op.maxBody)
		ctx, cancel := s.withTime(c, op)
		defer cancel()
		caller, err := s.authenticate(ctx, r, op)
		if err != nil {
			s.refused.WithLabelValues(problem.From(err).Code).Inc()
			return err
		}
		r = r.WithContext(WithAddress(WithCaller(WithRequest(ctx, r), caller), c.RealIP()))
		if err := validate(r, op, pathParams(c)); err != nil {
			return err
		}
		if op.cacheControl != "" && op.public {
			header.Set("Cache-Control", op.cacheControl)
		}
		c.SetRequest(r)
		return next(c)
	}
}

// withTime limits how long an operation may take, and how long its body may take to arrive.
func (s *Server) withTime(c echo.Context, op *operation) (context.Context, context.CancelFunc) {
	r, limit := c.Request(), s.config.RequestTimeout
	if op.uploads {
		limit = s.config.UploadTimeout
	}
	if op.streams || limit <= 0 {
		return r.Context(), func() {}
	}
	if r.ContentLength != 0 {
		// Not every connection can: then the time of the whole request still counts.
		_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(limit))
	}
	return context.WithTimeout(r.Context(), limit)
}

func pathParams(c echo.Context) map[string]string {
	params := make(map[string]string, len(c.ParamNames()))
	for i, name := range c.ParamNames() {
		params[name] = c.ParamValues()[i]
	}
	return params
}

// statusClientLeft stands in logs and metrics for requests whose client left before the answer (as nginx counts them): nothing of ours
// has failed.
const statusClientLeft = 499

func (s *Server) handleError(err error, c echo.Context) {
	if c.Response().Committed {
		s.log.DebugContext(c.Request().Context(), "error after the answer began", "operation", s.name(c), "error", err)
		return
	}
	p := toProblem(err)
	ctx := c.Request().Context()
	if p.Status >= http.StatusInternalServerError && errors.Is(err, context.Canceled) {
		c.Response().WriteHeader(statusClientLeft)
		return
	}
	if p.Status >= http.StatusInternalServerError {
		s.log.ErrorContext(ctx, "request failed", "requestId", RequestIDOf(ctx), "operation", s.name(c), "code", p.Code, "error", p.Error())
	}
	header := c.Response().Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Language", LanguageOf(ctx))
	header.Del("ETag")
	if p.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(max(1, int(p.RetryAfter.Round(time.Second)/time.Second))))
	}
	if p.Status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="portal"`)
		header.Add("WWW-Authenticate", `DPoP realm="portal"`)
	}
	header.Set("Content-Type", "application/problem+json")
	c.Response().WriteHeader(p.Status)
	if c.Request().Method != http.MethodHead {
		_ = json.NewEncoder(c.Response()).Encode(wire(p, LanguageOf(ctx), RequestIDOf(ctx))) // the client has gone when it fails
	}
}

// toProblem translates the framework's own errors.
func toProblem(err error) *problem.Error {
	var he *echo.HTTPError
	if !errors.As(err, &he) {
		if errors.Is(err, context.DeadlineExceeded) {
			return problem.Unavailable("timeout", "Das hat zu lange gedauert.", "This took too long.").Because(err)
		}
		return problem.From(err)
	}
	switch he.Code {
	case http.StatusNotFound:
		return problem.NotFound("not-found", "Das gibt es hier nicht.", "There is no such thing here.")
	case http.StatusMethodNotAllowed:
		return &problem.Error{Status: he.Code, Code: "method-not-allowed", Title: problem.Text{De: "Das geht hier nicht.", En: "This is not possible here."}}
	case http.StatusRequestEntityTooLarge:
		return problem.TooLarge("too-large", "Das ist zu groß.", "This is too large.")
	case http.StatusUnsupportedMediaType:
		return problem.UnsupportedMediaType("content-type", "Diese Art von Inhalt wird hier nicht angenommen.", "This kind of content is not taken here.")
	}
	if he.Code >= http.StatusInternalServerError {
		return problem.Internal(err)
	}
	return problem.BadRequest("contract", "Die Anfrage passt nicht zur Schnittstelle.", "The request does not fit the contract.").Because(err)
}

type wireField struct {
	Pointer string         `json:"pointer"`
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Params  map[string]any `json:"params,omitempty"`
}

type wireProblem struct {
	Type      string      `json:"type"`
	Title     string      `json:"title"`
	Status    int         `json:"status"`
	Detail    string      `json:"detail,omitempty"`
	Code      string      `json:"code"`
	RequestID string      `json:"requestId,omitempty"`
	Errors    []wireField `json:"errors,omitempty"`
}

func wire(p *problem.Error, language, requestID string) wireProblem {
	w := wireProblem{
		Type: "urn:portalverbund:problem:" + p.Code, Title: p.Title.In(language), Status: p.Status,
		Detail: p.Detail.In(language), Code: p.Code, RequestID: requestID,
	}
	for _, f := range p.Fields {
		code := f.Code
		if code == "properties" {
			code = "additionalProperties"
		}
		w.Errors = append(w.Errors, wireField{Pointer: f.Pointer, Code: code, Message: Sentence(f, language), Params: f.Params})
	}
	return w
}

// acceptedLanguage picks German or English; German when nothing fits.
func acceptedLanguage(header string) string {
	best, bestQ := "de", 0.0
	for _, part := range strings.Split(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		language, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if language != "de" && language != "en" {
			continue
		}
		q := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			parsed, err := strconv.ParseFloat(value, 64)
			if err != nil {
				continue
			}
			q = parsed
		}
		if q > bestQ {
			best, bestQ = language, q
		}
	}
	return best
}
