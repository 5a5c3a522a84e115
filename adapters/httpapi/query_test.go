package httpapi

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi/openapi/chatsapi"
)

func TestQueryStringsAreReadStrictly(t *testing.T) {
	cases := map[string]struct {
		query  string
		status int
		code   string
		field  string
	}{
		"a bad escape":        {"limit=%zz", http.StatusBadRequest, "malformed_query", ""},
		"a semicolon":         {"limit=1;cursor=x", http.StatusBadRequest, "malformed_query", ""},
		"invalid UTF-8":       {"cursor=%ff", http.StatusBadRequest, "malformed_query", ""},
		"NUL":                 {"cursor=a%00", http.StatusBadRequest, "malformed_query", ""},
		"a name not in UTF-8": {"%ff=1", http.StatusBadRequest, "malformed_query", ""},
		"no number":           {"limit=ten", http.StatusUnprocessableEntity, "validation_failed", "limit"},
		"an empty number":     {"limit=", http.StatusUnprocessableEntity, "validation_failed", "limit"},
		"a fraction":          {"limit=1.5", http.StatusUnprocessableEntity, "validation_failed", "limit"},
		"beyond 64 bits":      {"limit=9223372036854775808", http.StatusUnprocessableEntity, "validation_failed", "limit"},
		"given twice":         {"limit=1&limit=2", http.StatusUnprocessableEntity, "validation_failed", "limit"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newTestSite(t, Config{}, ChatRoutes(ChatUseCases{}))
			r := request(http.MethodGet, "/api/chats/conversations?"+tc.query, "")
			r.Header.Set("Authorization", "Bearer user:ann")
			p := requireProblem(t, s.do(r), tc.status, tc.code)
			if tc.field != "" {
				require.Len(t, p.Errors, 1)
				require.Equal(t, tc.field, p.Errors[0].Field)
			}
		})
	}
}

func TestAParameterThatMustBeThereIsNamed(t *testing.T) {
	s := newTestSite(t, Config{}, UserRoutes(UserUseCases{}))
	for path, field := range map[string]string{"/api/users/search": "q", "/api/users": "ids"} {
		r := request(http.MethodGet, path, "")
		r.Header.Set("Authorization", "Bearer user:ann")
		p := requireProblem(t, s.do(r), http.StatusUnprocessableEntity, "validation_failed")
		require.Equal(t, field, p.Errors[0].Field)
		require.Equal(t, "required", p.Errors[0].Code)
	}
}

func TestErrorsOfTheGeneratedCodeNameTheirParameter(t *testing.T) {
	require.Equal(t, "limit", paramName(&chatsapi.InvalidParamFormatError{ParamName: "limit"}))
	require.Equal(t, "limit", paramName(&chatsapi.TooManyValuesForParamError{ParamName: "limit"}))
	require.Equal(t, "limit", paramName(&chatsapi.RequiredParamError{ParamName: "limit"}))
	require.Empty(t, paramName(http.ErrNoCookie))
}

func TestAnEmptyIDInAPathIsNotThere(t *testing.T) {
	s := newTestSite(t, Config{}, ChatRoutes(ChatUseCases{}))
	r := request(http.MethodGet, "/api/chats/conversations//members", "")
	r.Header.Set("Authorization", "Bearer user:ann")
	requireProblem(t, s.do(r), http.StatusNotFound, "route_not_found")
}
