package domain

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure a Fault is; transports derive their status from it.
type Kind int

// The kinds of faults, each with the HTTP status it is shown as.
const (
	KindInternal         Kind = iota // 500: a bug or an unforeseen failure
	KindMalformed                    // 400: the request cannot be read
	KindUnauthenticated              // 401: no valid proof of who is asking
	KindForbidden                    // 403: known, but not allowed
	KindNotFound                     // 404: absent, or not for the caller to know of
	KindConflict                     // 409: the present state does not allow it
	KindGone                         // 410: was there, will not come back
	KindTooLarge                     // 413: more bytes than are read
	KindUnsupportedMedia             // 415: another content type
	KindInvalid                      // 422: readable, but a field breaks a rule
	KindRateLimited                  // 429: too many; RetryAfter says when again
	KindUnavailable                  // 503: a part is down; the same request may be repeated
)

// Kinds lists every kind, so that a test can prove each has a status.
func Kinds() []Kind {
	return []Kind{
		KindInternal, KindMalformed, KindUnauthenticated, KindForbidden, KindNotFound, KindConflict, KindGone,
		KindTooLarge, KindUnsupportedMedia, KindInvalid, KindRateLimited, KindUnavailable,
	}
}

// Fault is a failure with a stable code (part of the API) and a sentence a person can act on.
type Fault struct {
	Kind       Kind
	Code       string
	Detail     string
	Fields     []FieldFault  // on KindInvalid: which field breaks which rule
	RetryAfter time.Duration // on KindRateLimited and KindUnavailable; 0 = unknown
}

// FieldFault names one field of the input and the rule it breaks.
type FieldFault struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Error returns the code and the detail.
func (f *Fault) Error() string { return f.Code + ": " + f.Detail }

// Is compares codes, so that a fault is recognised after a hop over HTTP.
func (f *Fault) Is(target error) bool {
	other, ok := target.(*Fault)
	return ok && other.Code == f.Code
}

// After returns a copy of f that tells the caller when to try again.
func (f *Fault) After(d time.Duration) *Fault {
	later := *f
	later.RetryAfter = d
	return &later
}

// CodeInvalid is the code of every Fault of KindInvalid that is about fields.
const CodeInvalid = "validation_failed"

// Invalid returns the fault for one field that breaks a rule.
func Invalid(field, code, format string, args ...any) *Fault {
	return InvalidFields(FieldFault{Field: field, Code: code, Detail: fmt.Sprintf(format, args...)})
}

// InvalidFields returns the fault for several fields that break rules.
func InvalidFields(fields ...FieldFault) *Fault {
	f := &Fault{Kind: KindInvalid, Code: CodeInvalid, Detail: "Some fields are not valid.", Fields: fields}
	if len(fields) == 1 {
		f.Detail = fields[0].Detail
	}
	return f
}

var tooManyInvites = fmt.Sprintf("This person has %d open invites; they must answer some first.", MaxOpenInvites)

