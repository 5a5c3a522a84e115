package simulation

import (
	"context"
	"sync"

	"chatsystem/adapters/memory"
	"chatsystem/domain"
	"chatsystem/ports"
)

// table is the message table: a head item for each seq, and for a long message its text as an item of its own.
type table struct {
	heads *memory.MessageStore

	mu     sync.Mutex
	bodies map[bodyKey]bodyItem
}

type bodyKey struct {
	conversation domain.ConversationID
	seq          domain.Seq
}

type bodyItem struct {
	id   domain.MessageID
	text string
}

func newTable() *table {
	return &table{heads: memory.NewMessageStore(), bodies: map[bodyKey]bodyItem{}}
}

// putBody keeps a text unless one is there, and returns what is there afterwards.
func (t *table) putBody(m domain.Message, conditional bool) bodyItem {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := bodyKey{m.Conversation, m.Seq}
	if there, taken := t.bodies[k]; taken && conditional {
		return there
	}
	t.bodies[k] = bodyItem{m.ID, m.Body}
	return t.bodies[k]
}

func (t *table) body(c domain.ConversationID, seq domain.Seq, id domain.MessageID) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if there, ok := t.bodies[bodyKey{c, seq}]; ok && there.id == id {
		return there.text, nil
	}
	return "", domain.ErrMessageNotFound
}

// messageStore is the table as one process reaches it, item by item, as adapters/dynamo does.
type messageStore struct{ p *process }

var _ ports.MessageStore = messageStore{}

func (s messageStore) Put(ctx context.Context, m domain.Message) (domain.Entry, error) {
	if s.p.w.bug.headBeforeBody {
		return s.putHeadFirst(ctx, m)
	}
	if m.HasMore {
		there, err := s.putBody(ctx, m)
		if err != nil {
			return domain.Entry{}, err
		}
		if there.id != m.ID {
			return s.Bury(ctx, m.Conversation, m.Seq)
		}
	}
	return s.putHead(ctx, m)
}

func (s messageStore) putBody(ctx context.Context, m domain.Message) (bodyItem, error) {
	return through(ctx, s.p, "dynamo.put body", place(m.Conversation, m.Seq), func(context.Context) (bodyItem, error) {
		return s.p.w.table.putBody(m, !s.p.w.bug.bodyUnconditional), nil
	})
}

func (s messageStore) putHead(ctx context.Context, m domain.Message) (domain.Entry, error) {
	return through(ctx, s.p, "dynamo.put", place(m.Conversation, m.Seq), func(ctx context.Context) (domain.Entry, error) {
		held, err := s.p.w.table.heads.Put(ctx, m)
		if err == nil && held.Holds(m.ID) {
			s.p.w.stored(m)
		}
		return held, err
	})
}

func (s messageStore) putHeadFirst(ctx context.Context, m domain.Message) (domain.Entry, error) {
	held, err := s.putHead(ctx, m)
	if err == nil && held.Holds(m.ID) && m.HasMore {
		_, err = s.putBody(ctx, m)
	}
	return held, err
}

func (s messageStore) Bury(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, error) {
	return through(ctx, s.p, "dynamo.bury", place(c, seq), func(ctx context.Context) (domain.Entry, error) {
		return s.p.w.table.heads.Bury(ctx, c, seq)
	})
}

func (s messageStore) EntriesFrom(ctx context.Context, c domain.ConversationID, from domain.Seq, limit int) ([]domain.Entry, error) {
	return through(ctx, s.p, "dynamo.entries from", place(c, from), func(ctx context.Context) ([]domain.Entry, error) {
		return s.p.w.table.heads.EntriesFrom(ctx, c, from, limit)
	})
}

func (s messageStore) EntriesBelow(ctx context.Context, c domain.ConversationID, below domain.Seq, limit int) ([]domain.Entry, error) {
	return through(ctx, s.p, "dynamo.entries below", place(c, below), func(ctx context.Context) ([]domain.Entry, error) {
		return s.p.w.table.heads.EntriesBelow(ctx, c, below, limit)
	})
}

type entryThere struct {
	domain.Entry

	there bool
}

func (s messageStore) EntryAt(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, bool, error) {
	e, err := through(ctx, s.p, "dynamo.entry", place(c, seq), func(ctx context.Context) (entryThere, error) {
		e, there, err := s.p.w.table.heads.EntryAt(ctx, c, seq)
		return entryThere{e, there}, err
	})
	return e.Entry, e.there, err
}

func (s messageStore) Body(ctx context.Context, c domain.ConversationID, seq domain.Seq, id domain.MessageID) (string, error) {
	return through(ctx, s.p, "dynamo.body", place(c, seq), func(context.Context) (string, error) { return s.p.w.table.body(c, seq, id) })
}
