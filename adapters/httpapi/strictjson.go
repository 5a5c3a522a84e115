package httpapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"chatsystem/domain"
)

// What of a body is nobody's is passed over: newer clients may say more than this server knows. It is bounded, as
// checking it takes time.
const (
	maxUnknownTokens = 1024 // names and values
	maxNesting       = 16
)

// decodeMembers decodes one JSON object; members the rule does not name are checked for syntax and dropped. All members
// at fault are reported together.
func decodeMembers(data []byte, rule *bodyRule) (map[string]any, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(data))
	if dec.PeekKind() != jsontext.KindBeginObject {
		return nil, explainJSON(cmp.Or[error](dec.SkipValue(), errNoObject))
	}
	members := make(map[string]any, len(rule.members))
	faults := make(map[string]*domain.FieldFault)
	if err := readMembers(dec, rule, members, faults); err != nil {
		return nil, explainJSON(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, explainJSON(cmp.Or[error](err, errNoObject))
	}
	var found []domain.FieldFault
	for _, m := range rule.members {
		switch _, given := members[m.name]; {
		case faults[m.name] != nil:
			found = append(found, *faults[m.name])
		case m.required && !given:
			found = append(found, domain.FieldFault{Field: m.name, Code: "required", Detail: m.name + " is required."})
		}
	}
	if found != nil {
		return nil, domain.InvalidFields(found...)
	}
	return members, nil
}

// readMembers reads an object and decodes the members that a rule names; one that is null counts as absent.
func readMembers(dec *jsontext.Decoder, rule *bodyRule, members map[string]any, faults map[string]*domain.FieldFault) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	unknown := 0
	for dec.PeekKind() == jsontext.KindString {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		member := rule.member(name.String())
		if member == nil {
			unknown++
			if err := passOver(dec, &unknown); err != nil {
				return err
			}
			continue
		}
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if value.Kind() == jsontext.KindNull {
			continue
		}
		if members[member.name], faults[member.name] = decodeValue(member.name, member.kind, value); faults[member.name] != nil {
			delete(members, member.name)
		}
	}
	_, err := dec.ReadToken()
	return err
}

// member returns the rule of a name, or nil.
func (rule *bodyRule) member(name string) *memberRule {
	for i := range rule.members {
		if rule.members[i].name == name {
			return &rule.members[i]
		}
	}
	return nil
}

// passOver reads a value and keeps nothing of it; it counts what it reads.
func passOver(dec *jsontext.Decoder, tokens *int) error {
	for depth := dec.StackDepth(); ; {
		if _, err := dec.ReadToken(); err != nil {
			return err
		}
		if *tokens++; *tokens > maxUnknownTokens || dec.StackDepth() > maxNesting {
			return errTooManyMembers
		}
		if dec.StackDepth() == depth {
			return nil
		}
	}
}

var (
	errNoObject       = malformedJSON("The body must be one JSON object.")
	errTooManyMembers = malformedJSON("The body has far more members than this request has.")
)

// explainJSON says what is wrong with the syntax without repeating what was sent.
func explainJSON(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, errTooManyMembers):
		return errTooManyMembers
	case !errors.As(err, &syntax):
		return errNoObject
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
