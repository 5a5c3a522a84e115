package postgres

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"chatsystem/domain"
)

// Allocate implements ports.SequenceAllocator. Requests for one conversation that come together share a transaction. Who
// leaves at its very end may leave a pending allocation behind, which the same request finds again.
func (d *DB) Allocate(ctx context.Context, r domain.AllocationRequest) (domain.Allocation, bool, error) {
	if err := checkStorable(r); err != nil {
		return domain.Allocation{}, false, err
	}
	if err := ctx.Err(); err != nil {
		return domain.Allocation{}, false, err
	}
	a := &asking{ctx: ctx, conversation: r.Conversation, request: &r, done: make(chan struct{})}
	if err := d.log.enqueue(a); err != nil {
		return domain.Allocation{}, false, err
	}
	o := a.wait()
	return o.allocation, o.created, o.err
}

// checkStorable refuses what would make a statement fail, and with it the requests of others in the same group. Use cases do
// not let any of it come here.
func checkStorable(r domain.AllocationRequest) error {
	switch id := r.ClientMsgID; {
	case !domain.IsUUID(string(r.Conversation)), !domain.IsUUID(string(r.Sender)):
		return domain.ErrConversationNotFound
	case len(id) > domain.MaxClientMsgIDBytes, !utf8.ValidString(id), strings.IndexByte(id, 0) >= 0:
		return errors.New("postgres: a client_msg_id that cannot be stored")
	}
	return nil
}

// allocate gives seqs to requests whose conversations are locked, or refuses them: what is read here was committed before.
func (d *DB) allocate(ctx context.Context, q queries, counters map[domain.ConversationID]counterRow, all []*asking) error {
	drafts, err := draftsOf(ctx, q, all)
	if err != nil {
		return err
	}
	voided, err := voidRefused(ctx, q, drafts)
	if err != nil {
		return err
	}
	if voided { // what was settled meanwhile is still there
		if drafts, err = draftsOf(ctx, q, all); err != nil {
			return err
		}
	}
	made := d.number(counters, drafts)
	if len(made) == 0 {
		return nil
	}
	return insertAllocations(ctx, q, made)
}

// draft is a request with what is known of it under the lock.
type draft struct {
	*asking
	active bool              // the sender may post
	live   domain.Allocation // seq 0 if there is none
}

type draftRow struct {
	N int `db:"n"` // from 1
	allocationRow
}

// draftsOf looks drafts up, in the same order.
func draftsOf(ctx context.Context, q queries, all []*asking) ([]draft, error) {
	n := len(all)
	drafts := make([]draft, n)
	conversations, senders, ids := make([]string, n), make([]string, n), make([]string, n)
	for i, a := range all {
		drafts[i].asking = a
		conversations[i], senders[i], ids[i] = string(a.request.Conversation), string(a.request.Sender), a.request.ClientMsgID
	}
	var rows []draftRow
	if err := q.list(ctx, &rows, qDrafts, conversations, senders, ids); err != nil {
		return nil, err
	}
	for _, r := range rows {
		d := &drafts[r.N-1]
		r.Conversation, r.Sender, r.ClientMsgID = d.request.Conversation, d.request.Sender, d.request.ClientMsgID
		d.active, d.live = true, r.allocation()
	}
	return drafts, nil
}

// reused tells whether the draft's id was used for another text.
func (d draft) reused() bool { return d.live.Seq != 0 && d.live.BodyHash != d.request.BodyHash }

// voidRefused closes the seqs that the store would not take and tells whether there were any.
func voidRefused(ctx context.Context, q queries, drafts []draft) (voided bool, err error) {
	for _, d := range drafts {
		refused := d.request.Refused
		if d.live.Seq == 0 || d.live.Seq != refused.Seq || d.reused() {
			continue
		}
		if err := void(ctx, q, d.live.Conversation, d.live.Seq, !refused.Foreign); err != nil {
			return false, err
		}
		voided = true
	}
	return voided, nil
}

// number gives the next seqs of their conversations to the drafts that have none, one to those of the same name, sets all
// outcomes and returns what is new.
func (d *DB) number(counters map[domain.ConversationID]counterRow, drafts []draft) []domain.Allocation {
	type name struct {
		conversation domain.ConversationID
		sender       domain.UserID
		clientMsgID  string
	}
	var made []domain.Allocation
	named := map[name]domain.Allocation{}
	now := d.clock()
	for _, x := range drafts {
		r := *x.request
		key := name{r.Conversation, r.Sender, r.ClientMsgID}
		if x.live.Seq == 0 {
			x.live = named[key] // of another request in this transaction
		}
		switch {
		case !x.active:
			x.outcome = outcome{err: domain.ErrConversationNotFound}
		case x.reused():
			x.outcome = outcome{err: domain.ErrClientMsgIDReused}
		case x.live.Seq != 0:
			x.outcome = outcome{allocation: x.live}
		default:
			counter := counters[r.Conversation]
			a := domain.NewAllocation(r, counter.LastSeq, counter.MembersVersion, now, counter.LastAllocatedAt.Time)
			counter.LastSeq, counter.LastAllocatedAt = a.Seq, moment{a.CreatedAt}
			counters[r.Conversation], named[key] = counter, a
			made = append(made, a)
			x.outcome = outcome{allocation: a, created: true}
		}
	}
	return made
}

// insertAllocations keeps new allocations, which continue their conversations' counters, and moves those on.
func insertAllocations(ctx context.Context, q queries, made []domain.Allocation) error {
	n := len(made)
	conversations, ids, senders, drafts := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	seqs, versions, hashes, times := make([]int64, n), make([]int64, n), make([][]byte, n), make([]time.Time, n)
	for i, a := range made {
		conversations[i], ids[i], senders[i], drafts[i] = string(a.Conversation), string(a.MessageID), string(a.Sender), a.ClientMsgID
		seqs[i], versions[i], hashes[i], times[i] = int64(a.Seq), a.MembersVersion, a.BodyHash[:], domain.StoredTime(a.CreatedAt)
	}
	_, err := q.exec(ctx, qAllocate, conversations, seqs, ids, senders, drafts, hashes, times, versions)
	return err
}
