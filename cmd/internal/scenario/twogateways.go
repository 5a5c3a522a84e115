// Package scenario tells the critical story of the system through the SDK alone, so that it can be told of any deployment: in one
// process, over several gateways, or on a live stack.
package scenario

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"chatsystem/sdk"
)

// person is one of the two who chat.
type person struct {
	client *sdk.Client
	user   sdk.User
}

// TwoGateways lets two people chat, each through an address of their own: a message is stored with its seq, its pointer
// reaches the other's socket, history shows it in order, and the whole text is fetched on demand; what is sent while one
// is away is there, once, when they are back. It makes two accounts. ctx bounds it.
func TwoGateways(ctx context.Context, first, second string) error {
	ada, err := register(ctx, first, "ada")
	if err != nil {
		return err
	}
	ben, err := register(ctx, second, "ben")
	if err != nil {
		return err
	}
	dm, err := ada.client.CreateDM(ctx, ben.user.UserID)
	if err != nil {
		return fmt.Errorf("create dm: %w", err)
	}
	s := story{ada, ben, dm.ConversationID}
	positions, err := s.live(ctx)
	if err != nil {
		return fmt.Errorf("while both are here: %w", err)
	}
	if err := s.away(ctx, positions); err != nil {
		return fmt.Errorf("while one is away: %w", err)
	}
	return nil
}

func register(ctx context.Context, url, name string) (person, error) {
	client, err := sdk.New(url)
	if err != nil {
		return person{}, fmt.Errorf("client: %w", err)
	}
	name += "-" + rand.Text()[:10]
	user, err := client.Register(ctx, sdk.Registration{Email: name + "@example.org", Password: rand.Text(), Username: name})
	if err != nil {
		return person{}, fmt.Errorf("register %s: %w", name, err)
	}
	return person{client, user}, nil
}

type story struct {
	ada, ben     person
	conversation string
}

// texts are what Ada sends: one that fits into an event, and one of which an event carries only the beginning.
var texts = []string{"Hello B", strings.Repeat("longer than a preview 🦜 ", 250)}

// live sends while both are connected, and returns how far Ben has come.
func (s story) live(ctx context.Context) (sdk.Positions, error) {
	sub, err := s.ben.client.Subscribe(ctx)
	if err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	defer sub.Close()
	for i, text := range texts {
		sent, err := s.ada.client.Send(ctx, s.conversation, text)
		if err != nil {
			return nil, fmt.Errorf("send: %w", err)
		}
		got, err := sub.Next(ctx)
		if err != nil {
			return nil, fmt.Errorf("receive: %w", err)
		}
		if err := s.same(ctx, sent, got, int64(i+1), text); err != nil {
			return nil, err
		}
	}
	if err := s.history(ctx); err != nil {
		return nil, err
	}
	return sub.Positions(), s.unread(ctx)
}

// same checks the pointer that Ben received against what Ada sent, and the whole text behind it.
func (s story) same(ctx context.Context, sent, got sdk.Message, seq int64, text string) error {
	if got.MessageID != sent.MessageID || got.Seq != seq || got.SenderID != s.ada.user.UserID || !strings.HasPrefix(text, got.Preview) {
		return fmt.Errorf("received %+v, want seq %d of %+v", got, seq, sent)
	}
	full, err := s.ben.client.Message(ctx, s.conversation, got.MessageID)
	if err != nil {
		return fmt.Errorf("read more: %w", err)
	}
	if full.Body != text {
		return errors.New("the whole text is not what was sent")
	}
	return nil
}

// history checks that both see the same messages in order.
func (s story) history(ctx context.Context) error {
	for _, p := range []person{s.ada, s.ben} {
		seq := int64(0)
		for m, err := range p.client.History(ctx, s.conversation, sdk.After(0)) {
			if err != nil {
				return fmt.Errorf("history: %w", err)
			}
			if seq++; m.Seq != seq {
				return fmt.Errorf("history shows seq %d where %d was due", m.Seq, seq)
			}
		}
		if seq != int64(len(texts)) {
			return fmt.Errorf("history has %d messages, want %d", seq, len(texts))
		}
	}
	return nil
}

// unread checks Ben's count before and after reading.
func (s story) unread(ctx context.Context) error {
	c, err := s.ben.settled(ctx, s.conversation)
	if err != nil {
		return err
	}
	if c.UnreadCount != int64(len(texts)) {
		return fmt.Errorf("%d unread, want %d", c.UnreadCount, len(texts))
	}
	mark, err := s.ben.client.MarkRead(ctx, s.conversation, c.LastSeq)
	if err != nil {
		return fmt.Errorf("mark read: %w", err)
	}
	if mark.UnreadCount != 0 {
		return fmt.Errorf("%d unread after reading everything", mark.UnreadCount)
	}
	return nil
}

// settled returns the conversation once all its seqs are settled, which counts wait for.
func (p person) settled(ctx context.Context, conversation string) (sdk.Conversation, error) {
	for {
		c, err := p.client.Conversation(ctx, conversation)
		if err != nil {
			return c, fmt.Errorf("conversation: %w", err)
		}
		if c.SettledSeq == c.LastSeq {
			return c, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return c, fmt.Errorf("seqs above %d do not settle: %w", c.SettledSeq, ctx.Err())
		}
	}
}

// away sends while Ben is disconnected; he goes on from his positions.
func (s story) away(ctx context.Context, from sdk.Positions) error {
	sent, err := s.ada.client.Send(ctx, s.conversation, "while you were away")
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	sub, err := s.ben.client.Subscribe(ctx, sdk.WithPositions(from))
	if err != nil {
		return fmt.Errorf("subscribe again: %w", err)
	}
	defer sub.Close()
	got, err := sub.Next(ctx)
	if err != nil {
		return fmt.Errorf("catch up: %w", err)
	}
	if got.MessageID != sent.MessageID {
		return fmt.Errorf("caught up with seq %d, want %d", got.Seq, sent.Seq)
	}
	return nil
}
