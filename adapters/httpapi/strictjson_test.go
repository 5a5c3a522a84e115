package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// sample has a member of every kind.
var sample = &bodyRule{required: true, members: []memberRule{
	{"name", kindString, true}, {"count", kindInteger, false}, {"ids", kindStrings, false},
}}

func TestMalformedJSONIsRefused(t *testing.T) {
	cases := map[string]string{
		"no JSON":                         `hello`,
		"cut short":                       `{"name":"a"`,
		"trailing data":                   `{"name":"a"} {}`,
		"a trailing comma":                `{"name":"a",}`,
		"a comment":                       `{"name":"a"/**/}`,
		"a byte order mark":               "\ufeff" + `{"name":"a"}`,
		"a duplicate name":                `{"name":"a","name":"b"}`,
		"a duplicate name, escaped":       `{"name":"a","n\u0061me":"b"}`,
		"a duplicate name further in":     `{"name":"a","other":{"x":1,"x":2}}`,
		"invalid UTF-8 in a value":        "{\"name\":\"\xff\"}",
		"invalid UTF-8 in a name":         "{\"name\":\"a\",\"\xc3\":1}",
		"an overlong encoding":            "{\"name\":\"\xc0\x80\"}",
		"an encoded surrogate":            "{\"name\":\"\xed\xa0\x80\"}",
		"a lone high surrogate":           `{"name":"\ud800"}`,
		"a lone low surrogate":            `{"name":"\udc00"}`,
		"a lone surrogate in an unknown":  `{"name":"a","other":"\ud83d"}`,
		"a raw control character":         "{\"name\":\"a\x01\"}",
		"a number with a leading zero":    `{"name":"a","count":01}`,
		"a number of another language":    `{"name":"a","count":NaN}`,
		"nesting without end":             `{"other":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`,
		"an array instead of an object":   `[{"name":"a"}]`,
		"a string instead of an object":   `"name"`,
		"null instead of an object":       `null`,
		"white space instead of a object": "  \n",
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := decodeMembers([]byte(body), sample)
			var fault *domain.Fault
			require.ErrorAs(t, err, &fault)
			require.Equal(t, domain.KindMalformed, fault.Kind)
			require.Equal(t, "malformed_json", fault.Code)
		})
	}
}

func TestAMemberOfTheWrongKindIsNamed(t *testing.T) {
	cases := map[string]struct{ body, field, code string }{
		"a required member is missing":   {`{}`, "name", "required"},
		"a required member is null":      {`{"name":null}`, "name", "required"},
		"a name in another case":         {`{"Name":"a"}`, "name", "required"},
		"a number for a string":          {`{"name":1}`, "name", "type"},
		"an object for a string":         {`{"name":{}}`, "name", "type"},
		"a boolean for a string":         {`{"name":true}`, "name", "type"},
		"NUL in a string":                {`{"name":"a\u0000"}`, "name", "nul"},
		"a string for a number":          {`{"name":"a","count":"1"}`, "count", "type"},
		"a fraction":                     {`{"name":"a","count":1.5}`, "count", "type"},
		"an exponent":                    {`{"name":"a","count":1e2}`, "count", "type"},
		"a number beyond 64 bits":        {`{"name":"a","count":9223372036854775808}`, "count", "range"},
		"a number far below 64 bits":     {`{"name":"a","count":-99999999999999999999}`, "count", "range"},
		"a string for a list":            {`{"name":"a","ids":"x"}`, "ids", "type"},
		"an entry of the wrong kind":     {`{"name":"a","ids":["x",7]}`, "ids[1]", "type"},
		"an entry that is null":          {`{"name":"a","ids":[null]}`, "ids[0]", "type"},
		"NUL in an entry":                {`{"name":"a","ids":["x","\u0000"]}`, "ids[1]", "nul"},
		"an object in a list of strings": {`{"name":"a","ids":[{}]}`, "ids[0]", "type"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := decodeMembers([]byte(tc.body), sample)
			var fault *domain.Fault
			require.ErrorAs(t, err, &fault)
			require.Equal(t, domain.KindInvalid, fault.Kind)
			require.Len(t, fault.Fields, 1)
			require.Equal(t, tc.field, fault.Fields[0].Field)
			require.Equal(t, tc.code, fault.Fields[0].Code)
			require.Contains(t, fault.Fields[0].Detail, tc.field)
		})
	}
}

func TestAllMembersAtFaultAreReportedTogether(t *testing.T) {
	_, err := decodeMembers([]byte(`{"count":"x","ids":0}`), sample)
	var fault *domain.Fault
	require.ErrorAs(t, err, &fault)
	require.Len(t, fault.Fields, 3)
}

func TestWellFormedMembersAreDecoded(t *testing.T) {
	members, err := decodeMembers([]byte(` {"name":"\ud83d\ude00é\n", "count":-7, "ids":["x",""], "other":{"deep":[1]}} `), sample)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"name": "😀é\n", "count": json.Number("-7"), "ids": []any{"x", ""}}, members)
}

