package memory

import (
	"context"
	"sync"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Store is the relational database: accounts, sessions, conversations, invites, read marks and allocations. One lock
// makes every call a transaction.
type Store struct {
	clock ports.Clock

	mu sync.Mutex
	accountTables
	sessionTables
	conversationTables
	inviteTables
	allocationTables
}

// NewStore returns an empty store that reads its time from clock.
func NewStore(clock ports.Clock) *Store {
	return &Store{
		clock:              clock,
		accountTables:      newAccountTables(),
		sessionTables:      newSessionTables(),
		conversationTables: newConversationTables(),
		inviteTables:       newInviteTables(),
		allocationTables:   newAllocationTables(),
	}
}

// Ping tells whether the store works; memory always does.
func (s *Store) Ping(ctx context.Context) error { return ctx.Err() }

// begin starts a transaction, unless ctx has ended; the caller unlocks.
func (s *Store) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	return nil
}

// requireAccount checks that a user exists.
func (s *Store) requireAccount(u domain.UserID) error {
	if s.users[u] == nil {
		return domain.ErrUserNotFound
	}
	return nil
}
