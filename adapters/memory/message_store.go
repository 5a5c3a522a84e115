package memory

import (
	"context"
	"slices"
	"sync"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.MessageStore = (*MessageStore)(nil)

// MessageStore is the message table: the entries of every conversation's log.
type MessageStore struct {
	mu   sync.RWMutex
	logs map[domain.ConversationID]*entryLog
}

type entryLog struct {
	entries []domain.Entry // ascending by seq
	bodies  map[domain.Seq]string
}

// NewMessageStore returns an empty store.
func NewMessageStore() *MessageStore {
	return &MessageStore{logs: map[domain.ConversationID]*entryLog{}}
}

// Put implements ports.MessageStore.
func (s *MessageStore) Put(ctx context.Context, m domain.Message) (domain.Entry, error) {
	return s.add(ctx, m.Conversation, domain.MessageEntry(m.Pointer), m.Body)
}

// Bury implements ports.MessageStore.
func (s *MessageStore) Bury(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, error) {
	return s.add(ctx, c, domain.VoidEntry(seq), "")
}

// EntriesFrom implements ports.MessageReader.
func (s *MessageStore) EntriesFrom(ctx context.Context, c domain.ConversationID, from domain.Seq, limit int) ([]domain.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	log := s.log(c)
	first, _ := log.find(from)
	return slices.Clone(log.entries[first:min(first+limit, len(log.entries))]), nil
}

// EntriesBelow implements ports.MessageReader.
func (s *MessageStore) EntriesBelow(ctx context.Context, c domain.ConversationID, below domain.Seq, limit int) ([]domain.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	log := s.log(c)
	end, _ := log.find(below)
	entries := slices.Clone(log.entries[max(0, end-limit):end])
	slices.Reverse(entries)
	return entries, nil
}

// EntryAt implements ports.MessageReader.
func (s *MessageStore) EntryAt(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, bool, error) {
	if err := ctx.Err(); err != nil {
		return domain.Entry{}, false, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	log := s.log(c)
	i, there := log.find(seq)
	if !there {
		return domain.Entry{}, false, nil
	}
	return log.entries[i], true, nil
}

// Body implements ports.MessageReader.
func (s *MessageStore) Body(ctx context.Context, c domain.ConversationID, seq domain.Seq, id domain.MessageID) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	log := s.log(c)
	if i, there := log.find(seq); !there || !log.entries[i].Holds(id) {
		return "", domain.ErrMessageNotFound
	}
	return log.bodies[seq], nil
}

// add stores an entry unless its seq is held, and returns what holds it.
func (s *MessageStore) add(ctx context.Context, c domain.ConversationID, e domain.Entry, body string) (domain.Entry, error) {
	if err := ctx.Err(); err != nil {
		return domain.Entry{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.logs[c]
	if log == nil {
		log = &entryLog{bodies: map[domain.Seq]string{}}
		s.logs[c] = log
	}
	i, held := log.find(e.Seq)
	if held {
		return log.entries[i], nil
	}
	log.entries = slices.Insert(log.entries, i, e)
	if e.Kind == domain.EntryMessage {
		log.bodies[e.Seq] = body
	}
	return e, nil
}

// log returns the log of a conversation to read from; an empty one if there is none.
func (s *MessageStore) log(c domain.ConversationID) *entryLog {
	if log := s.logs[c]; log != nil {
		return log
	}
	return &entryLog{}
}

// find returns where a seq is, or would be, and whether something holds it.
func (l *entryLog) find(seq domain.Seq) (int, bool) {
	return slices.BinarySearchFunc(l.entries, seq, func(e domain.Entry, seq domain.Seq) int { return int(e.Seq - seq) })
}
