package simulation

import (
	"sync"
	"time"

	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports"
)

// bug is a planted mistake: each field replaces a part by one that has it. The zero bug is the system as it is.
type bug struct {
	allocations func(*process, ports.Allocations) ports.Allocations
	store       func(*process, ports.MessageStore) ports.MessageStore
	heads       func(*process, ports.HeadReader) ports.HeadReader
	resolver    func(*process, messages.Resolver) messages.Resolver
	invites     func(*process, ports.InviteStore) ports.InviteStore

	conversations func(*process, ports.ConversationStore) ports.ConversationStore

	cache    func(*process, ports.MembershipCache) ports.MembershipCache
	gateways func(*process, ports.GatewayPublisher) ports.GatewayPublisher
	registry func(*process, ports.PresenceRegistry) ports.PresenceRegistry
	source   func(*process, ports.EventSource) ports.EventSource
	rules    rules

	fromLast          bool // a new group of consumers begins with what comes next
	leaveBeforeClose  bool // a gateway that stops takes presence back before it closes connections
	headBeforeBody    bool // a long text is written after its head
	bodyUnconditional bool // a long text replaces what is there
}

// planted is a bug, and how it is found.
type planted struct {
	name     string
	rule     string // the sentence that it breaks
	promises string // that it may break, of which the run must find one
	within   uint64 // seeds
	plant    func() bug
}

