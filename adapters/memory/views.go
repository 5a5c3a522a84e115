package memory

import (
	"context"
	"slices"
	"strings"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.ConversationReader = (*Store)(nil)
	_ ports.ReadMarks          = (*Store)(nil)
	_ ports.HeadReader         = (*Store)(nil)
)

// ListConversations implements ports.ConversationReader.
func (s *Store) ListConversations(
	ctx context.Context, viewer domain.UserID, after domain.ListCursor, limit int,
) (domain.ConversationList, error) {
	if err := s.begin(ctx); err != nil {
		return domain.ConversationList{}, err
	}
	defer s.mu.Unlock()
	var rows []*conversation
	for _, row := range s.conversationsOf[viewer] {
		if _, active := row.member(viewer); active && row.follows(after) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b *conversation) int {
		if after.Moved {
			return strings.Compare(string(a.ID), string(b.ID))
		}
		return inListOrder(a.place(), b.place())
	})
	views := make([]domain.ConversationView, 0, min(limit, len(rows)))
	for _, row := range rows[:min(limit, len(rows))] {
		m, _ := row.member(viewer)
		views = append(views, s.view(row, m))
	}
	return domain.ConversationList{Views: views, Mark: s.moves}, nil
}

// follows reports whether the conversation comes after a cursor.
func (c *conversation) follows(after domain.ListCursor) bool {
	switch {
	case after == domain.ListCursor{}:
		return true
	case after.Moved:
		return c.movedAt > after.Since && c.ID > after.ID
	}
	return inListOrder(after, c.place()) < 0
}

// ViewConversation implements ports.ConversationReader.
func (s *Store) ViewConversation(ctx context.Context, viewer domain.UserID, id domain.ConversationID) (domain.ConversationView, error) {
	if err := s.begin(ctx); err != nil {
		return domain.ConversationView{}, err
	}
	defer s.mu.Unlock()
	row, m, err := s.activeIn(id, viewer)
	if err != nil {
		return domain.ConversationView{}, err
	}
	return s.view(row, m), nil
}

// ViewMembers implements ports.ConversationReader.
func (s *Store) ViewMembers(ctx context.Context, viewer domain.UserID, id domain.ConversationID) ([]domain.MemberView, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	row, _, err := s.activeIn(id, viewer)
	if err != nil {
		return nil, err
	}
	members := make([]domain.MemberView, 0, len(row.Members))
	for _, m := range row.Members {
		members = append(members, domain.MemberView{
			UserID: m.UserID, Username: s.users[m.UserID].Username, Role: m.Role, JoinedAt: m.JoinedAt, LastRead: row.reads[m.UserID],
		})
	}
	return members, nil
}

// MarkRead implements ports.ReadMarks.
func (s *Store) MarkRead(
	ctx context.Context, user domain.UserID, id domain.ConversationID, seq domain.Seq,
) (domain.ReadMark, bool, domain.UserID, error) {
	if err := s.begin(ctx); err != nil {
		return domain.ReadMark{}, false, "", err
	}
	defer s.mu.Unlock()
	row, _, err := s.activeIn(id, user)
	if err != nil {
		return domain.ReadMark{}, false, "", err
	}
	moved := row.markRead(user, min(seq, row.LastSeq))
	return row.readMark(user), moved, row.peer(user), nil
}

// Head implements ports.HeadReader.
func (s *Store) Head(ctx context.Context, viewer domain.UserID, id domain.ConversationID) (domain.Head, error) {
	if err := s.begin(ctx); err != nil {
		return domain.Head{}, err
	}
	defer s.mu.Unlock()
	row, _, err := s.activeIn(id, viewer)
	if err != nil {
		return domain.Head{}, err
	}
	return row.head(), nil
}

func (s *Store) view(c *conversation, m domain.Membership) domain.ConversationView {
	v := domain.ConversationView{
		ID: c.ID, Type: c.Type, Title: c.Title, CreatedBy: c.CreatedBy, CreatedAt: c.CreatedAt, LastSeq: c.LastSeq,
		MembersVersion: c.MembersVersion, Role: m.Role, JoinedSeq: m.JoinedSeq, Read: c.readMark(m.UserID),
	}
	if peer := c.peer(m.UserID); peer != "" {
		name := s.name(peer)
		v.Peer = &name
	}
	if c.last.Seq > 0 {
		last := c.last
		v.Last = &last
	}
	return v
}

// markRead moves a mark forward and tells whether it moved.
func (c *conversation) markRead(user domain.UserID, seq domain.Seq) bool {
	if seq <= c.reads[user] {
		return false
	}
	c.reads[user] = seq
	return true
}

func (c *conversation) readMark(user domain.UserID) domain.ReadMark {
	read, settled := c.reads[user], c.head().Settled()
	unread := domain.UnreadCount(settled, read, c.log.voidsIn(read, settled))
	return domain.ReadMark{LastRead: read, Unread: unread, Settled: settled}
}

func (c *conversation) head() domain.Head {
	head := domain.Head{Floor: c.LastSeq + 1, LastSeq: c.LastSeq}
	if len(c.log.pending) > 0 {
		head.Floor = c.log.pending[0]
	}
	return head
}

// place returns where the conversation stands in a list.
func (c *conversation) place() domain.ListCursor {
	if c.last.Seq > 0 {
		return domain.ListCursor{At: c.last.At, ID: c.ID}
	}
	return domain.ListCursor{At: c.CreatedAt, ID: c.ID}
}

// inListOrder is negative if a comes before b in a list, newest first, ties by id, descending.
func inListOrder(a, b domain.ListCursor) int {
	if d := b.At.Compare(a.At); d != 0 {
		return d
	}
	return strings.Compare(string(b.ID), string(a.ID))
}
