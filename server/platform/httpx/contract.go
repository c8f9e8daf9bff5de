// Package httpx is the way of a request through a portal: request id, limits, authentication, authorisation and validation
// as the contract says them, and errors as problem+json. It knows nothing of administration.
package httpx

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// Names of the contract's security schemes.
const (
	schemeSession = "session"
	schemeOAuth2  = "oauth2"
	schemeMember  = "member"
)

const defaultMaxBody = 1 << 20 // bytes of a JSON body

// alternative is one way to be allowed: all of its schemes at once; none at all means that nobody need be known.
type alternative struct {
	session bool
	member  bool
	token   bool
	scopes  []string
}

// operation is what the contract says about one operation, prepared once.
type operation struct {
	id           string
	route        *routers.Route
	alternatives []alternative
	public       bool     // security: [] — never looks at cookies or tokens
	roles        []string // x-roles: one of these, for the whole portal
	perUnit      bool     // x-per-unit: or for a unit; the handler keeps to what belongs to it
	maxBody      int64
	jsonBody     bool
	cacheControl string
	streams      bool // answers an event stream or a file: no time limit
	uploads      bool // takes a file: a longer one
}

// Contract is the embedded OpenAPI document as the server enforces it.
type Contract struct {
	operations map[string]*operation // "GET /api/v1/places/:ars"
}

var pathParameter = regexp.MustCompile(`\{([^}]+)\}`)

// NewContract prepares a document. It refuses an operation that does not say its security, and a scheme it does not know:
// nothing is open by accident.
func NewContract(doc *openapi3.T) (*Contract, error) {
	c := &Contract{operations: map[string]*operation{}}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			prepared, err := prepare(doc, path, method, item, op)
			if err != nil {
				return nil, fmt.Errorf("contract: %s %s: %w", method, path, err)
			}
			c.operations[method+" "+pathParameter.ReplaceAllString(path, ":$1")] = prepared
		}
	}
	return c, nil
}

func prepare(doc *openapi3.T, path, method string, item *openapi3.PathItem, op *openapi3.Operation) (*operation, error) {
	if op.Security == nil {
		return nil, fmt.Errorf("declares no security")
	}
	prepared := &operation{
		id:      op.OperationID,
		route:   &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op},
		public:  len(*op.Security) == 0,
		maxBody: defaultMaxBody,
	}
	for _, requirement := range *op.Security {
		a := alternative{}
		for scheme, scopes := range requirement {
			switch scheme {
			case schemeSession:
				a.session = true
			case schemeMember:
				a.member = true
			case schemeOAuth2:
				a.token, a.scopes = true, scopes
			default:
				return nil, fmt.Errorf("unknown security scheme %q", scheme)
			}
		}
		prepared.alternatives = append(prepared.alternatives, a)
	}
	if err := prepared.readExtensions(op); err != nil {
		return nil, err
	}
	if op.RequestBody != nil {
		prepared.jsonBody = op.RequestBody.Value.Content["application/json"] != nil
		prepared.uploads = op.RequestBody.Value.Content["application/octet-stream"] != nil || op.RequestBody.Value.Content["application/offset+octet-stream"] != nil
	}
	for _, response := range op.Responses.Map() {
		for mediaType := range response.Value.Content {
			if mediaType == "text/event-stream" || mediaType == "application/octet-stream" || mediaType == "application/x-ndjson" {
				prepared.streams = true
			}
		}
	}
	return prepared, nil
}

func (o *operation) readExtensions(op *openapi3.Operation) error {
	for name, value := range op.Extensions {
		switch name {
		case "x-roles":
			list, ok := value.([]any)
			if !ok {
				return fmt.Errorf("x-roles is not a list")
			}
			for _, role := range list {
				o.roles = append(o.roles, fmt.Sprint(role))
			}
		case "x-per-unit":
			if o.perUnit = value == true; !o.perUnit {
				return fmt.Errorf("x-per-unit is not true")
			}
		case "x-max-body":
			size, ok := value.(float64)
			if !ok || size <= 0 {
				return fmt.Errorf("x-max-body is not a number of bytes")
			}
			o.maxBody = int64(size)
		case "x-cache-control":
			o.cacheControl = fmt.Sprint(value)
		case "x-sets-cookie":
		default:
			return fmt.Errorf("unknown extension %q", name)
		}
	}
	return nil
}

// find gives the operation of a matched echo path, nil when it is not part of the contract.
func (c *Contract) find(method, echoPath string) *operation { return c.operations[method+" "+echoPath] }

// Missing lists operations of the contract that have no route.
func (c *Contract) Missing(routes map[string]bool) []string {
	var missing []string
	for key := range c.operations {
		if !routes[key] {
			missing = append(missing, key)
		}
	}
	slices.Sort(missing)
	return missing
}

func unsafeMethod(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// Ways to present a token: alone (RFC 6750), or with a proof of the key that it is bound to (RFC 9449).
const (
	bearer = "bearer"
	proven = "dpop"
)

// presented gives the token of a request and how it is presented; empty when there is none.
func presented(r *http.Request) (token, scheme string) {
	scheme, token, _ = strings.Cut(r.Header.Get("Authorization"), " ")
	if scheme = strings.ToLower(scheme); scheme != bearer && scheme != proven {
		return "", ""
	}
	return strings.TrimSpace(token), scheme
}
