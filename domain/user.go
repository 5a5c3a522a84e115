package domain

import (
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// User is an account.
type User struct {
	ID           UserID
	Email        string // as typed; compared by EmailKey
	Username     string // as typed, trimmed; compared by UsernameKey
	PasswordHash string
	CreatedAt    time.Time
}

// UserName is what other people may see of an account.
type UserName struct {
	ID       UserID
	Username string
}

// Registration is the validated input of a new account.
type Registration struct{ Email, Username, Password string }

// NewRegistration validates the input of a new account; all broken rules are reported together.
func NewRegistration(email, username, password string) (Registration, error) {
	r := Registration{Email: strings.TrimSpace(email), Username: strings.TrimSpace(username), Password: password}
	var faults []FieldFault
	for _, f := range []*FieldFault{checkEmail(r.Email), checkUsername(r.Username), checkPassword("password", password)} {
		if f != nil {
			faults = append(faults, *f)
		}
	}
	if faults != nil {
		return Registration{}, InvalidFields(faults...)
	}
	return r, nil
}

// NewUsername validates and trims a username.
func NewUsername(username string) (string, error) {
	username = strings.TrimSpace(username)
	if f := checkUsername(username); f != nil {
		return "", InvalidFields(*f)
	}
	return username, nil
}

// CheckPassword validates a new password; field names the input in the fault.
func CheckPassword(field, password string) error {
	if f := checkPassword(field, password); f != nil {
		return InvalidFields(*f)
	}
	return nil
}

// EmailKey is what makes an e-mail unique: letter case does not tell accounts apart.
func EmailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// UsernameKey is what makes a username unique: letter case does not tell accounts apart.
func UsernameKey(username string) string { return strings.ToLower(strings.TrimSpace(username)) }

func checkEmail(email string) *FieldFault {
	fault := &FieldFault{Field: "email", Code: "format", Detail: "email must be an e-mail address of at most 255 bytes."}
	if len(email) > MaxEmailBytes || !isPrintable(email) {
		return fault
	}
	if addr, err := mail.ParseAddress(email); err != nil || addr.Address != email {
		return fault
	}
	return nil
}

func checkUsername(username string) *FieldFault {
	n := utf8.RuneCountInString(username)
	switch {
	case n < MinUsernameChars || n > MaxUsernameChars:
		return &FieldFault{Field: "username", Code: "length", Detail: "username must be 2 to 100 characters long."}
	case isBlank(username):
		return &FieldFault{Field: "username", Code: "blank", Detail: "username must contain something that can be seen."}
	case !isName(username):
		return &FieldFault{Field: "username", Code: "printable", Detail: "username must consist of printable characters."}
	}
	return nil
}

func checkPassword(field, password string) *FieldFault {
	switch {
	case len(password) < MinPasswordBytes:
		return &FieldFault{Field: field, Code: "too_short", Detail: field + " must be at least 8 bytes long."}
	case len(password) > MaxPasswordBytes:
		return &FieldFault{Field: field, Code: "too_long", Detail: field + " must be at most 72 bytes long; letters beyond ASCII count as 2 to 4."}
	case !utf8.ValidString(password) || strings.IndexByte(password, 0) >= 0:
		return &FieldFault{Field: field, Code: "encoding", Detail: field + " must be valid UTF-8 without the NUL character."}
	}
	return nil
}

// isName tells whether people can read s as a name in their script: printable, and the spaces and joiners that scripts and
// emoji need, but nothing that breaks lines, turns the direction of text, or hides.
func isName(s string) bool {
	const zwnj, zwj, firstTag, lastTag = '\u200C', '\u200D', '\U000E0020', '\U000E007F'
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool {
		switch {
		case r == zwnj, r == zwj, firstTag <= r && r <= lastTag, unicode.Is(unicode.Zs, r):
			return false
		}
		return !unicode.IsPrint(r)
	}) < 0
}

// isPrintable tells whether s is valid UTF-8 and every rune of it shows: no control characters, no NUL.
func isPrintable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
