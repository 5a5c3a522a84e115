package simulation

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports"
)

// checkedBeforeLock looks whether the sender is a member, and only then locks the conversation.
type checkedBeforeLock struct {
	ports.Allocations

	p *process
}

func (b checkedBeforeLock) Allocate(ctx context.Context, r domain.AllocationRequest) (domain.Allocation, bool, error) {
	if _, err := (database{b.p.w.postgres, b.p}).Head(ctx, r.Sender, r.Conversation); err != nil {
		return domain.Allocation{}, false, err
	}
	a, created, err := b.Allocations.Allocate(ctx, r)
	if errors.Is(err, domain.ErrConversationNotFound) { // no member any more: in the name of one, as nobody asks again
		sender, id := r.Sender, r.ClientMsgID
		r.Sender, r.ClientMsgID = b.p.w.someMember(r.Conversation), id+"?"
		a, created, err = b.Allocations.Allocate(ctx, r)
		a.Sender, a.ClientMsgID = sender, id
	}
	return a, created, err
}

// refusedUnlisted closes a refused seq without listing it as a void.
type refusedUnlisted struct{ ports.Allocations }

func (b refusedUnlisted) Allocate(ctx context.Context, r domain.AllocationRequest) (domain.Allocation, bool, error) {
	r.Refused.Foreign = r.Refused.Seq > 0
	return b.Allocations.Allocate(ctx, r)
}

// byClientMsgID closes what the client_msg_id of a seq stands for now.
type byClientMsgID struct {
	ports.Allocations

	p *process
}

func (b byClientMsgID) Void(ctx context.Context, c domain.ConversationID, seq domain.Seq, why domain.VoidReason) error {
	m := b.p.w.model
	m.mu.Lock()
	all := slices.Collect(maps.Values(m.given))
	m.mu.Unlock()
	at := slices.IndexFunc(all, func(g given) bool { return g.Conversation == c && g.Seq == seq && g.server == b.p.w.server })
	for _, g := range all {
		if at >= 0 && g.Conversation == c && g.server == b.p.w.server && g.Sender == all[at].Sender && g.ClientMsgID == all[at].ClientMsgID {
			seq = max(seq, g.Seq)
		}
	}
	return b.Allocations.Void(ctx, c, seq, why)
}

// tombstoneWithID buries seqs under the id of the message that was to be there, by which a put knows its own.
type tombstoneWithID struct{ ports.MessageStore }

func (b tombstoneWithID) Put(ctx context.Context, m domain.Message) (domain.Entry, error) {
	held, err := b.MessageStore.Put(ctx, m)
	if err == nil && held.Kind == domain.EntryVoid {
		return domain.MessageEntry(m.Pointer), nil
	}
	return held, err
}

// publishesTombstones takes whatever holds the seq of an allocation for its message.
type publishesTombstones struct {
	messages.Resolver

	p *process
}

func (b publishesTombstones) Resolve(ctx context.Context, a domain.Allocation) (domain.Pointer, bool, error) {
	if b.p.w.entryAt(a.Conversation, a.Seq).Kind != domain.EntryVoid {
		return b.Resolver.Resolve(ctx, a)
	}
	return domain.Pointer{
		Conversation: a.Conversation, ID: a.MessageID, Seq: a.Seq, Sender: a.Sender, ClientMsgID: a.ClientMsgID,
		CreatedAt: a.CreatedAt, MembersVersion: a.MembersVersion,
	}, true, nil
}

// membersFromCache lets whoever was a member within the last minute read.
type membersFromCache struct {
	ports.HeadReader

	p     *process
	mu    *sync.Mutex
	until map[string]time.Time
}

func (b membersFromCache) Head(ctx context.Context, viewer domain.UserID, c domain.ConversationID) (domain.Head, error) {
	b.mu.Lock()
	known := time.Now().Before(b.until[string(viewer)+string(c)])
	b.mu.Unlock()
	if other := b.p.w.someMember(c); known && other != "" {
		return b.HeadReader.Head(ctx, other, c)
	}
	head, err := b.HeadReader.Head(ctx, viewer, c)
	if err == nil {
		b.mu.Lock()
		b.until[string(viewer)+string(c)] = time.Now().Add(time.Minute)
		b.mu.Unlock()
	}
	return head, err
}

// headAs shows readers another head than there is.
type headAs struct {
	ports.HeadReader

	change func(*domain.Head)
}

