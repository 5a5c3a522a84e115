package verify

import (
	"context"
	"fmt"
	"slices"

	"chatsystem/domain"
	"chatsystem/sdk"
)

// AsUser checks every conversation of who is signed in, through the API; texts and seen are those of Check.
func AsUser(ctx context.Context, client *sdk.Client, texts int, seen Seen) (Report, error) {
	u := &userChecker{client: client, texts: texts, peers: map[string]string{}}
	var all []sdk.Conversation
	listed := map[string]bool{}
	for c, err := range client.Conversations(ctx) {
		if err != nil {
			return u.report, err
		}
		if !listed[c.ConversationID] { // one that gets a message meanwhile may come twice
			listed[c.ConversationID] = true
			all = append(all, c)
		}
	}
	for i, c := range all {
		if err := u.conversation(ctx, c); err != nil {
			return u.report, fmt.Errorf("conversation %s: %w", c.ConversationID, err)
		}
		seen(i+1, len(all))
	}
	return u.report, nil
}

type userChecker struct {
	client *sdk.Client
	texts  int
	peers  map[string]string // conversations by the other person
	report Report
}

func (u *userChecker) conversation(ctx context.Context, c sdk.Conversation) error {
	id := domain.ConversationID(c.ConversationID)
	if c.Peer != nil {
		if other := u.peers[c.Peer.UserID]; other != "" {
			u.report.Found("I7", id, 0, "the same two people have conversation %s", other)
		}
		u.peers[c.Peer.UserID] = c.ConversationID
	}
	members, err := u.client.Members(ctx, c.ConversationID)
	if err != nil {
		return err
	}
	u.report.Members(id, domain.ConversationType(c.Type), len(members))
	isAdmin := func(m sdk.Member) bool { return m.Role == sdk.Admin }
	if c.Type == sdk.Group && len(members) > 0 && !slices.ContainsFunc(members, isAdmin) {
		u.report.NoAdmin(id)
	}

	log := NewLog(&u.report, id, u.texts)
	latest, err := u.history(ctx, c, log)
	if err != nil {
		return err
	}
	log.End(domain.Seq(c.SettledSeq))
	if there := log.Between(domain.Seq(c.LastReadSeq), domain.Seq(c.SettledSeq)); there != c.UnreadCount {
		u.report.Found("I6", id, 0, "%d unread are shown, there are %d", c.UnreadCount, there)
	}
	u.list(c, latest)
	return u.bodies(ctx, c, log)
}

// history reads the whole log. It returns the messages that the list may have shown as the latest: that at the settled seq
// or below, and those above it that had been numbered.
func (u *userChecker) history(ctx context.Context, c sdk.Conversation, log *Log) (latest []sdk.Message, err error) {
	id := domain.ConversationID(c.ConversationID)
	for next := int64(1); ; {
		page, err := u.client.Page(ctx, c.ConversationID, sdk.After(next-1).Limit(200))
		if err != nil {
			return nil, err
		}
		if page.FirstSeq != next {
			u.report.Found("I3", id, domain.Seq(page.FirstSeq), "is where a page begins that was to begin at %d", next)
		}
		for _, m := range page.Messages {
			for ; next < m.Seq; next++ {
				log.Add(domain.VoidEntry(domain.Seq(next)))
			}
			next = max(next, m.Seq+1)
			log.Add(domain.MessageEntry(pointer(m)))
			switch {
			case m.Seq <= c.SettledSeq:
				latest = []sdk.Message{m}
			case m.Seq <= c.LastSeq:
				latest = append(latest, m)
			}
		}
		for ; next < page.NextSeq; next++ {
			log.Add(domain.VoidEntry(domain.Seq(next)))
		}
		if !page.HasMore || next > c.LastSeq {
			return latest, nil
		}
		if len(page.Messages) == 0 {
			u.report.Found("I3", id, domain.Seq(next), "an empty page says that there is more")
			return latest, nil
		}
	}
}

func pointer(m sdk.Message) domain.Pointer {
	return domain.Pointer{
		Conversation: domain.ConversationID(m.ConversationID), ID: domain.MessageID(m.MessageID), Seq: domain.Seq(m.Seq),
		Sender: domain.UserID(m.SenderID), ClientMsgID: m.ClientMsgID, CreatedAt: m.CreatedAt, Preview: m.Preview, HasMore: m.HasMore,
	}
}

// list checks what the list showed of the latest message.
func (u *userChecker) list(c sdk.Conversation, latest []sdk.Message) {
	for _, m := range latest {
		if m.Preview == c.LastPreview && m.HasMore == c.LastHasMore && m.SenderID == c.LastSenderID {
			return
		}
	}
	if len(latest) > 0 {
		u.report.Found("I1", domain.ConversationID(c.ConversationID), domain.Seq(latest[0].Seq), "lists show another latest message than history")
	}
}

func (u *userChecker) bodies(ctx context.Context, c sdk.Conversation, log *Log) error {
	for _, p := range log.Long() {
		m, err := u.client.Message(ctx, c.ConversationID, string(p.ID))
		if err != nil {
			u.report.Found("I1", p.Conversation, p.Seq, "the whole text cannot be read: %v", err)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		log.Text(p, m.Body)
	}
	return nil
}
