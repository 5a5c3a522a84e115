package ports

import (
	"context"

	"chatsystem/domain"
)

// MessageLog is the log a sender writes to: SequencedLog over an allocator and a store, or a database that does the same in
// one transaction.
type MessageLog interface {
	// Append posts the draft, once per client_msg_id, and returns its message; created tells whether this call made it.
	// When it returns without an error the message is durable. ErrConversationNotFound unless the sender is an active
	// member; ErrClientMsgIDReused; ErrUnavailable when it cannot be known or done now: the same draft may be repeated.
	Append(ctx context.Context, d domain.Draft) (m domain.Message, created bool, err error)
}

// MessageReader reads the entries of conversations' logs, strongly consistent: what was stored before the call began is
// seen.
type MessageReader interface {
	// EntriesFrom returns at most limit entries with seq ≥ from, ascending. Seqs nothing is stored at are left out.
	EntriesFrom(ctx context.Context, c domain.ConversationID, from domain.Seq, limit int) ([]domain.Entry, error)
	// EntriesBelow returns at most limit entries with seq < below, descending.
	EntriesBelow(ctx context.Context, c domain.ConversationID, below domain.Seq, limit int) ([]domain.Entry, error)
	// EntryAt returns what holds a seq; false if nothing does.
	EntryAt(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, bool, error)
	// Body returns the full text of the message at seq with this id; ErrMessageNotFound.
	Body(ctx context.Context, c domain.ConversationID, seq domain.Seq, id domain.MessageID) (string, error)
}

// MessageStore keeps the entries. What holds a seq never changes.
type MessageStore interface {
	MessageReader
	// Put stores m unless its seq is held, and returns what holds the seq afterwards: m, another message, or a void. After an
	// error m may be stored or not, now or later.
	Put(ctx context.Context, m domain.Message) (domain.Entry, error)
	// Bury puts a void at seq unless it is held, and returns what holds it afterwards.
	Bury(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, error)
}

// HeadReader bounds what a reader may see.
type HeadReader interface {
	// Head returns floor and last_seq of a conversation from one snapshot in which the viewer is an active member, else
	// ErrConversationNotFound. It never answers from a cache.
	Head(ctx context.Context, viewer domain.UserID, c domain.ConversationID) (domain.Head, error)
}
