package httpapi

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

func parseDocument(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(document)
	require.NoError(t, err)
	return doc
}

func TestTheDocumentIsValid(t *testing.T) {
	require.NoError(t, parseDocument(t).Validate(t.Context()))
}

func TestTheDocumentIsServed(t *testing.T) {
	s := newTestSite(t, Config{}, DocumentRoutes())
	w := s.do(request(http.MethodGet, "/openapi.json", ""))
	require.Equal(t, http.StatusOK, w.Code)
	var served map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &served))
	require.Equal(t, "3.0.3", served["openapi"])
	require.Contains(t, served["paths"], "/api/users/auth/login")
}

func TestEveryOperationOfTheDocumentIsServedAndNoOther(t *testing.T) {
	var served []string
	list := func(m *mount) {
		require.NoError(t, chi.Walk(m.data.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
			served = append(served, method+" "+route)
			return nil
		}))
	}
	newTestSite(t, Config{}, UserRoutes(UserUseCases{}), ChatRoutes(ChatUseCases{}), MessageRoutes(MessageUseCases{}),
		HealthRoutes(), DocumentRoutes(), KeyRoutes(func() []byte { return nil }), list)

	c, err := loadContract()
	require.NoError(t, err)
	var documented []string
	for route := range c.operations {
		documented = append(documented, route)
	}
	require.ElementsMatch(t, documented, served)
}

func TestAServiceServesOnlyItsOwnOperations(t *testing.T) {
	s := newTestSite(t, Config{}, MessageRoutes(MessageUseCases{}))
	requireProblem(t, s.do(request(http.MethodGet, "/api/users/me", "")), http.StatusNotFound, "route_not_found")
	requireProblem(t, s.do(request(http.MethodGet, "/api/chats/conversations", "")), http.StatusNotFound, "route_not_found")
}

func TestEveryOperationListsItsErrors(t *testing.T) {
	code := regexp.MustCompile("`([a-z_]+)`")
	for path, item := range parseDocument(t).Paths.Map() {
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		for method, op := range item.Operations() {
			statuses := op.Responses.Map()
			require.Contains(t, statuses, "500", op.OperationID)
			require.Contains(t, statuses, "503", op.OperationID)
			require.Equal(t, op.RequestBody != nil, statuses["415"] != nil, op.OperationID)
			require.Equal(t, op.Security == nil, statuses["401"] != nil && slices.Contains(codesOf(t, statuses["401"].Value), "token_invalid"), "%s %s", method, path)
			for status, response := range statuses {
				if status < "400" {
					continue
				}
				for _, c := range codesOf(t, response.Value) {
					require.Contains(t, *response.Value.Description, "`"+c+"`", op.OperationID)
				}
				require.NotEmpty(t, code.FindString(*response.Value.Description), "%s %s", op.OperationID, status)
			}
		}
	}
}

// codesOf returns the problem codes which the document lists for a response.
func codesOf(t *testing.T, r *openapi3.Response) []string {
	t.Helper()
	listed, ok := r.Extensions["x-codes"].([]any)
	require.True(t, ok, "%s has no x-codes", *r.Description)
	var codes []string
	for _, c := range listed {
		codes = append(codes, c.(string))
	}
	return codes
}

func TestMetricsOfTwoServersDoNotMix(t *testing.T) {
	metrics := prometheus.NewRegistry()
	_, err := NewHandler(Config{}, nil, metrics, fakeTokens{})
	require.NoError(t, err)
	_, err = NewHandler(Config{}, nil, metrics, fakeTokens{})
	require.ErrorContains(t, err, "register metrics")
}
