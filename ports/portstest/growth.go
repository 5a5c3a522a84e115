package portstest

import (
	"context"
	"testing"
	"time"

	"chatsystem/domain"
)

// Resident is somebody in a store that holds much that is others'.
type Resident struct {
	Core
	User         domain.User
	Conversation domain.ConversationID // one of theirs, with some pages of messages
}

// RunGrowth measures what one person does in a store beside the same in one that holds ten times as many users, conversations
// and messages.
func RunGrowth(b *testing.B, where string, small, large Resident) {
	for _, step := range []struct {
		name string
		do   func(ctx context.Context, r Resident) error
	}{
		{"list", func(ctx context.Context, r Resident) error {
			_, err := r.Reader.ListConversations(ctx, r.User.ID, domain.ListCursor{}, 50)
			return err
		}},
		{"unread", func(ctx context.Context, r Resident) error {
			_, err := r.Reader.ViewConversation(ctx, r.User.ID, r.Conversation)
			return err
		}},
		{"send", func(ctx context.Context, r Resident) error {
			_, _, err := r.Log.Append(ctx, domain.Draft{Conversation: r.Conversation, Sender: r.User.ID, ClientMsgID: NewUUID(), Body: "Hello"})
			return err
		}},
		{"history", func(ctx context.Context, r Resident) error {
			head, err := r.Heads.Head(ctx, r.User.ID, r.Conversation)
			if err != nil {
				return err
			}
			_, err = r.Messages.EntriesBelow(ctx, r.Conversation, head.Floor, 50)
			return err
		}},
	} {
		b.Run(step.name, func(b *testing.B) {
			in := func(r Resident) func() float64 {
				return func() float64 {
					return 1e6 / Rate(b, 1, time.Second, func(int) error { return step.do(b.Context(), r) })
				}
			}
			Floor{
				Row: step.name + " with ten times the users, conversations and messages, " + where, Unit: "µs", Target: 1.3, AtMost: true,
				Floor: in(small), Ours: in(large),
			}.Run(b)
		})
	}
}
