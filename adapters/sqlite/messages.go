package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.MessageReader = (*DB)(nil)

type pointerRow struct {
	Conversation   domain.ConversationID `db:"conversation_id"`
	Seq            domain.Seq            `db:"seq"`
	ID             domain.MessageID      `db:"message_id"`
	Sender         domain.UserID         `db:"sender_id"`
	ClientMsgID    string                `db:"client_msg_id"`
	CreatedAt      moment                `db:"created_at"`
	Preview        string                `db:"preview"`
	HasMore        bool                  `db:"has_more"`
	MembersVersion int64                 `db:"members_version"`
}

func (r pointerRow) pointer() domain.Pointer {
	return domain.Pointer{
		Conversation: r.Conversation, ID: r.ID, Seq: r.Seq, Sender: r.Sender, ClientMsgID: r.ClientMsgID,
		CreatedAt: r.CreatedAt.Time, Preview: r.Preview, HasMore: r.HasMore, MembersVersion: r.MembersVersion,
	}
}

const (
	entryColumns   = `seq, message_id, sender_id, client_msg_id, created_at, preview, has_more, members_version`
	pointerColumns = `conversation_id, ` + entryColumns

	qEntriesFrom  = `SELECT ` + entryColumns + ` FROM messages WHERE conversation_id = ? AND seq >= ? ORDER BY seq LIMIT ?`
	qEntriesBelow = `SELECT ` + entryColumns + ` FROM messages WHERE conversation_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`
	qEntryAt      = `SELECT ` + pointerColumns + ` FROM messages WHERE conversation_id = ? AND seq = ?`
	qBody         = `SELECT coalesce(b.body, m.preview) FROM messages m
		LEFT JOIN bodies b ON b.conversation_id = m.conversation_id AND b.seq = m.seq
		WHERE m.conversation_id = ? AND m.seq = ? AND m.message_id = ?`
)

// EntriesFrom implements ports.MessageReader.
func (d *DB) EntriesFrom(ctx context.Context, c domain.ConversationID, from domain.Seq, limit int) ([]domain.Entry, error) {
	return d.entries(ctx, qEntriesFrom, c, from, limit)
}

// EntriesBelow implements ports.MessageReader.
func (d *DB) EntriesBelow(ctx context.Context, c domain.ConversationID, below domain.Seq, limit int) ([]domain.Entry, error) {
	return d.entries(ctx, qEntriesBelow, c, below, limit)
}

// entries reads messages of one conversation. It is what a client's return costs most, so rows are scanned by hand: by
// reflection, and with the conversation's id in each of them, it took half as long again.
func (d *DB) entries(ctx context.Context, query string, c domain.ConversationID, bound domain.Seq, limit int) ([]domain.Entry, error) {
	entries := make([]domain.Entry, 0, limit)
	err := d.reads.each(ctx, query, func(rows *sql.Rows) error {
		p := domain.Pointer{Conversation: c}
		var at moment
		err := rows.Scan((*integer)(&p.Seq), (*string)(&p.ID), (*string)(&p.Sender), &p.ClientMsgID, &at, &p.Preview, (*flag)(&p.HasMore),
			(*integer)(&p.MembersVersion))
		p.CreatedAt = at.Time
		entries = append(entries, domain.MessageEntry(p))
		return err
	}, c, bound, limit)
	return entries, err
}

// EntryAt implements ports.MessageReader.
func (d *DB) EntryAt(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, bool, error) {
	var row pointerRow
	err := d.reads.get(ctx, &row, qEntryAt, c, seq)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.Entry{}, false, nil
	}
	if err != nil {
		return domain.Entry{}, false, err
	}
	return domain.MessageEntry(row.pointer()), true, nil
}

// Body implements ports.MessageReader.
func (d *DB) Body(ctx context.Context, c domain.ConversationID, seq domain.Seq, id domain.MessageID) (string, error) {
	var body string
	err := d.reads.get(ctx, &body, qBody, c, seq, id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", domain.ErrMessageNotFound
	}
	return body, err
}
