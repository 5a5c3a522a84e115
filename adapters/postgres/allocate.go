package postgres

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"unicode/utf8"

	"chatsystem/domain"
)

// Allocate implements ports.SequenceAllocator. Requests for one conversation that come together share a transaction. Who
// leaves at its very end may leave a pending allocation behind, which the same request finds again.
func (d *DB) Allocate(ctx context.Context, r domain.AllocationRequest) (domain.Allocation, bool, error) {
	if err := checkStorable(r); err != nil {
		return domain.Allocation{}, false, err
	}
	o := d.allocations.ask(ctx, r)
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

// allocateGroup answers a group in one transaction. If that fails, it fails for all and uses up no seq; a request that is
// refused is refused alone.
func (d *DB) allocateGroup(c domain.ConversationID, group []*asking) {
	ctx, cancel := sharedContext(group)
	defer cancel()
	err := d.change(ctx, func(ctx context.Context, q queries) error { return d.allocate(ctx, q, c, group) })
	if err != nil && ctx.Err() != nil { // the time of the group ran out, not that of who still waits
		err = unavailable(err)
	}
	for _, a := range group {
		if err != nil {
			a.outcome = outcome{err: err}
		}
		close(a.done)
	}
}

// allocate sets the outcome of each of a group. Its error means that nothing was kept.
func (d *DB) allocate(ctx context.Context, q queries, c domain.ConversationID, group []*asking) error {
	var counter counterRow // locked first of all: what is read below was committed before
	err := q.get(ctx, &counter, qLockCounter, c)
	missing := errors.Is(err, sql.ErrNoRows)
	if err != nil && !missing {
		return err
	}
	group = present(group) // nobody gets a seq who went away while the lock was waited for
	if missing || len(group) == 0 {
		for _, a := range group {
			a.outcome = outcome{err: domain.ErrConversationNotFound}
		}
		return nil
	}
	drafts, err := draftsOf(ctx, q, c, group)
	if err != nil {
		return err
	}
	voided, err := voidRefused(ctx, q, drafts)
	if err != nil {
		return err
	}
	if voided { // what was settled meanwhile is still there
		if drafts, err = draftsOf(ctx, q, c, group); err != nil {
			return err
		}
	}
	made := d.number(counter, drafts)
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

// draftsOf looks a group's drafts up, in the same order.
func draftsOf(ctx context.Context, q queries, c domain.ConversationID, group []*asking) ([]draft, error) {
	drafts := make([]draft, len(group))
	senders, ids := make([]string, len(group)), make([]string, len(group))
	for i, a := range group {
		drafts[i].asking = a
		senders[i], ids[i] = string(a.request.Sender), a.request.ClientMsgID
	}
	var rows []draftRow
	if err := q.list(ctx, &rows, qDrafts, c, senders, ids); err != nil {
		return nil, err
	}
	for _, r := range rows {
		d := &drafts[r.N-1]
		r.Conversation, r.Sender, r.ClientMsgID = c, d.request.Sender, d.request.ClientMsgID
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

// number gives the next seqs to the drafts that have none, one to those of the same name, sets all outcomes and returns what
// is new.
func (d *DB) number(counter counterRow, drafts []draft) []domain.Allocation {
	type name struct {
		sender      domain.UserID
		clientMsgID string
	}
	var made []domain.Allocation
	named := map[name]domain.Allocation{}
	now, last, previous := d.clock(), counter.LastSeq, counter.LastAllocatedAt.Time
	for _, x := range drafts {
		key := name{x.request.Sender, x.request.ClientMsgID}
		if x.live.Seq == 0 {
			x.live = named[key] // of another request in this group
		}
		switch {
		case !x.active:
			x.outcome = outcome{err: domain.ErrConversationNotFound}
		case x.reused():
			x.outcome = outcome{err: domain.ErrClientMsgIDReused}
		case x.live.Seq != 0:
			x.outcome = outcome{allocation: x.live}
		default:
			a := domain.NewAllocation(x.request, last, counter.MembersVersion, now, previous)
			last, previous, named[key] = a.Seq, a.CreatedAt, a
			made = append(made, a)
			x.outcome = outcome{allocation: a, created: true}
		}
	}
	return made
}

// insertAllocations keeps new allocations, which continue the counter and are of one moment, and moves the counter on.
func insertAllocations(ctx context.Context, q queries, made []domain.Allocation) error {
	n := len(made)
	seqs, ids, senders, drafts, hashes := make([]int64, n), make([]string, n), make([]string, n), make([]string, n), make([][]byte, n)
	for i, a := range made {
		seqs[i], ids[i], senders[i], drafts[i], hashes[i] = int64(a.Seq), string(a.MessageID), string(a.Sender), a.ClientMsgID, a.BodyHash[:]
	}
	_, err := q.exec(ctx, qAllocate, made[0].Conversation, seqs, ids, senders, drafts, hashes, moment{made[0].CreatedAt}, made[0].MembersVersion)
	return err
}
