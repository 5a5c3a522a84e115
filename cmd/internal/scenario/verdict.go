package scenario

import (
	"context"
	"errors"
	"fmt"

	"chatsystem/sdk"
)

// Verdict is what became of a Load.
type Verdict struct {
	Sent       int // messages acknowledged
	Voids      int // seqs that became no message
	Delivered  int // messages handed to listeners
	Violations []error
}

// Err returns the promises that were broken, nil if all were kept.
func (v Verdict) Err() error { return errors.Join(v.Violations...) }

func (v Verdict) String() string {
	return fmt.Sprintf("%d messages sent, %d voids, %d delivered, %d violations", v.Sent, v.Voids, v.Delivered, len(v.Violations))
}

func (v *Verdict) violated(format string, args ...any) {
	v.Violations = append(v.Violations, fmt.Errorf(format, args...))
}

// judge compares what was acknowledged with the history, and the history with what every listener received.
func (l *Load) judge(ctx context.Context) (Verdict, error) {
	var v Verdict
	expected := make([]map[string][]sdk.Message, len(l.listeners))
	for _, log := range l.logs {
		if log.failed != nil {
			return v, log.failed
		}
		v.Sent += len(log.sent)
		for n, i := range log.listeners {
			history, voids, err := v.history(ctx, l.listeners[i], log)
			if err != nil {
				return v, err
			}
			if n == 0 {
				v.Voids += voids
			}
			if expected[i] == nil {
				expected[i] = map[string][]sdk.Message{}
			}
			expected[i][log.conversation] = history
		}
	}
	for i, sub := range l.subscriptions {
		if err := v.received(ctx, sub, expected[i]); err != nil {
			return v, fmt.Errorf("listener %d: %w", i, err)
		}
	}
	return v, nil
}

// history reads the whole conversation as a listener sees it: every acknowledged message at its seq, no other, no seq
// left open, and as many unread as there are, for a listener never reads.
func (v *Verdict) history(ctx context.Context, p person, log *sentLog) ([]sdk.Message, int, error) {
	c, err := p.settled(ctx, log.conversation)
	if err != nil {
		return nil, 0, err
	}
	var history []sdk.Message
	bySeq := map[int64]sdk.Message{}
	last := int64(0)
	for m, err := range p.client.History(ctx, log.conversation, sdk.After(0).Limit(200)) {
		if err != nil {
			return nil, 0, fmt.Errorf("history: %w", err)
		}
		if m.Seq <= last {
			v.violated("%s: history shows seq %d after %d", log.conversation, m.Seq, last)
		}
		last = m.Seq
		bySeq[m.Seq] = m
		history = append(history, m)
	}
	for _, sent := range log.sent {
		if there, ok := bySeq[sent.Seq]; !ok || there.MessageID != sent.MessageID || there.Preview != sent.Body {
			v.violated("%s: seq %d was acknowledged as %s and shows %s", log.conversation, sent.Seq, sent.MessageID, there.MessageID)
		}
	}
	if len(history) != len(log.sent) {
		v.violated("%s: %d messages acknowledged, %d stored", log.conversation, len(log.sent), len(history))
	}
	if c.UnreadCount != int64(len(history)) {
		v.violated("%s: %d unread of %d messages that nobody read", log.conversation, c.UnreadCount, len(history))
	}
	return history, int(c.LastSeq) - len(history), nil
}

// received takes what a subscription hands out: all of the histories, each exactly once and in order.
func (v *Verdict) received(ctx context.Context, sub *sdk.Subscription, histories map[string][]sdk.Message) error {
	left := 0
	for _, h := range histories {
		left += len(h)
	}
	next := map[string]int{}
	for ; left > 0; left-- {
		m, err := sub.Next(ctx)
		if err != nil {
			return fmt.Errorf("%d messages not received: %w", left, err)
		}
		v.Delivered++
		h, n := histories[m.ConversationID], next[m.ConversationID]
		if n >= len(h) || h[n].MessageID != m.MessageID {
			v.violated("%s: received seq %d as number %d", m.ConversationID, m.Seq, n+1)
		}
		next[m.ConversationID]++
	}
	return nil
}
