package memory

import (
	"context"
	"slices"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.ConversationStore = (*Store)(nil)
	_ ports.MembershipReader  = (*Store)(nil)
)

type conversationTables struct {
	conversations map[domain.ConversationID]*conversation
	byPair        map[string]*conversation // direct ones, by domain.DMKey
	// conversationsOf holds every conversation that a user ever was a member of.
	conversationsOf map[domain.UserID]map[domain.ConversationID]*conversation
	countOf         map[domain.UserID]int // how many conversations a user is an active member of
	moves           domain.ListMark       // grows with every move in lists
}

func newConversationTables() conversationTables {
	return conversationTables{
		conversations:   map[domain.ConversationID]*conversation{},
		byPair:          map[string]*conversation{},
		conversationsOf: map[domain.UserID]map[domain.ConversationID]*conversation{},
		countOf:         map[domain.UserID]int{},
		moves:           1, // 0 is no mark
	}
}

// conversation is a row with all that hangs on it.
type conversation struct {
	domain.ConversationSnapshot                              // Members are the active ones, longest-standing first
	reads                       map[domain.UserID]domain.Seq // how far everybody who ever was a member has read
	last                        domain.LastMessage           // seq 0 before the first message
	movedAt                     domain.ListMark              // when last was set
	log                         allocationLog
}

// CreateDM implements ports.ConversationStore.
func (s *Store) CreateDM(ctx context.Context, c *domain.Conversation) (domain.ConversationID, bool, error) {
	if err := s.begin(ctx); err != nil {
		return "", false, err
	}
	defer s.mu.Unlock()
	snapshot := c.Snapshot()
	pair := domain.DMKey(snapshot.Members[0].UserID, snapshot.Members[1].UserID)
	if there := s.byPair[pair]; there != nil {
		return there.ID, false, nil
	}
	row, err := s.addConversation(snapshot)
	if err != nil {
		return "", false, err
	}
	s.byPair[pair] = row
	return row.ID, true, nil
}

// CreateGroup implements ports.ConversationStore.
func (s *Store) CreateGroup(ctx context.Context, c *domain.Conversation) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	_, err := s.addConversation(c.Snapshot())
	return err
}

// ChangeConversation implements ports.ConversationStore.
func (s *Store) ChangeConversation(
	ctx context.Context, id domain.ConversationID, change func(*domain.Conversation) error,
) (domain.ConversationSnapshot, error) {
	if err := s.begin(ctx); err != nil {
		return domain.ConversationSnapshot{}, err
	}
	defer s.mu.Unlock()
	row := s.conversations[id]
	if row == nil {
		return domain.ConversationSnapshot{}, domain.ErrConversationNotFound
	}
	c := domain.RestoreConversation(row.ConversationSnapshot)
	if err := change(c); err != nil {
		return domain.ConversationSnapshot{}, err
	}
	if err := s.checkRoom(c.Snapshot(), row.Members); err != nil {
		return domain.ConversationSnapshot{}, err
	}
	return s.saveConversation(row, c), nil
}

// Members implements ports.MembershipReader.
func (s *Store) Members(ctx context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	sets := make(map[domain.ConversationID]domain.MemberSet, len(ids))
	for _, id := range ids {
		if row := s.conversations[id]; row != nil {
			sets[id] = row.memberSet()
		}
	}
	return sets, nil
}

func (s *Store) addConversation(snapshot domain.ConversationSnapshot) (*conversation, error) {
	for _, m := range snapshot.Members {
		if err := s.requireAccount(m.UserID); err != nil {
			return nil, err
		}
	}
	if err := s.checkRoom(snapshot, nil); err != nil {
		return nil, err
	}
	row := &conversation{reads: map[domain.UserID]domain.Seq{}, log: newAllocationLog()}
	s.conversations[snapshot.ID] = row
	s.saveConversation(row, domain.RestoreConversation(snapshot))
	return row, nil
}

// checkRoom checks that those who join are not in too many conversations.
func (s *Store) checkRoom(after domain.ConversationSnapshot, before []domain.Membership) error {
	return after.CheckRoom(domain.DiffMembers(before, after.Members).Joined, s.countOf)
}

// saveConversation keeps a changed conversation and returns its state. Who joined has read everything.
func (s *Store) saveConversation(row *conversation, c *domain.Conversation) domain.ConversationSnapshot {
	before, after := row.Members, c.Snapshot()
	row.ConversationSnapshot = after
	changes := domain.DiffMembers(before, after.Members)
	for _, user := range changes.Left {
		s.countOf[user]--
	}
	for _, m := range changes.Joined {
		s.countOf[m.UserID]++
		row.reads[m.UserID] = row.LastSeq
		if s.conversationsOf[m.UserID] == nil {
			s.conversationsOf[m.UserID] = map[domain.ConversationID]*conversation{}
		}
		s.conversationsOf[m.UserID][row.ID] = row
	}
	after.Members = slices.Clone(after.Members)
	return after
}

// activeIn returns a conversation and the membership of a user in it; ErrConversationNotFound unless that is active.
func (s *Store) activeIn(id domain.ConversationID, user domain.UserID) (*conversation, domain.Membership, error) {
	if row := s.conversations[id]; row != nil {
		if m, active := row.member(user); active {
			return row, m, nil
		}
	}
	return nil, domain.Membership{}, domain.ErrConversationNotFound
}

func (c *conversation) member(user domain.UserID) (domain.Membership, bool) {
	for _, m := range c.Members {
		if m.UserID == user {
			return m, true
		}
	}
	return domain.Membership{}, false
}

func (c *conversation) memberSet() domain.MemberSet {
	set := domain.MemberSet{Version: c.MembersVersion, Users: make([]domain.UserID, 0, len(c.Members))}
	for _, m := range c.Members {
		set.Users = append(set.Users, m.UserID)
	}
	return set
}

// peer returns the other person of a direct conversation; empty for a group.
func (c *conversation) peer(user domain.UserID) domain.UserID {
	if c.Type == domain.DM {
		for _, m := range c.Members {
			if m.UserID != user {
				return m.UserID
			}
		}
	}
	return ""
}
