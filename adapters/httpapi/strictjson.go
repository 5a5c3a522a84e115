package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"chatsystem/domain"
)

// MaxBodyBytes bounds a request's body: a message of 100,000 four-byte characters, all escaped, is 1.2 MB.
const MaxBodyBytes = 2 << 20

// maxAnonymousBodyBytes bounds the body of a request that needs no token: nobody answers for the memory it takes.
const maxAnonymousBodyBytes = 64 << 10

// strictBody reads and checks the JSON body of an operation and hands the decoded members on. The standard decoder lets
// duplicate names, invalid UTF-8, lone surrogates and names in another case through; none of them gets past here.
func (s *site) strictBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rule := s.operationOf(r).body
		if rule == nil {
			next.ServeHTTP(w, r)
			return
		}
		limit := int64(MaxBodyBytes)
		if s.operationOf(r).public {
			limit = maxAnonymousBodyBytes
		}
		exchangeOf(r.Context()).looked() // a client that sends slowly is in nobody's way
		data, err := readBody(w, r, limit)
		switch {
		case err != nil:
			s.fail(w, r, err)
			return
		case len(data) == 0 && rule.required:
			s.fail(w, r, errMissingBody)
			return
		case len(data) == 0:
			r.Body = http.NoBody
		default:
			members, err := decodeMembers(data, rule)
			if err != nil {
				s.fail(w, r, err)
				return
			}
			r.Body = decodedBody{http.NoBody, members}
		}
		next.ServeHTTP(w, r)
	})
}

// decodedBody carries decoded members to the generated code, which asks bodies for ValidatedValue and binds that, by
// exact names, instead of decoding once more.
type decodedBody struct {
	io.ReadCloser
	members map[string]any
}

// ValidatedValue returns the members: strings, json.Numbers that fit an int64, and lists of strings.
func (b decodedBody) ValidatedValue() any { return b.members }

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if !isPlainJSON(r.Header) {
		return nil, errUnsupportedMedia
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errBodyTooLarge
	case err != nil:
		return nil, malformedJSON("The body could not be read to its end.")
	}
	return data, nil
}

func isPlainJSON(h http.Header) bool {
	mediaType, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return false
	}
	charset, given := params["charset"]
	return (!given || strings.EqualFold(charset, "utf-8")) && h.Get("Content-Encoding") == ""
}

// decodeMembers decodes one JSON object; members the rule does not name are checked for syntax and dropped. All members
// at fault are reported together.
func decodeMembers(data []byte, rule *bodyRule) (map[string]any, error) {
	var raw map[string]jsontext.Value
	if err := strict.Unmarshal(data, &raw); err != nil || raw == nil {
		return nil, explainJSON(err)
	}
	members := make(map[string]any, len(rule.members))
	var faults []domain.FieldFault
	for _, m := range rule.members {
		v, given := raw[m.name]
		if !given || v.Kind() == jsontext.KindNull {
			if m.required {
				faults = append(faults, domain.FieldFault{Field: m.name, Code: "required", Detail: m.name + " is required."})
			}
			continue
		}
		value, fault := decodeValue(m.name, m.kind, v)
		if fault != nil {
			faults = append(faults, *fault)
			continue
		}
		members[m.name] = value
	}
	if faults != nil {
		return nil, domain.InvalidFields(faults...)
	}
	return members, nil
}

// explainJSON says what is wrong with the syntax without repeating what was sent.
func explainJSON(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case !errors.As(err, &syntax):
		return malformedJSON("The body must be one JSON object.")
	case errors.Is(err, jsontext.ErrDuplicateName):
		return malformedJSON(fmt.Sprintf("The body is not valid JSON: a member name is given twice, at byte %d.", syntax.ByteOffset))
	}
	return malformedJSON(fmt.Sprintf("The body is not valid JSON in UTF-8, at byte %d.", syntax.ByteOffset))
}

func decodeValue(field string, kind memberKind, v jsontext.Value) (any, *domain.FieldFault) {
	switch {
	case kind == kindString && v.Kind() == jsontext.KindString:
		return decodeString(field, v)
	case kind == kindInteger && v.Kind() == jsontext.KindNumber:
		return decodeInteger(field, v)
	case kind == kindStrings && v.Kind() == jsontext.KindBeginArray:
		return decodeStrings(field, v)
	}
	return nil, wrongType(field, kind)
}

func wrongType(field string, kind memberKind) *domain.FieldFault {
	return &domain.FieldFault{Field: field, Code: "type", Detail: fmt.Sprintf("%s must be %s.", field, kind)}
}

func decodeString(field string, v jsontext.Value) (any, *domain.FieldFault) {
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return nil, wrongType(field, kindString)
	}
	return checkText(field, string(text))
}

// checkText refuses what no store can keep.
func checkText(field, text string) (any, *domain.FieldFault) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, &domain.FieldFault{Field: field, Code: "nul", Detail: field + " must not contain the NUL character."}
	}
	return text, nil
}

func decodeInteger(field string, v jsontext.Value) (any, *domain.FieldFault) {
	switch _, err := strconv.ParseInt(string(v), 10, 64); {
	case errors.Is(err, strconv.ErrRange):
		return nil, &domain.FieldFault{Field: field, Code: "range", Detail: field + " is beyond the range of 64 bits."}
	case err != nil:
		return nil, wrongType(field, kindInteger)
	}
	return json.Number(v), nil
}

func decodeStrings(field string, v jsontext.Value) (any, *domain.FieldFault) {
	var items []jsontext.Value
	if err := strict.Unmarshal(v, &items); err != nil {
		return nil, wrongType(field, kindStrings)
	}
	list := make([]any, len(items))
	for i, item := range items {
		text, fault := decodeValue(fmt.Sprintf("%s[%d]", field, i), kindString, item)
		if fault != nil {
			return nil, fault
		}
		list[i] = text
	}
	return list, nil
}
