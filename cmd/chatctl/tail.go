package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"chatsystem/sdk"
)

type tailOptions struct {
	since  string
	lines  int
	resume string
}

func (a *app) tailCommand() *cobra.Command {
	var opts tailOptions
	cmd := &cobra.Command{
		Use: "tail [CONVERSATION...]", Short: "Follow conversations live, all of them unless some are named",
		Long: "Shows the last messages and then every new one, in order, until Ctrl-C; lost connections come back by themselves. With\n--resume FILE it goes on where the last run with that file ended, so that a script sees every message exactly once.",
		RunE: a.signedIn(func(ctx context.Context, c *sdk.Client, args []string) error { return a.tail(ctx, c, args, opts) }),
	}
	cmd.Flags().StringVar(&opts.since, "since", "", "begin with what was sent since then: 10m, 24h, or a time such as 2026-01-31T08:00:00Z")
	cmd.Flags().IntVarP(&opts.lines, "lines", "n", 10, "begin with this many messages of each conversation")
	cmd.Flags().StringVar(&opts.resume, "resume", "", "go on from, and keep, the positions in this file")
	return cmd
}

func (a *app) tail(ctx context.Context, c *sdk.Client, refs []string, opts tailOptions) error {
	printer := a.messagePrinter(c)
	follow, err := findAll(ctx, c, refs)
	if err != nil {
		return err
	}
	if len(refs) != 1 {
		printer.titles = follow
	}
	subscribe := []sdk.SubscribeOption{sdk.WithBacklog(opts.lines)}
	if opts.since == "" && opts.lines > mostBacklog {
		positions, err := positionsBefore(ctx, c, opts.lines, follow)
		if err != nil {
			return err
		}
		subscribe = append(subscribe, sdk.WithPositions(positions))
	}
	if opts.since != "" {
		begin, err := moment(opts.since, time.Now())
		if err != nil {
			return usageError{err}
		}
		positions, err := positionsAt(ctx, c, begin, follow)
		if err != nil {
			return err
		}
		subscribe = append(subscribe, sdk.WithPositions(positions))
	}
	if opts.resume != "" {
		store, err := sdk.OpenPositionFile(opts.resume)
		if err != nil {
			return err
		}
		defer store.Close()
		subscribe = append(subscribe, sdk.WithPositionStore(store))
	}
	sub, err := c.Subscribe(ctx, append(subscribe, a.tellConnection())...)
	if err != nil {
		return err
	}
	defer sub.Close()
	for err == nil {
		err = printer.next(ctx, sub, func(id string) bool { return len(refs) == 0 || follow[id] != "" })
	}
	if ctx.Err() != nil {
		return nil // it was told to end
	}
	return err
}

// next prints the next message, if it is of a conversation that is wanted.
func (p *messagePrinter) next(ctx context.Context, sub *sdk.Subscription, wanted func(conversationID string) bool) error {
	m, err := sub.Next(ctx)
	if err != nil || !wanted(m.ConversationID) {
		return err
	}
	if p.titles != nil && p.titles[m.ConversationID] == "" { // one that is new
		conv, err := p.client.Conversation(ctx, m.ConversationID)
		if err != nil && !sdk.HasCode(err, sdk.CodeNotFound) { // or left again
			return err
		}
		p.titles[m.ConversationID] = title(conv)
	}
	return p.print(ctx, m)
}

// tellConnection says on a terminal when the connection is lost and when it is back.
func (a *app) tellConnection() sdk.SubscribeOption {
	lost := false
	return sdk.WithStateObserver(func(state sdk.ConnectionState) {
		switch {
		case !a.terminal:
		case state.Phase == sdk.Offline:
			lost = true
			a.say("connection lost: %v", state.Err)
		case state.Phase == sdk.Live && lost:
			lost = false
			a.say("connected again")
		}
	})
}

// findAll returns the titles of conversations by id: of those named, or of all.
func findAll(ctx context.Context, c *sdk.Client, refs []string) (map[string]string, error) {
	titles := make(map[string]string)
	for _, ref := range refs {
		conv, err := findConversation(ctx, c, ref)
		if err != nil {
			return nil, err
		}
		titles[conv.ConversationID] = title(conv)
	}
	if len(refs) > 0 {
		return titles, nil
	}
	for conv, err := range c.Conversations(ctx) {
		if err != nil {
			return nil, err
		}
		titles[conv.ConversationID] = title(conv)
	}
	return titles, nil
}

// moment reads a time, or how long it is ago.
func moment(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("--since: want 10m, 24h, or a time such as 2026-01-31T08:00:00Z")
}

// positionsAt returns where each conversation was at a time; those not followed are where they are now.
func positionsAt(ctx context.Context, c *sdk.Client, t time.Time, follow map[string]string) (sdk.Positions, error) {
	positions := sdk.Positions{}
	for conv, err := range c.Conversations(ctx) {
		if err != nil {
			return nil, err
		}
		seq := conv.LastSeq
		if _, followed := follow[conv.ConversationID]; followed {
			if seq, err = seqBefore(ctx, c, conv, t); err != nil {
				return nil, err
			}
		}
		positions[conv.ConversationID] = sdk.Position{Seq: seq}
	}
	return positions, nil
}

// mostBacklog is what the SDK begins with by itself.
const mostBacklog = 200

// positionsBefore returns where the last n messages of each conversation that is followed begin; the others begin now.
func positionsBefore(ctx context.Context, c *sdk.Client, n int, follow map[string]string) (sdk.Positions, error) {
	positions := sdk.Positions{}
	for conv, err := range c.Conversations(ctx) {
		if err != nil {
			return nil, err
		}
		seq := conv.LastSeq
		if _, followed := follow[conv.ConversationID]; followed {
			last, err := take(c.History(ctx, conv.ConversationID, sdk.Latest().Limit(mostBacklog)), n)
			if err != nil {
				return nil, err
			}
			if len(last) > 0 {
				seq = last[len(last)-1].Seq - 1
			}
		}
		positions[conv.ConversationID] = sdk.Position{Seq: seq}
	}
	return positions, nil
}

// seqBefore returns the last seq before the first message that was created at t or later. Times never fall within a
// conversation, so halving finds it.
func seqBefore(ctx context.Context, c *sdk.Client, conv sdk.Conversation, t time.Time) (int64, error) {
	low, high := int64(0), conv.SettledSeq
	for low < high {
		middle := (low + high) / 2
		page, err := c.Page(ctx, conv.ConversationID, sdk.After(middle).Limit(1))
		if err != nil {
			return 0, err
		}
		if len(page.Messages) == 0 || !page.Messages[0].CreatedAt.Before(t) {
			high = middle
		} else {
			low = page.Messages[0].Seq
		}
	}
	return low, nil
}