func TestOptionalMembersMayBeNullOrAbsent(t *testing.T) {
	members, err := decodeMembers([]byte(`{"name":"a","count":null}`), sample)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"name": "a"}, members)
}

func FuzzDecodeMembers(f *testing.F) {
	f.Add([]byte(`{"name":"a","count":1,"ids":["x"]}`))
	f.Add([]byte(`{"name":"\ud800"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		members, err := decodeMembers(data, sample)
		if err != nil {
			var fault *domain.Fault
			require.ErrorAs(t, err, &fault, "only the caller can be at fault")
			return
		}
		name := members["name"].(string)
		require.True(t, utf8.ValidString(name) && !strings.Contains(name, "\x00"))
	})
}

// loginRoute stands where login does and reports what a handler would see of the body.
func loginRoute(got *any) Routes {
	return operationRoute(http.MethodPost, "/api/users/auth/login", func(w http.ResponseWriter, r *http.Request) {
		*got = r.Body.(decodedBody).ValidatedValue()
		w.WriteHeader(http.StatusNoContent)
	})
}

func TestTheBodyAsAWhole(t *testing.T) {
	const valid = `{"email":"a@b.c","password":"x"}`
	with := func(header, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(header, value) }
	}
	cases := map[string]struct {
		body   string
		change func(*http.Request)
		status int
		code   string
	}{
		"none": {"", nil, http.StatusBadRequest, "missing_body"},
		"none, of unknown length": {"", func(r *http.Request) {
			r.Body, r.ContentLength = http.NoBody, -1
			r.Header.Set("Content-Type", "application/json")
		}, http.StatusBadRequest, "missing_body"},
		"no content type":             {valid, func(r *http.Request) { r.Header.Del("Content-Type") }, http.StatusUnsupportedMediaType, "unsupported_media_type"},
		"a form":                      {valid, with("Content-Type", "application/x-www-form-urlencoded"), http.StatusUnsupportedMediaType, "unsupported_media_type"},
		"another kind of JSON":        {valid, with("Content-Type", "application/merge-patch+json"), http.StatusUnsupportedMediaType, "unsupported_media_type"},
		"another charset":             {valid, with("Content-Type", "application/json; charset=iso-8859-1"), http.StatusUnsupportedMediaType, "unsupported_media_type"},
		"a content type of nonsense":  {valid, with("Content-Type", "/;;"), http.StatusUnsupportedMediaType, "unsupported_media_type"},
		"compressed":                  {valid, with("Content-Encoding", "gzip"), http.StatusUnsupportedMediaType, "unsupported_media_type"},
		"too long":                    {valid + strings.Repeat(" ", maxBodyBytes), nil, http.StatusRequestEntityTooLarge, "body_too_large"},
		"too long, of unknown length": {valid + strings.Repeat(" ", maxBodyBytes), func(r *http.Request) { r.ContentLength = -1 }, http.StatusRequestEntityTooLarge, "body_too_large"},
		"cut off on its way": {valid, func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(valid[:9]), brokenReader{}))
		}, http.StatusBadRequest, "malformed_json"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got any
			s := newTestSite(t, Config{}, loginRoute(&got))
			r := request(http.MethodPost, "/api/users/auth/login", tc.body)
			if tc.change != nil {
				tc.change(r)
			}
			requireProblem(t, s.do(r), tc.status, tc.code)
			require.Nil(t, got)
		})
	}
}

func TestABodyMayHaveItsWholeLength(t *testing.T) {
	for name, tc := range map[string]struct {
		method, path, body string
		most               int
	}{
		"of a message": {http.MethodPost, "/api/messages/conversations/{conversation_id}/messages", `{"client_msg_id":"1","body":"x"}`, maxMessageBytes},
		"of all else":  {http.MethodPatch, "/api/users/me", `{"username":"ada"}`, maxBodyBytes},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestSite(t, Config{}, operationRoute(tc.method, tc.path, noContent))
			ask := func(length int) *httptest.ResponseRecorder {
				r := request(tc.method, tc.path, tc.body+strings.Repeat(" ", length-len(tc.body)))
				r.Header.Set("Content-Type", `application/json; charset="UTF-8"`)
				r.Header.Set("Authorization", "Bearer user:ada")
				return s.do(r)
			}
			require.Equal(t, http.StatusNoContent, ask(tc.most).Code)
			requireProblem(t, ask(tc.most+1), http.StatusRequestEntityTooLarge, "body_too_large")
		})
	}
}

func TestAnOptionalBodyMayBeAbsent(t *testing.T) {
	s := newTestSite(t, Config{}, operationRoute(http.MethodPost, "/api/users/auth/refresh", noContent))
	require.Equal(t, http.StatusNoContent, s.do(request(http.MethodPost, "/api/users/auth/refresh", "")).Code)
	requireProblem(t, s.do(request(http.MethodPost, "/api/users/auth/refresh", "null")), http.StatusBadRequest, "malformed_json")
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }
