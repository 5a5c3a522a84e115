package domain

// UserID names an account: a UUID (version 7) in canonical form, as are the next three.
type UserID string

// ConversationID names a DM or a group.
type ConversationID string

// InviteID names an invite.
type InviteID string

// SessionID names one sign-in of one user.
type SessionID string

// GatewayID names one run of one gateway: it is new at every boot.
type GatewayID string

// ConnectionID names one realtime connection of a gateway; it is public, unlike the transport's session id.
type ConnectionID string

// IsUUID tells whether s is a UUID in canonical form: lower case, hyphenated. Ids that are not cannot exist, so
// no store is asked for them.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}

// ParseConversationID returns the conversation id in s, or ErrConversationNotFound: one that is not canonical was never
// given out.
func ParseConversationID(s string) (ConversationID, error) {
	if !IsUUID(s) {
		return "", ErrConversationNotFound
	}
	return ConversationID(s), nil
}

// ParseUserID returns the user id in s; field names the input in the fault.
func ParseUserID(field, s string) (UserID, error) {
	if !IsUUID(s) {
		return "", Invalid(field, "not_an_id", "%s must be a user id (a lower-case UUID).", field)
	}
	return UserID(s), nil
}
