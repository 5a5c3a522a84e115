package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"chatsystem/sdk"
)

func (a *app) historyCommand() *cobra.Command {
	var after, before int64
	var count int
	cmd := &cobra.Command{
		Use: "history CONVERSATION", Short: "Show messages, the latest unless told otherwise", Args: cobra.ExactArgs(1),
	}
	cmd.RunE = a.inConversation(func(ctx context.Context, c *sdk.Client, conv sdk.Conversation, _ []string) error {
		window := sdk.Latest()
		switch flags := cmd.Flags(); {
		case flags.Changed("after") && flags.Changed("before"):
			return usageError{errors.New("give --after or --before, not both")}
		case flags.Changed("after"):
			window = sdk.After(after)
		case flags.Changed("before"):
			window = sdk.Before(before)
		}
		messages, err := take(c.History(ctx, conv.ConversationID, window.Limit(min(max(count, 1), 200))), count)
		if err != nil {
			return err
		}
		if !cmd.Flags().Changed("after") {
			slices.Reverse(messages)
		}
		printer := a.messagePrinter(c)
		for _, m := range messages {
			if err := printer.print(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	cmd.Flags().Int64Var(&after, "after", 0, "what follows this message number")
	cmd.Flags().Int64Var(&before, "before", 0, "what precedes this message number")
	cmd.Flags().IntVarP(&count, "lines", "n", 50, "at most this many messages")
	return cmd
}

// take returns the first n values, or the first error.
func take[V any](values iter.Seq2[V, error], n int) ([]V, error) {
	var taken []V
	if n <= 0 {
		return nil, nil
	}
	for v, err := range values {
		if err != nil {
			return nil, err
		}
		if taken = append(taken, v); len(taken) == n {
			break
		}
	}
	return taken, nil
}

func (a *app) readMoreCommand() *cobra.Command {
	return &cobra.Command{
		Use: "read-more CONVERSATION MESSAGE", Short: "Show the whole text of a message, given by its number or id", Args: cobra.ExactArgs(2),
		RunE: a.inConversation(func(ctx context.Context, c *sdk.Client, conv sdk.Conversation, args []string) error {
			id := args[0]
			if seq, err := strconv.ParseInt(id, 10, 64); err == nil {
				page, err := c.Page(ctx, conv.ConversationID, sdk.After(seq-1).Limit(1))
				if err != nil {
					return err
				}
				if len(page.Messages) == 0 || page.Messages[0].Seq != seq {
					return fmt.Errorf("there is no message %d", seq)
				}
				id = page.Messages[0].MessageID
			}
			m, err := c.Message(ctx, conv.ConversationID, id)
			if err != nil {
				return err
			}
			return a.print(m, printable(m.Body))
		}),
	}
}
