// Package portstest holds the contract of every port as a suite that each adapter runs: RunX(t, open) takes a function
// that returns a fresh, empty adapter. Only tests may import it.
package portstest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Core is the ports that stand on one database, empty when opened.
type Core struct {
	Users         ports.UserStore
	Directory     ports.UserDirectory
	Sessions      ports.SessionStore
	Revocations   ports.RevocationReader
	Conversations ports.ConversationStore
	Invites       ports.InviteStore
	Reader        ports.ConversationReader
	ReadMarks     ports.ReadMarks
	Members       ports.MembershipReader
	Heads         ports.HeadReader
	Messages      ports.MessageReader
	Log           ports.MessageLog
	Settler       ports.Settler
	Unfinished    ports.UnfinishedLeases

	// Crowd makes a user a member of that many more groups, faster than one by one; nil: it has to be one by one.
	Crowd func(t testing.TB, user domain.User, groups int)
}

// Open returns a fresh, empty Core that reads its time from clock; it cleans up with t.
type Open func(t testing.TB, clock ports.Clock) Core

// ManualClock is a clock that moves only when told to.
type ManualClock struct {
	mu  sync.Mutex
	now time.Time
}

// NewManualClock returns a clock that stands at a fixed time.
func NewManualClock() *ManualClock {
	return &ManualClock{now: time.Date(2026, 1, 7, 12, 34, 56, 0, time.UTC)}
}

// Now returns the clock's time.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// NewUUID returns a new UUIDv7.
func NewUUID() string { return uuid.Must(uuid.NewV7()).String() }

// AddUser registers a user with a first session and returns the account.
func (c Core) AddUser(t testing.TB, username string) domain.User {
	t.Helper()
	id := domain.UserID(NewUUID())
	u := domain.User{
		ID: id, Email: username + "@example.org", Username: username, PasswordHash: "hash",
		CreatedAt: domain.StoredTime(time.Now()),
	}
	s, first := NewSession(id, time.Now())
	if err := c.Users.CreateUser(t.Context(), u, s, first); err != nil {
		t.Fatalf("create user: %v", err)
	}
	return u
}

// NewSession returns a session of a user and its first refresh token, both living for a week from at.
func NewSession(user domain.UserID, at time.Time) (domain.Session, domain.RefreshToken) {
	at = domain.StoredTime(at)
	s := domain.Session{
		ID: domain.SessionID(NewUUID()), UserID: user, UserAgent: "portstest", CreatedAt: at, LastActiveAt: at,
		ExpiresAt: at.Add(7 * 24 * time.Hour),
	}
	return s, NewToken(s.ID, at)
}

// NewToken returns a refresh token with a random hash that lives for a week from at.
func NewToken(session domain.SessionID, at time.Time) domain.RefreshToken {
	at = domain.StoredTime(at)
	var hash domain.TokenHash
	id := uuid.New()
	copy(hash[:], id[:])
	return domain.RefreshToken{Hash: hash, SessionID: session, IssuedAt: at, ExpiresAt: at.Add(7 * 24 * time.Hour)}
}

// AddGroup makes a group of the users, the first of them its admin.
func (c Core) AddGroup(t testing.TB, at time.Time, users ...domain.User) domain.ConversationID {
	t.Helper()
	ids := make([]domain.UserID, 0, len(users))
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	g, err := domain.NewGroup(domain.ConversationID(NewUUID()), "Team Chat", ids[0], ids, at)
	if err != nil {
		t.Fatalf("new group: %v", err)
	}
	if err := c.Conversations.CreateGroup(t.Context(), g); err != nil {
		t.Fatalf("create group: %v", err)
	}
	return g.ID()
}

// Post appends a message and returns it.
func (c Core) Post(t testing.TB, sender domain.User, id domain.ConversationID, body string) domain.Message {
	t.Helper()
	m, _, err := c.Log.Append(t.Context(), domain.Draft{Conversation: id, Sender: sender.ID, ClientMsgID: NewUUID(), Body: body})
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return m
}
