package httpapi

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed openapi.yaml
var document []byte

// contract is what the server reads from the OpenAPI document at start.
type contract struct {
	json       []byte                // the document as it is served
	tag        string                // of that
	operations map[string]*operation // by method and route pattern: "GET /api/users/me"
}

// operation is what the middleware needs to know of an operation of the document.
type operation struct {
	id     string
	public bool      // needs no access token
	body   *bodyRule // nil: a body is not read
}

// bodyRule is the outline of a JSON request body. Rules about values are the domain's.
type bodyRule struct {
	required bool
	members  []memberRule
}

// memberRule is one member of a JSON request body.
type memberRule struct {
	name     string
	kind     memberKind
	required bool
}

// memberKind is a type that a request's members can have.
type memberKind string

const (
	kindString  memberKind = "a string"
	kindInteger memberKind = "an integer"
	kindStrings memberKind = "an array of strings"
)

// loadContract parses the document, once per process.
var loadContract = sync.OnceValues(func() (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("openapi document: %w", err)
	}
	c := &contract{operations: map[string]*operation{}}
	if c.json, err = doc.MarshalJSON(); err != nil {
		return nil, fmt.Errorf("openapi document: %w", err)
	}
	c.tag = entityTag(c.json)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			body, err := bodyRuleOf(op.RequestBody)
			if err != nil {
				return nil, fmt.Errorf("openapi document: %s: %w", op.OperationID, err)
			}
			public := op.Security != nil && len(*op.Security) == 0
			c.operations[method+" "+path] = &operation{id: op.OperationID, public: public, body: body}
		}
	}
	return c, nil
})

func bodyRuleOf(body *openapi3.RequestBodyRef) (*bodyRule, error) {
	if body == nil {
		return nil, nil
	}
	schema := body.Value.Content.Get("application/json").Schema.Value
	rule := &bodyRule{required: body.Value.Required}
	for name, property := range schema.Properties {
		kind, err := memberKindOf(property.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		rule.members = append(rule.members, memberRule{name, kind, slices.Contains(schema.Required, name)})
	}
	slices.SortFunc(rule.members, func(a, b memberRule) int { return strings.Compare(a.name, b.name) }) // faults in a steady order
	return rule, nil
}

func memberKindOf(s *openapi3.Schema) (memberKind, error) {
	switch {
	case s.Type.Is("string"):
		return kindString, nil
	case s.Type.Is("integer"):
		return kindInteger, nil
	case s.Type.Is("array") && s.Items.Value.Type.Is("string"):
		return kindStrings, nil
	}
	return "", fmt.Errorf("the strict decoder does not know the type %v", s.Type)
}

// serveDocument answers GET /openapi.json.
func (c *contract) serveDocument(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("ETag", c.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(c.json))
}
