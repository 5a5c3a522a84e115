package postgres

import (
	"context"
	"sync/atomic"

	"chatsystem/domain"
)

// asking is what somebody wants of a conversation's log, on its way: a seq for a draft, or settlements.
type asking struct {
	ctx          context.Context
	conversation domain.ConversationID
	request      *domain.AllocationRequest
	settlements  []domain.Settlement

	done    chan struct{}
	outcome outcome // for the caller once done is closed
}

type outcome struct {
	allocation domain.Allocation // if a seq was asked for
	created    bool
	err        error
}

// weight is how much of a transaction's room it takes.
func (a *asking) weight() int { return max(1, len(a.settlements)) }

// wait returns the outcome, or as soon as ctx ends that. What was asked for is left out if that was before the conversation was
// locked; after that it may take effect.
func (a *asking) wait() outcome {
	select {
	case <-a.done:
		return a.outcome
	case <-a.ctx.Done():
		return outcome{err: a.ctx.Err()}
	}
}

// answer lets the callers have their outcomes, or err if the transaction failed.
func answer(all []*asking, err error) {
	for _, a := range all {
		if err != nil {
			a.outcome = outcome{err: err}
		}
		close(a.done)
	}
}

// everybody returns the requests of groups.
func everybody(groups []group) (all []*asking) {
	for _, g := range groups {
		all = append(all, g.members...)
	}
	return all
}

// sharedContext is the context of a transaction: it ends after defaultTimeout, or as soon as every caller has gone. Its values
// are those of the first.
func sharedContext(all []*asking) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(all[0].ctx), defaultTimeout)
	here := new(atomic.Int32)
	here.Store(int32(len(all)))
	stops := make([]func() bool, len(all))
	for i, a := range all {
		stops[i] = context.AfterFunc(a.ctx, func() {
			if here.Add(-1) == 0 {
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// present returns those whose callers still wait.
func present(all []*asking) []*asking {
	here := make([]*asking, 0, len(all))
	for _, a := range all {
		if err := a.ctx.Err(); err != nil {
			a.outcome = outcome{err: err}
			continue
		}
		here = append(here, a)
	}
	return here
}
