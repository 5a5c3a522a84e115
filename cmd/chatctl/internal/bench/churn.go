package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"chatsystem/sdk"
)

// Churn is groups whose members leave and are invited back, one after another, with a connection that is opened and closed
// each time.
type Churn struct {
	Groups   int
	Members  int // of each, the admin included
	Duration time.Duration
}

// Validate reports what is wrong with the plan, or too much.
func (c Churn) Validate() error {
	return firstOf(
		within("groups", float64(c.Groups), 1, MaxConnections/MaxMembers),
		within("members", float64(c.Members), 2, MaxMembers),
		within("duration in seconds", c.Duration.Seconds(), 0.1, MaxDuration.Seconds()),
	)
}

// cycleTimeout bounds what one member does.
const cycleTimeout = 30 * time.Second

var (
	errOutsider = errors.New("an event reached somebody who had left the group")
	errResync   = errors.New("told to catch up")
)

// Churn has members come and go until the duration is over, and returns how long each took to be in the group again and
// hear of it. An event of a message that was sent while somebody was out of the group is an error if it comes.
func (b *Bench) Churn(ctx context.Context, plan Churn) (Result, error) {
	if err := plan.Validate(); err != nil {
		return Result{}, err
	}
	users, err := b.users(ctx, plan.Groups*plan.Members)
	defer b.logout(ctx, users)
	if err != nil {
		return Result{}, err
	}
	cycle := newRecorder("left and back")
	failures := newTally()
	var done atomic.Int64
	began := time.Now()
	err = b.each(ctx, "groups", plan.Groups, plan.Groups, func(ctx context.Context, i int) error {
		members := users[i*plan.Members : (i+1)*plan.Members]
		id, err := b.group(ctx, members)
		if err != nil {
			return err
		}
		for n := 0; time.Since(began) < plan.Duration && ctx.Err() == nil; n++ {
			start := time.Now()
			if err := b.leaveAndReturn(ctx, id, members[0], members[1+n%(len(members)-1)]); err != nil {
				if errors.Is(err, errOutsider) {
					return err
				}
				failures.add(err)
				continue
			}
			done.Add(1)
			cycle.record(time.Since(start))
		}
		for _, m := range members { // so that lists do not grow from run to run
			if err := leave(ctx, m, id); err != nil {
				failures.add(err)
			}
		}
		return ctx.Err()
	})
	result := Result{Seconds: time.Since(began).Seconds(), Errors: failures.counts, Latencies: []Latency{cycle.latency()}}
	result.rate("cycles/s", int(done.Load()), time.Since(began))
	return result, err
}

// leaveAndReturn has a connected member leave and come back. The admin writes meanwhile and afterwards; of the two messages
// only the second is for the member. Whom the first is for is decided when its event goes out, so the member comes back
// after the admin has it.
func (b *Bench) leaveAndReturn(ctx context.Context, group string, admin, member user) error {
	ctx, cancel := context.WithTimeout(ctx, cycleTimeout)
	defer cancel()
	lines := make([]*socket, 2)
	for i, u := range []user{admin, member} {
		line, err := b.dial(ctx, u.Tokens().AccessToken)
		if err != nil {
			return err
		}
		defer line.close()
		defer context.AfterFunc(ctx, line.close)()
		lines[i] = line
	}
	if err := leave(ctx, member, group); err != nil {
		return err
	}
	without, err := admin.Send(ctx, group, "without you")
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if err := lines[0].awaitMessage(without.MessageID, nobody); err != nil {
		return err
	}
	invite, err := admin.Invite(ctx, group, member.id)
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	if _, err := member.Join(ctx, group, invite.InviteID); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	with, err := admin.Send(ctx, group, "with you")
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return lines[1].awaitMessage(with.MessageID, without.MessageID)
}

// leave has a user leave a group, unless an earlier try that failed later on has done so.
func leave(ctx context.Context, u user, group string) error {
	if err := u.Leave(ctx, group); err != nil && !sdk.HasCode(err, sdk.CodeConversationNotFound) {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

const nobody = "-" // is no message's id

// awaitMessage returns when the event of a message has come, and fails at one that must not come.
func (s *socket) awaitMessage(id, never string) error {
	for {
		e, err := s.next()
		switch {
		case err != nil:
			return err
		case e.name == "resync":
			return errResync
		case e.name != "message:new":
		case messageIDOf(e.payload) == never:
			return errOutsider
		case messageIDOf(e.payload) == id:
			return nil
		}
	}
}

// messageIDOf returns the message that an event is about.
func messageIDOf(payload []byte) string {
	_, rest, _ := bytes.Cut(payload, []byte(`"message_id":"`))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(id)
}
