package domain

import "time"

// The limits of the product. Text is counted in Unicode code points unless a name says bytes.
const (
	MaxBodyChars        = 100_000 // one message
	PreviewChars        = 200     // what a pointer event carries of a message
	MaxClientMsgIDBytes = 64
	MaxActiveMembers    = 100 // per conversation, its creator included
	MaxTitleChars       = 255
	MaxConversations    = 5000 // that a user is an active member of
	MaxOpenInvites      = 100  // that a user has
	MaxLeaveAtOnce      = 100  // conversations in one request
	MinUsernameChars    = 2
	MaxUsernameChars    = 100
	MaxEmailBytes       = 255
	MinPasswordBytes    = 8
	MaxPasswordBytes    = 72 // what bcrypt reads; more would be cut silently
	MaxUserAgentChars   = 255

	DefaultPageLimit = 50
	MaxPageLimit     = 200
	MaxLookupIDs     = 100 // user ids in one look-up
	MaxSearchResults = 20
	MinSearchChars   = 2

	// MaxConnectionsPerUser is how many realtime connections of one user a gateway serves: devices, and tabs of browsers.
	MaxConnectionsPerUser = 100

	InviteTTL = 7 * 24 * time.Hour

	// MaxAccessTokenLife bounds what ACCESS_TOKEN_TTL may be set to: who cannot ask whether a session has ended knows, after
	// this time, that its tokens have.
	MaxAccessTokenLife = time.Hour

	// RefreshGrace is how long an exchanged refresh token may be exchanged again after the first of its
	// successors was used: two tabs, or an answer lost on the way.
	RefreshGrace = 10 * time.Second
)
