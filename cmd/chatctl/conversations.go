package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"chatsystem/sdk"
)

func (a *app) listCommand() *cobra.Command {
	var unread bool
	cmd := &cobra.Command{
		Use: "list", Short: "Show the conversations, the newest message first", Args: cobra.NoArgs,
		RunE: a.signedIn(func(ctx context.Context, c *sdk.Client, _ []string) error {
			var all []sdk.Conversation
			for conv, err := range c.Conversations(ctx) {
				if err != nil {
					return err
				}
				if !unread || conv.UnreadCount > 0 {
					all = append(all, conv)
				}
			}
			return table(a, all, []any{"CONVERSATION", "NAME", "UNREAD", "LAST", "MESSAGE"}, func(c sdk.Conversation) []any {
				return []any{c.ConversationID, title(c), c.UnreadCount, when(c.LastMessageAt), beginning(line(c.LastPreview))}
			})
		}),
	}
	cmd.Flags().BoolVar(&unread, "unread", false, "only those with unread messages")
	return cmd
}

// beginning is as much of a text as fits beside other things.
func beginning(text string) string {
	const length = 50
	if r := []rune(text); len(r) > length {
		return string(r[:length-1]) + "…"
	}
	return text
}

func (a *app) dmCommand() *cobra.Command {
	return &cobra.Command{
		Use: "dm USER", Short: "Open the direct conversation with somebody", Args: cobra.ExactArgs(1),
		RunE: a.signedIn(func(ctx context.Context, c *sdk.Client, args []string) error {
			id, err := findUser(ctx, c, args[0])
			if err != nil {
				return err
			}
			dm, err := c.CreateDM(ctx, id)
			if err != nil {
				return err
			}
			return a.print(dm, dm.ConversationID)
		}),
	}
}

func (a *app) groupCommand() *cobra.Command {
	return &cobra.Command{
		Use: "group TITLE [USER...]", Short: "Make a group with these members", Args: cobra.MinimumNArgs(1),
		RunE: a.signedIn(func(ctx context.Context, c *sdk.Client, args []string) error {
			ids, err := findUsers(ctx, c, args[1:])
			if err != nil {
				return err
			}
			group, err := c.CreateGroup(ctx, args[0], ids...)
			if err != nil {
				return err
			}
			return a.print(group, group.ConversationID)
		}),
	}
}

func (a *app) membersCommand() *cobra.Command {
	return &cobra.Command{
		Use: "members CONVERSATION", Short: "Show who is in a conversation", Args: cobra.ExactArgs(1),
		RunE: a.inConversation(func(ctx context.Context, c *sdk.Client, conv sdk.Conversation, args []string) error {
			members, err := c.Members(ctx, conv.ConversationID)
			if err != nil {
				return err
			}
			return table(a, members, []any{"USER", "NAME", "ROLE", "ONLINE", "READ UP TO"}, func(m sdk.Member) []any {
				return []any{m.UserID, line(m.Username), m.Role, m.Online, m.LastReadSeq}
			})
		}),
	}
}

func (a *app) leaveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "leave CONVERSATION...", Short: "Leave groups", Args: cobra.MinimumNArgs(1),
		RunE: a.signedIn(func(ctx context.Context, c *sdk.Client, args []string) error {
			if len(args) > 1 {
				return a.leaveAll(ctx, c, args)
			}
			conv, err := findConversation(ctx, c, args[0])
			if err != nil {
				return err
			}
			if err := c.Leave(ctx, conv.ConversationID); err != nil {
				return err
			}
			return a.print(conv, "Left "+title(conv)+".")
		}),
	}
}

// leaveAll leaves several groups; it fails if the user is still in one of them.
func (a *app) leaveAll(ctx context.Context, c *sdk.Client, refs []string) error {
	ids := make([]string, len(refs))
	for i, ref := range refs {
		ids[i] = ref
		if idPattern.MatchString(ref) {
			continue
		}
		conv, err := findConversation(ctx, c, ref)
		if err != nil {
			return err
		}
		ids[i] = conv.ConversationID
	}
	departures, err := c.LeaveAll(ctx, ids...)
	failed := 0
	for _, d := range departures {
		if d.Outcome == sdk.DepartureFailed {
			failed++
		}
	}
	printed := table(a, departures, []any{"CONVERSATION", "OUTCOME", "WHY"}, func(d sdk.Departure) []any {
		return []any{d.ConversationID, d.Outcome, line(d.Detail)}
	})
	if err = errors.Join(err, printed); err == nil && failed > 0 {
		err = fmt.Errorf("%d of %d were not left", failed, len(departures))
	}
	return err
}
