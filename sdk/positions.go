package sdk

import (
	"context"
	"maps"
	"time"
)

// Positions say, per conversation, how far a subscription has handed out messages. They marshal to JSON; a program that
// stores them goes on there after a restart with [WithPositions].
type Positions map[string]Position

// Position is a place in one conversation.
type Position struct {
	// Seq is the seq of the last message handed out, or where the subscription began.
	Seq int64 `json:"seq"`
	// At is when that message was created. It tells old messages from new ones after a server was restored from a
	// backup and gives the same seqs a second time.
	At time.Time `json:"at,omitzero"`
}

// PositionStore keeps the [Positions] of a subscription from one run of a program to the next: see
// [WithPositionStore].
type PositionStore interface {
	// Load returns what was saved; nil if Save was never called.
	Load(ctx context.Context) (Positions, error)
	// Save adds positions to what was saved, or puts them in the place of those of the same conversations. When it
	// returns they survive a crash. It is called for one message at a time.
	Save(ctx context.Context, changed Positions) error
}

// Positions returns how far each conversation has been handed out, the message being handled included: a program that
// stores them after it has dealt with a message sees none twice after a restart, and one that stops in between sees
// that message again. The map is the caller's.
func (s *Subscription) Positions() Positions {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.positions)
}

// Commit stores that the message handed out last has been dealt with; asking for the next one does so, too. Without a
// [PositionStore] it does nothing.
func (s *Subscription) Commit(ctx context.Context) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	s.mu.Lock()
	changed := maps.Clone(s.uncommitted)
	s.mu.Unlock()
	if len(changed) == 0 {
		return nil
	}
	if err := s.cfg.store.Save(ctx, changed); err != nil {
		err = stepError("store positions", err)
		if ctx.Err() == nil {
			s.cancel(err)
		}
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.uncommitted, func(id string, p Position) bool { return p == changed[id] })
	return nil
}

// load begins where the store says, if it says anything.
func (s *Subscription) load(ctx context.Context) error {
	if s.cfg.store == nil {
		return nil
	}
	stored, err := s.cfg.store.Load(ctx)
	if stored != nil {
		s.cfg.positions = stored
	}
	return stepError("load positions", err)
}

// saveBeginning stores where a first run begins: a restart before its first message begins there, too.
func (s *Subscription) saveBeginning(ctx context.Context) error {
	if s.cfg.store == nil || s.cfg.positions != nil {
		return nil
	}
	return stepError("store positions", s.cfg.store.Save(ctx, s.Positions()))
}

// handedOut notes the position of a message that the consumer has got.
func (s *Subscription) handedOut(m Message) {
	p := Position{Seq: m.Seq, At: m.CreatedAt}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.positions[m.ConversationID] = p
	if s.cfg.store != nil {
		s.uncommitted[m.ConversationID] = p
	}
}

// begun sets the position a conversation begins at.
func (s *Subscription) begun(id string, p Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.positions[id] = p
}
