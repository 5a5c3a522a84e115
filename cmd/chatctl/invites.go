package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"chatsystem/sdk"
)

func (a *app) inviteCommand() *cobra.Command {
	return &cobra.Command{
		Use: "invite CONVERSATION USER", Short: "Invite somebody to a group", Args: cobra.ExactArgs(2),
		RunE: a.inConversation(func(ctx context.Context, c *sdk.Client, conv sdk.Conversation, args []string) error {
			user, err := findUser(ctx, c, args[0])
			if err != nil {
				return err
			}
			invite, err := c.Invite(ctx, conv.ConversationID, user)
			if err != nil {
				return err
			}
			return a.print(invite, fmt.Sprintf("Invited until %s: %s", when(invite.ExpiresAt), invite.InviteID))
		}),
	}
}

func (a *app) invitesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "invites", Short: "Show what you are invited to", Args: cobra.NoArgs,
		RunE: a.signedIn(func(ctx context.Context, c *sdk.Client, _ []string) error {
			invites, err := c.Invites(ctx)
			if err != nil {
				return err
			}
			return table(a, invites, []any{"INVITE", "GROUP", "MEMBERS", "BY", "UNTIL"}, func(i sdk.Invite) []any {
				return []any{i.InviteID, line(i.Title), i.MemberCount, line(i.InvitedBy.Username), when(i.ExpiresAt)}
			})
		}),
	}
}

func (a *app) joinCommand() *cobra.Command {
	return &cobra.Command{
		Use: "join INVITE", Short: "Accept an invite, given by its id or the group's title", Args: cobra.ExactArgs(1),
		RunE: a.signedIn(func(ctx context.Context, c *sdk.Client, args []string) error {
			invite, err := findInvite(ctx, c, args[0])
			if err != nil {
				return err
			}
			conv, err := c.Join(ctx, invite.ConversationID, invite.InviteID)
			if err != nil {
				return err
			}
			return a.print(conv, "Joined "+title(conv)+".")
		}),
	}
}

func (a *app) declineCommand() *cobra.Command {
	return &cobra.Command{
		Use: "decline INVITE", Short: "Turn an invite down, given by its id or the group's title", Args: cobra.ExactArgs(1),
		RunE: a.signedIn(func(ctx context.Context, c *sdk.Client, args []string) error {
			invite, err := findInvite(ctx, c, args[0])
			if err != nil {
				return err
			}
			state, err := c.DeclineInvite(ctx, invite.InviteID)
			if err != nil {
				return err
			}
			return a.print(state, "Declined.")
		}),
	}
}

// findInvite returns the pending invite that a person means.
func findInvite(ctx context.Context, c *sdk.Client, ref string) (sdk.Invite, error) {
	invites, err := c.Invites(ctx)
	if err != nil {
		return sdk.Invite{}, err
	}
	var found []sdk.Invite
	for _, i := range invites {
		if i.InviteID == ref || i.Title == ref {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 0:
		return sdk.Invite{}, fmt.Errorf("there is no invite %q: `chatctl invites` shows yours", ref)
	case 1:
		return found[0], nil
	default:
		return sdk.Invite{}, fmt.Errorf("%d groups have the title %q: use an invite's id", len(found), ref)
	}
}