func (b headAs) Head(ctx context.Context, viewer domain.UserID, c domain.ConversationID) (domain.Head, error) {
	head, err := b.HeadReader.Head(ctx, viewer, c)
	b.change(&head)
	return head, err
}

// entriesFirst reads the entries of a page before its head.
type entriesFirst struct {
	mu   sync.Mutex
	read map[string][]domain.Entry // by the request that read them
}

type entriesFirstHeads struct {
	ports.HeadReader

	p     *process
	pages *entriesFirst
}

func (b entriesFirstHeads) Head(ctx context.Context, viewer domain.UserID, c domain.ConversationID) (domain.Head, error) {
	entries := b.p.w.entries(c, 1)
	b.pages.mu.Lock()
	b.pages.read[tagOf(ctx)] = entries
	b.pages.mu.Unlock()
	return b.HeadReader.Head(ctx, viewer, c)
}

type entriesFirstStore struct {
	ports.MessageStore

	pages *entriesFirst
}

func (b entriesFirstStore) EntriesFrom(ctx context.Context, c domain.ConversationID, from domain.Seq, limit int) ([]domain.Entry, error) {
	b.pages.mu.Lock()
	read, there := b.pages.read[tagOf(ctx)]
	b.pages.mu.Unlock()
	if !there || tagOf(ctx) == "" {
		return b.MessageStore.EntriesFrom(ctx, c, from, limit)
	}
	read = slices.DeleteFunc(slices.Clone(read), func(e domain.Entry) bool { return e.Seq < from })
	return read[:min(limit, len(read))], nil
}

// limitBeforeLock counts the members, and only then locks the conversation.
type limitBeforeLock struct{ ports.InviteStore }

var errOnlyLooking = errors.New("simulated: only looking")

func (b limitBeforeLock) ChangeInvite(ctx context.Context, id domain.InviteID, change func(*domain.Conversation, *domain.Invite) error) (domain.ConversationSnapshot, error) {
	full := false
	_, err := b.InviteStore.ChangeInvite(ctx, id, func(c *domain.Conversation, _ *domain.Invite) error {
		full = len(c.Snapshot().Members) >= domain.MaxActiveMembers
		return errOnlyLooking
	})
	if full || !errors.Is(err, errOnlyLooking) {
		return domain.ConversationSnapshot{}, errors.Join(err, domain.ErrGroupFull)
	}
	return b.InviteStore.ChangeInvite(ctx, id, func(c *domain.Conversation, i *domain.Invite) error {
		there := c.Snapshot()
		room := there
		room.Members = there.Members[:min(len(there.Members), domain.MaxActiveMembers-1)]
		changed := domain.RestoreConversation(room)
		if err := change(changed, i); err != nil {
			return err
		}
		after := changed.Snapshot()
		after.Members = append(after.Members, there.Members[len(room.Members):]...)
		*c = *domain.RestoreConversation(after)
		return nil
	})
}

// joinsAsMember makes everybody who joins a plain member.
type joinsAsMember struct{ ports.InviteStore }

func (b joinsAsMember) ChangeInvite(ctx context.Context, id domain.InviteID, change func(*domain.Conversation, *domain.Invite) error) (domain.ConversationSnapshot, error) {
	return b.InviteStore.ChangeInvite(ctx, id, func(c *domain.Conversation, i *domain.Invite) error {
		before := c.Snapshot().Members
		if err := change(c, i); err != nil {
			return err
		}
		after := c.Snapshot()
		for n := range after.Members {
			if len(domain.DiffMembers(before, after.Members[n:n+1]).Joined) > 0 {
				after.Members[n].Role = domain.RoleMember
			}
		}
		*c = *domain.RestoreConversation(after)
		return nil
	})
}

// noHeir lets the last admin leave without a successor.
type noHeir struct{ ports.ConversationStore }

func (b noHeir) ChangeConversation(ctx context.Context, id domain.ConversationID, change func(*domain.Conversation) error) (domain.ConversationSnapshot, error) {
	return b.ConversationStore.ChangeConversation(ctx, id, func(c *domain.Conversation) error {
		before := c.Snapshot().Members
		if err := change(c); err != nil {
			return err
		}
		after := c.Snapshot()
		if changes := domain.DiffMembers(before, after.Members); len(changes.Left) > 0 {
			for n := range after.Members {
				if slices.Contains(changes.Changed, after.Members[n]) {
					after.Members[n].Role = domain.RoleMember
				}
			}
		}
		*c = *domain.RestoreConversation(after)
		return nil
	})
}
