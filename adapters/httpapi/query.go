package httpapi

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"chatsystem/domain"
)

// strictQuery refuses query strings that cannot be read, which net/url would drop in silence, and those with text that no
// store can keep.
func (s *site) strictQuery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil || !isText(query) {
			s.fail(w, r, errMalformedQuery)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isText tells whether all of it is valid UTF-8 without the NUL character.
func isText(query url.Values) bool {
	for name, values := range query {
		for _, v := range append(values, name) {
			if !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0 {
				return false
			}
		}
	}
	return true
}

// failBinding answers what the generated code could not bind: a parameter, as the body has been checked before it.
func (s *site) failBinding(w http.ResponseWriter, r *http.Request, err error) {
	name := paramName(err)
	switch {
	case name == "":
		s.fail(w, r, err)
	case slices.Contains(chi.RouteContext(r.Context()).URLParams.Keys, name): // an id that cannot be, hence is not there
		s.fail(w, r, errRouteNotFound)
	case !r.URL.Query().Has(name):
		s.fail(w, r, domain.Invalid(name, "required", "%s is required.", name))
	default:
		s.fail(w, r, domain.Invalid(name, "type", "%s is not a value of its type, beyond its range, or given twice.", name))
	}
}

// paramName returns the parameter that an error of the generated code is about. Each generated package has error types
// of its own; what they share is a field of this name.
func paramName(err error) string {
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct {
		return ""
	}
	if field := v.FieldByName("ParamName"); field.IsValid() {
		return field.String()
	}
	return ""
}
