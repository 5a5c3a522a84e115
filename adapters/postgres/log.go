package postgres

import (
	"context"
	"database/sql"
	"errors"

	"chatsystem/domain"
)

// changeShared does what groups of several conversations want in one transaction and returns those it left out, whose
// conversations others hold or nobody has. If it fails, it fails for all and uses up no seq; unless the fault may be one
// group's.
func (d *DB) changeShared(groups []group) (left []group) {
	var mine []*asking
	all := everybody(groups)
	err := d.changeFor(all, func(ctx context.Context, q queries) error {
		counters, err := lockFree(ctx, q, groups)
		if err != nil {
			return err
		}
		mine, left = nil, nil
		for _, g := range groups {
			if _, held := counters[g.conversation]; held {
				mine = append(mine, g.members...)
			} else {
				left = append(left, g)
			}
		}
		return d.changeLog(ctx, q, counters, mine)
	})
	switch {
	case err == nil:
		answer(mine, nil)
		return left
	case len(groups) > 1 && !errors.Is(err, domain.ErrUnavailable):
		return groups
	}
	answer(all, err)
	return nil
}

// changeAlone does what a group wants in a transaction that waits for the conversation. If it fails, it fails for all of the
// group and uses up no seq.
func (d *DB) changeAlone(g group) {
	answer(g.members, d.changeFor(g.members, func(ctx context.Context, q queries) error {
		var counter counterRow
		err := q.get(ctx, &counter, qLockCounter, g.conversation)
		if errors.Is(err, sql.ErrNoRows) {
			for _, a := range g.members {
				if a.request != nil { // there is nothing to settle
					a.outcome = outcome{err: domain.ErrConversationNotFound}
				}
			}
			return nil
		}
		if err != nil {
			return err
		}
		return d.changeLog(ctx, q, map[domain.ConversationID]counterRow{g.conversation: counter}, g.members)
	}))
}

// changeFor makes a change for several callers.
func (d *DB) changeFor(all []*asking, fn changeFunc) error {
	ctx, cancel := sharedContext(all)
	defer cancel()
	err := d.change(ctx, fn)
	if err != nil && ctx.Err() != nil { // the time they share ran out, not that of who still waits
		err = unavailable(err)
	}
	return err
}

// lockFree locks the conversations of groups that nobody else holds.
func lockFree(ctx context.Context, q queries, groups []group) (map[domain.ConversationID]counterRow, error) {
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = string(g.conversation)
	}
	var rows []counterRow
	if err := q.list(ctx, &rows, qLockFreeCounters, ids); err != nil {
		return nil, err
	}
	counters := make(map[domain.ConversationID]counterRow, len(rows))
	for _, r := range rows {
		counters[r.Conversation] = r
	}
	return counters, nil
}

// changeLog does what callers want whose conversations are locked. Its error means that nothing was kept.
func (d *DB) changeLog(ctx context.Context, q queries, counters map[domain.ConversationID]counterRow, all []*asking) error {
	var requests []*asking
	var settlements []domain.Settlement
	for _, a := range present(all) { // nobody gets a seq who went away while the lock was waited for
		if a.request != nil {
			requests = append(requests, a)
		}
		settlements = append(settlements, a.settlements...)
	}
	if len(settlements) > 0 {
		if err := d.settle(ctx, q, furthest(settlements)); err != nil {
			return err
		}
	}
	if len(requests) == 0 {
		return nil
	}
	return d.allocate(ctx, q, counters, requests)
}
