package sdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"chatsystem/sdk/internal/journal"
)

// The server's stable codes; see [HasCode]. The API's document lists which of them an endpoint answers.
const (
	CodeTokenInvalid         = "token_invalid"
	CodeTokenExpired         = "token_expired"
	CodeInvalidCredentials   = "invalid_credentials"
	CodeRefreshInvalid       = "refresh_invalid"
	CodeRefreshReused        = "refresh_reused"
	CodeSessionRevoked       = "session_revoked"
	CodeForbidden            = "forbidden"
	CodeAdminOnly            = "admin_only"
	CodeNotFound             = "not_found" // HasCode takes it for every status 404
	CodeUserNotFound         = "user_not_found"
	CodeSessionNotFound      = "session_not_found"
	CodeConversationNotFound = "conversation_not_found"
	CodeMemberNotFound       = "member_not_found"
	CodeInviteNotFound       = "invite_not_found"
	CodeMessageNotFound      = "message_not_found"
	CodeRouteNotFound        = "route_not_found" // the base URL leads to another server or place
	CodeMethodNotAllowed     = "method_not_allowed"
	CodeEmailTaken           = "email_taken"
	CodeUsernameTaken        = "username_taken"
	CodeDMConversation       = "dm_conversation"
	CodeAlreadyMember        = "already_member"
	CodeGroupFull            = "group_full"
	CodeTooManyConversations = "too_many_conversations" // of one user; Error.Fields says if it is about others than the caller
	CodeTooManyInvites       = "too_many_invites"       // that one user has open
	CodeLastAdmin            = "last_admin"
	CodeClientMsgIDReused    = "client_msg_id_reused"
	CodeInviteUsed           = "invite_used"
	CodeInviteExpired        = "invite_expired"
	CodeMalformedJSON        = "malformed_json"
	CodeMalformedQuery       = "malformed_query"
	CodeMissingBody          = "missing_body"
	CodeBodyTooLarge         = "body_too_large"
	CodeUnsupportedMediaType = "unsupported_media_type"
	CodeValidationFailed     = "validation_failed" // Error.Fields says which field breaks which rule
	CodeRateLimited          = "rate_limited"
	CodeTooManyConnections   = "too_many_connections" // of one user at a time
	CodeInternal             = "internal"
	CodeUnavailable          = "unavailable"
	CodeOverloaded           = "overloaded"
	CodeStorageFull          = "storage_full" // the server's disk is full
)

// ErrSignedOut is wrapped by the error of every call that needs a signed-in user when there is none: nobody signed in,
// or the server has ended the session. Only signing in again helps.
var ErrSignedOut = errors.New("signed out")

// ErrFileInUse is wrapped by the error of opening a file that this or another process has open.
var ErrFileInUse = journal.ErrInUse

// ErrForeignFile is wrapped by the error of opening a file that belongs to another user or server, or is for something
// else. Nothing of it was changed.
var ErrForeignFile = journal.ErrForeign

// Error is a refusal by the server: an RFC 9457 problem. Get at it with [errors.As].
type Error struct {
	Status     int           // the HTTP status
	Code       string        // stable, for programs; empty if something between answered in the server's stead
	Title      string        // what kind of problem
	Detail     string        // a sentence for people
	Fields     []FieldError  // on 422: which fields break which rules
	RetryAfter time.Duration // how long the server asks to wait; 0 if it does not say
	RequestID  string        // under which the server's log has the request; empty if it does not say
}

// FieldError names one field of the input and the rule it breaks.
type FieldError struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Error returns the status, the code and the detail.
func (e *Error) Error() string {
	text := "status " + strconv.Itoa(e.Status)
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// HasCode tells whether err is, or wraps, an [*Error] with this code. CodeNotFound matches every 404.
func HasCode(err error, code string) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code == code || code == CodeNotFound && e.Status == http.StatusNotFound
}

// hasStatus tells whether err is an Error with one of the statuses.
func hasStatus(err error, statuses ...int) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	for _, s := range statuses {
		if e.Status == s {
			return true
		}
	}
	return false
}

// permanent marks an error that repeating the request cannot cure.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// temporary tells whether the same request may succeed later: the network failed, the server is overloaded or a part
// of it is down. Whether it is safe to repeat the request is another question.
func temporary(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Status >= 500 || e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout
	}
	var p permanent
	return err != nil && !errors.As(err, &p) && !errors.Is(err, ErrSignedOut)
}

// turnedAway tells whether the server did nothing because there were too many requests.
func turnedAway(err error) bool { return hasStatus(err, http.StatusTooManyRequests) }

// retryAfter returns how long the server asked to wait before the next attempt.
func retryAfter(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// newError reads a refusal. Whatever the body is, an Error comes out.
func newError(status int, header http.Header, body []byte) *Error {
	var wire struct {
		Title  string       `json:"title"`
		Detail string       `json:"detail"`
		Code   string       `json:"code"`
		Errors []FieldError `json:"errors"`
	}
	_ = json.Unmarshal(body, &wire) // a proxy's HTML page has none of these
	e := &Error{Status: status, Code: wire.Code, Title: wire.Title, Detail: wire.Detail, Fields: wire.Errors}
	if e.Title == "" {
		e.Title = http.StatusText(status)
	}
	e.RetryAfter = parseRetryAfter(header.Get("Retry-After"))
	e.RequestID = header.Get("X-Request-Id")
	return e
}

// parseRetryAfter reads both forms of the header: seconds and a date.
func parseRetryAfter(value string) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// stepError says which step failed.
func stepError(step string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", step, err)
}
