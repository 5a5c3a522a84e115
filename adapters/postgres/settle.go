package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"chatsystem/domain"
)

// qSettle does all in one statement; its conversations are locked. The states are those of domain's CanBecome, written so that
// no partial index fits: the plan must not go through all that is unfinished. A seq that did not move takes nothing along.
const qSettle = `WITH moved AS (
		UPDATE allocations a SET state = s.state
		FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::uuid[], $6::timestamptz[], $7::text[], $8::boolean[])
			AS s (conversation_id, seq, state, message_id, sender_id, created_at, preview, has_more)
		WHERE a.conversation_id = s.conversation_id AND a.seq = s.seq
			AND a.state = ANY(CASE s.state WHEN 'PUBLISHED' THEN ARRAY['PENDING', 'STORED'] ELSE ARRAY['PENDING'] END)
		RETURNING a.conversation_id, a.seq, a.sender_id AS allocated_to,
			s.message_id, s.sender_id, s.created_at, s.preview, s.has_more
	), marked AS (
		UPDATE reads r SET last_read_seq = m.seq, updated_at = $9
		FROM (SELECT conversation_id, allocated_to, max(seq) AS seq FROM moved GROUP BY conversation_id, allocated_to) AS m
		WHERE r.conversation_id = m.conversation_id AND r.user_id = m.allocated_to AND r.last_read_seq < m.seq
	)
	UPDATE conversations c SET last_message_seq = m.seq, last_message_id = m.message_id, last_sender_id = m.sender_id,
		last_message_at = m.created_at, last_preview = m.preview, last_has_more = m.has_more
	FROM (SELECT DISTINCT ON (conversation_id) conversation_id, seq, message_id, sender_id, created_at, preview, has_more
		FROM moved ORDER BY conversation_id, seq DESC) AS m
	WHERE c.conversation_id = m.conversation_id AND c.last_message_seq < m.seq`

// Settle implements ports.Settler. A settlement to VOID is ignored: only Void closes a seq. It shares transactions, one or
// several, with requests to allocate; after an error some of it may be settled.
func (d *DB) Settle(ctx context.Context, settlements []domain.Settlement) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var all []*asking
	of := map[domain.ConversationID]*asking{}
	for _, s := range furthest(settlements) {
		a := of[s.Conversation]
		if a == nil {
			a = &asking{ctx: ctx, conversation: s.Conversation, done: make(chan struct{})}
			all, of[s.Conversation] = append(all, a), a
		}
		a.settlements = append(a.settlements, s)
	}
	if err := d.log.enqueue(all...); err != nil {
		return err
	}
	var failed error
	for _, a := range all {
		if err := a.wait().err; err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// settle moves allocations on; one settlement for each seq.
func (d *DB) settle(ctx context.Context, q queries, steps []domain.Settlement) error {
	n := len(steps)
	conversations, states, ids, senders, previews := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	seqs, times, more := make([]int64, n), make([]time.Time, n), make([]bool, n)
	for i, s := range steps {
		conversations[i], seqs[i], states[i] = string(s.Conversation), int64(s.Seq), string(s.State)
		ids[i], senders[i], times[i] = string(s.Last.ID), string(s.Last.Sender), domain.StoredTime(s.Last.CreatedAt)
		previews[i], more[i] = s.Last.Preview, s.Last.HasMore
	}
	_, err := q.exec(ctx, qSettle, conversations, seqs, states, ids, senders, times, previews, more, d.now())
	return err
}

// furthest returns one settlement for each seq, the one that goes furthest: a statement updates a row once.
func furthest(settlements []domain.Settlement) []domain.Settlement {
	steps := slices.DeleteFunc(slices.Clone(settlements), func(s domain.Settlement) bool {
		return s.State != domain.Stored && s.State != domain.Published
	})
	slices.SortStableFunc(steps, func(a, b domain.Settlement) int {
		return cmp.Or(cmp.Compare(a.Conversation, b.Conversation), cmp.Compare(a.Seq, b.Seq), cmp.Compare(progress(a), progress(b)))
	})
	return slices.CompactFunc(steps, func(a, b domain.Settlement) bool {
		return a.Conversation == b.Conversation && a.Seq == b.Seq
	})
}

// progress orders the two states a settlement leads to, the further one first.
func progress(s domain.Settlement) int {
	if s.State == domain.Published {
		return 0
	}
	return 1
}