// The faults with a code of their own.
var (
	ErrTokenInvalid       = &Fault{Kind: KindUnauthenticated, Code: "token_invalid", Detail: "Sign in: the access token is missing or not valid."}
	ErrTokenExpired       = &Fault{Kind: KindUnauthenticated, Code: "token_expired", Detail: "The access token has expired; refresh it."}
	ErrInvalidCredentials = &Fault{Kind: KindUnauthenticated, Code: "invalid_credentials", Detail: "E-mail or password is wrong."}
	ErrRefreshInvalid     = &Fault{Kind: KindUnauthenticated, Code: "refresh_invalid", Detail: "The session has ended; sign in again."}
	ErrRefreshReused      = &Fault{Kind: KindUnauthenticated, Code: "refresh_reused", Detail: "A used refresh token came back, so the session was ended for safety; sign in again."}
	ErrSessionRevoked     = &Fault{Kind: KindUnauthenticated, Code: "session_revoked", Detail: "This session was signed out."}

	ErrForbidden = &Fault{Kind: KindForbidden, Code: "forbidden", Detail: "This is not allowed."}
	ErrAdminOnly = &Fault{Kind: KindForbidden, Code: "admin_only", Detail: "Only an admin of the group may do this."}

	ErrUserNotFound         = &Fault{Kind: KindNotFound, Code: "user_not_found", Detail: "There is no such user."}
	ErrSessionNotFound      = &Fault{Kind: KindNotFound, Code: "session_not_found", Detail: "You have no such session."}
	ErrConversationNotFound = &Fault{Kind: KindNotFound, Code: "conversation_not_found", Detail: "There is no such conversation, or you are not a member of it."}
	ErrMemberNotFound       = &Fault{Kind: KindNotFound, Code: "member_not_found", Detail: "That user is not a member of this conversation."}
	ErrInviteNotFound       = &Fault{Kind: KindNotFound, Code: "invite_not_found", Detail: "There is no such invite for you."}
	ErrMessageNotFound      = &Fault{Kind: KindNotFound, Code: "message_not_found", Detail: "There is no such message in this conversation."}

	ErrEmailTaken           = &Fault{Kind: KindConflict, Code: "email_taken", Detail: "An account with this e-mail exists; sign in instead."}
	ErrUsernameTaken        = &Fault{Kind: KindConflict, Code: "username_taken", Detail: "This username is taken; choose another."}
	ErrDMConversation       = &Fault{Kind: KindConflict, Code: "dm_conversation", Detail: "This works in groups only, not in a direct conversation."}
	ErrAlreadyMember        = &Fault{Kind: KindConflict, Code: "already_member", Detail: "That user is a member already."}
	ErrGroupFull            = &Fault{Kind: KindConflict, Code: "group_full", Detail: fmt.Sprintf("The group has %d members; none can join until one leaves.", MaxActiveMembers)}
	ErrTooManyConversations = &Fault{Kind: KindConflict, Code: "too_many_conversations", Detail: fmt.Sprintf("You are in %d conversations, the most that one can be in; leave some groups first.", MaxConversations)}
	ErrTooManyInvites       = &Fault{
		Kind: KindConflict, Code: "too_many_invites", Detail: tooManyInvites,
		Fields: []FieldFault{{Field: "user_id", Code: "too_many_invites", Detail: tooManyInvites}},
	}
	ErrLastAdmin         = &Fault{Kind: KindConflict, Code: "last_admin", Detail: "A group needs an admin; make another member admin first."}
	ErrClientMsgIDReused = &Fault{Kind: KindConflict, Code: "client_msg_id_reused", Detail: "This client_msg_id was used for another text; use a new one."}

	ErrInviteUsed    = &Fault{Kind: KindGone, Code: "invite_used", Detail: "This invite was used; ask for a new one."}
	ErrInviteExpired = &Fault{Kind: KindGone, Code: "invite_expired", Detail: "This invite has expired; ask for a new one."}

	ErrRateLimited        = &Fault{Kind: KindRateLimited, Code: "rate_limited", Detail: "Too many requests; try again a little later."}
	ErrTooManyConnections = &Fault{Kind: KindRateLimited, Code: "too_many_connections", Detail: fmt.Sprintf("You have %d connections open; close some first.", MaxConnectionsPerUser)}
	ErrUnavailable        = &Fault{Kind: KindUnavailable, Code: "unavailable", Detail: "The service cannot do this right now; try again.", RetryAfter: time.Second}
	ErrStorageFull        = &Fault{Kind: KindUnavailable, Code: "storage_full", Detail: "The server has no room left to store this; try again later.", RetryAfter: 5 * time.Second}
)

// ErrPasswordChanged says that a password hash is not the one any more that was checked. It is for use cases: they
// check again.
var ErrPasswordChanged = errors.New("the password was changed meanwhile")