// plantedBugs breaks the rules that are easy to leave out, one by one: first those of the log, then of delivery, then of
// clients. docs/simulation.md shows them.
var plantedBugs = []planted{
	{
		"membership checked before the lock", "lock the conversation row first, then check that the sender is an active member", "I2 I5", 300,
		func() bug {
			return bug{allocations: func(p *process, a ports.Allocations) ports.Allocations { return checkedBeforeLock{a, p} }}
		},
	},
	{
		"refused seq not listed as a void", "a refused seq becomes VOID and is added to voids in the transaction that replaces it", "I6", 20,
		func() bug {
			return bug{allocations: func(_ *process, a ports.Allocations) ports.Allocations { return refusedUnlisted{a} }}
		},
	},
	{
		"long text written after its head", "a body item is written first", "I1", 20,
		func() bug { return bug{headBeforeBody: true} },
	},
	{
		"long text without the condition", "a body item is written under the same condition", "I1", 300,
		func() bug { return bug{bodyUnconditional: true} },
	},
	{
		"state changed by client_msg_id", "state changes by (conversation_id, seq) and the state it leaves", "I1 I2 I3 I6", 300,
		func() bug {
			return bug{allocations: func(p *process, a ports.Allocations) ports.Allocations { return byClientMsgID{a, p} }}
		},
	},
	{
		"tombstone carrying a message id", "a tombstone has no message_id", "I1", 20,
		func() bug {
			return bug{store: func(_ *process, s ports.MessageStore) ports.MessageStore { return tombstoneWithID{s} }}
		},
	},
	{
		"reconciler publishing a tombstone", "reconcile finishes what a tombstone holds as VOID", "I1 I3 I6", 20,
		func() bug {
			return bug{resolver: func(p *process, r messages.Resolver) messages.Resolver { return publishesTombstones{r, p} }}
		},
	},
	{
		"membership from the cache", "a reader's membership never comes from the cache", "I5", 20,
		func() bug {
			return bug{heads: func(p *process, h ports.HeadReader) ports.HeadReader {
				return membersFromCache{h, p, &sync.Mutex{}, map[string]time.Time{}}
			}}
		},
	},
	{
		"read above the floor", "history ends with the contiguous run that reaches the floor and goes on upward as far as it is unbroken", "I3", 20,
		func() bug {
			return bug{heads: func(_ *process, h ports.HeadReader) ports.HeadReader {
				return headAs{h, func(h *domain.Head) { h.Floor = h.LastSeq + 1 }}
			}}
		},
	},
	{
		"head above last_seq", "history is never above the last_seq that was read with the floor", "I4 I5", 1000,
		func() bug {
			return bug{heads: func(_ *process, h ports.HeadReader) ports.HeadReader {
				return headAs{h, func(h *domain.Head) { h.LastSeq = domain.MaxSeq }}
			}}
		},
	},
	{
		"floor read after the entries", "membership and floor are read before the store's query", "I3", 300,
		func() bug {
			pages := &entriesFirst{read: map[string][]domain.Entry{}}
			return bug{
				heads: func(p *process, h ports.HeadReader) ports.HeadReader { return entriesFirstHeads{h, p, pages} },
				store: func(_ *process, s ports.MessageStore) ports.MessageStore { return entriesFirstStore{s, pages} },
			}
		},
	},
	{
		"member limit checked before the lock", "every membership change locks the conversation row first; so does the limit of 100", "I7", 1000,
		func() bug {
			return bug{invites: func(_ *process, i ports.InviteStore) ports.InviteStore { return limitBeforeLock{i} }}
		},
	},
	{
		"plain member joining an empty group", "the first user who joins a group that everybody has left becomes its admin", "I7", 300,
		func() bug {
			return bug{invites: func(_ *process, i ports.InviteStore) ports.InviteStore { return joinsAsMember{i} }}
		},
	},
	{
		"last admin leaving without an heir", "when the last admin leaves, the longest-standing member becomes admin", "I7", 20,
		func() bug {
			return bug{conversations: func(_ *process, c ports.ConversationStore) ports.ConversationStore { return noHeir{c} }}
		},
	},
	{
		"group starting at the last offset", "a new group starts at the first offset", "I4", 1000,
		func() bug { return bug{fromLast: true} },
	},
	{
		"offset committed before publish", "offsets are committed after the publishes", "I4", 1000,
		func() bug {
			return bug{source: func(p *process, s ports.EventSource) ports.EventSource { return committedWhenFetched{s, p} }}
		},
	},
	{
		"member cache without version", "fan-out uses a cached set only if its version is not lower than the event's", "I4 I5", 300,
		func() bug {
			return bug{cache: func(_ *process, c ports.MembershipCache) ports.MembershipCache { return ageless{c} }}
		},
	},
	{
		"missing lease not told", "a lease found missing or run out means resync for that connection", "I4", 300,
		func() bug {
			return bug{registry: func(_ *process, r ports.PresenceRegistry) ports.PresenceRegistry { return noneMissing{r} }}
		},
	},
	{
		"presence refreshed by EXPIRE only", "every gateway re-adds its live connections", "I4", 300,
		func() bug {
			return bug{registry: func(p *process, r ports.PresenceRegistry) ports.PresenceRegistry {
				return expireOnly{r, p, &sync.Mutex{}, map[domain.Lease]bool{}}
			}}
		},
	},
	{
		"removal on zero receivers", "a publish with 0 receivers removes nothing", "I4", 300,
		func() bug {
			return bug{gateways: func(p *process, g ports.GatewayPublisher) ports.GatewayPublisher { return removesUnheard{g, p} }}
		},
	},
	{
		"resync before re-registering", "re-register all connections, then resync them", "I4", 300,
		func() bug {
			return bug{registry: func(p *process, r ports.PresenceRegistry) ports.PresenceRegistry { return renewsLater{r, p, false} }}
		},
	},
	{
		"authenticated before registered", "register, then authenticated: the client fetches history after that", "I4", 300,
		func() bug {
			return bug{registry: func(p *process, r ports.PresenceRegistry) ports.PresenceRegistry { return renewsLater{r, p, true} }}
		},
	},
	{
		"presence left before the close", "a draining gateway closes a connection, then leaves presence; it is served until then", "I4", 300,
		func() bug { return bug{leaveBeforeClose: true} },
	},
	{
		"last moved by maximum", "last never moves to an event's seq across a gap", "I4", 20,
		func() bug { return bug{rules: rules{lastByMaximum: true}} },
	},
	{
		"last moved by a list", "last never moves by a list", "I4", 20,
		func() bug { return bug{rules: rules{lastByList: true}} },
	},
	{
		"one-shot gap fetch", "while last < heard a client fetches again until the gap is closed", "I4", 300,
		func() bug { return bug{rules: rules{fetchOnce: true}} },
	},
	{
		"restored server unnoticed", "a list behind what was known when it was asked for starts the conversation anew", "I4", 300,
		func() bug { return bug{rules: rules{neverRestored: true}} },
	},
}
