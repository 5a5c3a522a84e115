package sdk

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"
)

// checkTexts refuses what would not arrive as it is: encoding/json puts U+FFFD in the place of bytes that are no UTF-8,
// and the server keeps no NUL. The error is the one that the server gives for a field.
func checkTexts(in any) error { return checkText("", reflect.ValueOf(in)) }

func checkText(field string, v reflect.Value) error {
	switch v.Kind() { //nolint:exhaustive // nothing else holds a text
	case reflect.String:
		return checkString(field, v.String())
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if err := checkText(key.String(), v.MapIndex(key)); err != nil {
				return err
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := checkText(fmt.Sprintf("%s[%d]", field, i), v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if err := checkText(name, v.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Interface, reflect.Pointer:
		return checkText(field, v.Elem())
	}
	return nil
}

func checkString(field, text string) error {
	fault := FieldError{Field: field}
	switch {
	case !utf8.ValidString(text):
		fault.Code, fault.Detail = "encoding", field+" holds bytes that are not UTF-8."
	case strings.IndexByte(text, 0) >= 0:
		fault.Code, fault.Detail = "nul", field+" must not contain the NUL character."
	default:
		return nil
	}
	return &Error{
		Status: http.StatusUnprocessableEntity, Code: CodeValidationFailed, Title: "Unprocessable Entity", Detail: fault.Detail,
		Fields: []FieldError{fault},
	}
}
