package simulation

import (
	"context"
	"slices"
	"sync"
	"time"

	"chatsystem/domain"
)

// model is what must be true, kept beside the system: it sees every change of the stores as it happens, and every answer
// and event as it leaves.
type model struct {
	w *world

	mu      sync.Mutex
	members map[domain.ConversationID]map[int64]map[domain.UserID]bool // by members_version
	latest  map[domain.ConversationID]int64                            // members_version
	pairs   map[string]domain.ConversationID                           // of direct conversations
	given   map[domain.MessageID]given                                 // every seq ever given out
	acked   map[ackKey]domain.Message
	leases  map[domain.ConnectionID]lease
	ended   map[domain.SessionID]bool // announced, and known to Redis ever since
	pages   []pageRead
}

// given is an allocation and the step it was made in.
type given struct {
	domain.Allocation

	step   int
	server int // the state of the server that gave it
}

type ackKey struct {
	conversation domain.ConversationID
	sender       domain.UserID
	clientMsgID  string
	server       int // a server that was restored remembers nothing of what it was asked before
}

// lease is one that Redis was given and has not forgotten.
type lease struct {
	gateway domain.GatewayID
	until   time.Time
}

// pageRead is a page of history that somebody was shown.
type pageRead struct {
	conversation domain.ConversationID
	domain.HistoryPage
}

func newModel(w *world) *model {
	m := &model{w: w, given: map[domain.MessageID]given{}, acked: map[ackKey]domain.Message{}, ended: map[domain.SessionID]bool{}}
	m.forgetConversations()
	m.forgetLeases()
	return m
}

// forgetConversations begins anew with a database from a backup.
func (m *model) forgetConversations() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.members, m.latest = map[domain.ConversationID]map[int64]map[domain.UserID]bool{}, map[domain.ConversationID]int64{}
	m.pairs, m.pages = map[string]domain.ConversationID{}, nil
}

// forgetMessages begins anew with a message table from a backup.
func (m *model) forgetMessages() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.acked)
}

// forgetLeases notes that Redis has forgotten everything.
func (m *model) forgetLeases() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leases = map[domain.ConnectionID]lease{}
	clear(m.ended)
}

// changed takes in a conversation's state after a change (I7).
func (m *model) changed(c domain.ConversationSnapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.members[c.ID] == nil {
		m.members[c.ID] = map[int64]map[domain.UserID]bool{}
	}
	active := map[domain.UserID]bool{}
	for _, member := range c.Members {
		active[member.UserID] = true
	}
	m.members[c.ID][c.MembersVersion] = active
	m.latest[c.ID] = c.MembersVersion
	if len(active) > domain.MaxActiveMembers {
		m.w.violate("I7", "%s has %d members", short(c.ID), len(active))
	}
	if c.Type != domain.DM {
		m.checkAdmin(c)
		return
	}
	pair := domain.DMKey(c.Members[0].UserID, c.Members[1].UserID)
	if first, there := m.pairs[pair]; there && first != c.ID {
		m.w.violate("I7", "two direct conversations of one pair: %s and %s", short(first), short(c.ID))
	}
	m.pairs[pair] = c.ID
}

// checkAdmin checks that a group with members has an admin (I7).
func (m *model) checkAdmin(c domain.ConversationSnapshot) {
	isAdmin := func(member domain.Membership) bool { return member.Role == domain.RoleAdmin }
	switch {
	case len(c.Members) == 0:
		m.w.seen("group that everybody left")
	case !slices.ContainsFunc(c.Members, isAdmin):
		m.w.violate("I7", "%s has %d members and no admin", short(c.ID), len(c.Members))
	}
}

func (m *model) allocated(a domain.Allocation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.given[a.MessageID] = given{a, m.w.step, m.w.server}
}

// active tells whether a user was a member at a version.
func (m *model) active(c domain.ConversationID, version int64, user domain.UserID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.members[c][version][user]
}

// entitled tells whether a user was a member at a version or some later one.
func (m *model) entitled(c domain.ConversationID, version int64, user domain.UserID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for v := version; v <= m.latest[c]; v++ {
		if m.members[c][v][user] {
			return true
		}
	}
	return false
}

// always tells whether a user was a member at a version and has been ever since.
func (m *model) always(c domain.ConversationID, version int64, user domain.UserID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for v := version; v <= m.latest[c]; v++ {
		if set, there := m.members[c][v]; there && !set[user] {
			return false
		}
	}
	return m.members[c][m.latest[c]][user]
}

// conversations returns the ids of all conversations, ascending.
func (m *model) conversations() []domain.ConversationID {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sortedKeys(m.latest)
}

// givenAs returns the allocation of a message id.
func (m *model) givenAs(id domain.MessageID) (given, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, there := m.given[id]
	return g, there
}

// leased notes leases that Redis holds now.
func (m *model) leased(gw domain.GatewayID, leases []domain.Lease) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range leases {
		m.leases[l.Connection] = lease{gw, time.Now().Add(domain.LeaseTTL)}
	}
}

// revoked notes that Redis knows of ended sessions.
func (m *model) revoked(ids []domain.SessionID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		m.ended[id] = true
	}
}

// entries returns what the message table holds of a conversation, without an await point.
func (w *world) entries(c domain.ConversationID, from domain.Seq) []domain.Entry {
	entries, err := w.table.heads.EntriesFrom(context.Background(), c, from, 1<<20)
	if err != nil {
		panic(err)
	}
	return entries
}

// entryAt returns what holds a seq, without an await point.
func (w *world) entryAt(c domain.ConversationID, seq domain.Seq) domain.Entry {
	e, _, err := w.table.heads.EntryAt(context.Background(), c, seq)
	if err != nil {
		panic(err)
	}
	return e
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
