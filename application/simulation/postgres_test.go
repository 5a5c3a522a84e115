package simulation

import (
	"context"
	"fmt"
	"time"

	"chatsystem/adapters/memory"
	"chatsystem/domain"
	"chatsystem/ports"
)

// database is the relational database as one process reaches it. What is not here, look-ups of accounts, is no await point.
type database struct {
	*memory.Store

	p *process
}

var (
	_ ports.Allocations        = database{}
	_ ports.HeadReader         = database{}
	_ ports.ConversationStore  = database{}
	_ ports.InviteStore        = database{}
	_ ports.ConversationReader = database{}
	_ ports.SessionStore       = database{}
)

type allocated struct {
	domain.Allocation

	created bool
}

func (d database) Allocate(ctx context.Context, r domain.AllocationRequest) (domain.Allocation, bool, error) {
	a, err := through(ctx, d.p, "postgres.allocate", r.ClientMsgID, func(ctx context.Context) (allocated, error) {
		a, created, err := d.Store.Allocate(ctx, r)
		if err == nil && created {
			d.p.w.model.allocated(a)
		}
		if err == nil && r.Refused.Seq > 0 {
			d.p.w.seen("seq refused and replaced")
		}
		return allocated{a, created}, err
	})
	return a.Allocation, a.created, err
}

func (d database) Void(ctx context.Context, c domain.ConversationID, seq domain.Seq, why domain.VoidReason) error {
	return do(ctx, d.p, "postgres.void", place(c, seq), func(ctx context.Context) error {
		d.p.w.seen("seq closed")
		return d.Store.Void(ctx, c, seq, why)
	})
}

func (d database) Settle(ctx context.Context, s []domain.Settlement) error {
	return do(ctx, d.p, "postgres.settle", fmt.Sprint(len(s)), func(ctx context.Context) error { return d.Store.Settle(ctx, s) })
}

func (d database) LeaseUnfinished(ctx context.Context, age, lease time.Duration, limit int) ([]domain.Allocation, error) {
	return through(ctx, d.p, "postgres.lease", "", func(ctx context.Context) ([]domain.Allocation, error) {
		return d.Store.LeaseUnfinished(ctx, age, lease, limit)
	})
}

func (d database) Head(ctx context.Context, viewer domain.UserID, c domain.ConversationID) (domain.Head, error) {
	return through(ctx, d.p, "postgres.head", short(viewer), func(ctx context.Context) (domain.Head, error) { return d.Store.Head(ctx, viewer, c) })
}

type marked struct {
	mark  domain.ReadMark
	moved bool
	peer  domain.UserID
}

func (d database) MarkRead(ctx context.Context, user domain.UserID, c domain.ConversationID, seq domain.Seq) (domain.ReadMark, bool, domain.UserID, error) {
	m, err := through(ctx, d.p, "postgres.mark read", short(user), func(ctx context.Context) (marked, error) {
		mark, moved, peer, err := d.Store.MarkRead(ctx, user, c, seq)
		if err == nil {
			d.p.w.checkUnread(c, mark)
		}
		return marked{mark, moved, peer}, err
	})
	return m.mark, m.moved, m.peer, err
}

type createdDM struct {
	id      domain.ConversationID
	created bool
}

func (d database) CreateDM(ctx context.Context, c *domain.Conversation) (domain.ConversationID, bool, error) {
	out, err := through(ctx, d.p, "postgres.create dm", "", func(ctx context.Context) (createdDM, error) {
		id, created, err := d.Store.CreateDM(ctx, c)
		if err == nil && created {
			d.p.w.model.changed(c.Snapshot())
		}
		return createdDM{id, created}, err
	})
	return out.id, out.created, err
}

func (d database) CreateGroup(ctx context.Context, c *domain.Conversation) error {
	return do(ctx, d.p, "postgres.create group", "", func(ctx context.Context) error {
		err := d.Store.CreateGroup(ctx, c)
		if err == nil {
			d.p.w.model.changed(c.Snapshot())
		}
		return err
	})
}

func (d database) ChangeConversation(ctx context.Context, id domain.ConversationID, change func(*domain.Conversation) error) (domain.ConversationSnapshot, error) {
	return through(ctx, d.p, "postgres.change", short(id), func(ctx context.Context) (domain.ConversationSnapshot, error) {
		after, err := d.Store.ChangeConversation(ctx, id, change)
		if err == nil {
			d.p.w.model.changed(after)
		}
		return after, err
	})
}

type openedInvite struct {
	invite  domain.Invite
	created bool
}

func (d database) OpenInvite(ctx context.Context, i domain.Invite, check func(*domain.Conversation) error) (domain.Invite, bool, error) {
	out, err := through(ctx, d.p, "postgres.invite", short(i.Invited), func(ctx context.Context) (openedInvite, error) {
		i, created, err := d.Store.OpenInvite(ctx, i, check)
		return openedInvite{i, created}, err
	})
	return out.invite, out.created, err
}

func (d database) ChangeInvite(ctx context.Context, id domain.InviteID, change func(*domain.Conversation, *domain.Invite) error) (domain.ConversationSnapshot, error) {
	return through(ctx, d.p, "postgres.change invite", string(id), func(ctx context.Context) (domain.ConversationSnapshot, error) {
		after, err := d.Store.ChangeInvite(ctx, id, change)
		if err == nil {
			d.p.w.model.changed(after)
		}
		return after, err
	})
}

func (d database) PendingInvites(ctx context.Context, user domain.UserID) ([]domain.InviteView, error) {
	return through(ctx, d.p, "postgres.invites", short(user), func(ctx context.Context) ([]domain.InviteView, error) {
		return d.Store.PendingInvites(ctx, user)
	})
}

func (d database) ListConversations(ctx context.Context, viewer domain.UserID, after domain.ListCursor, limit int) (domain.ConversationList, error) {
	return through(ctx, d.p, "postgres.list", short(viewer), func(ctx context.Context) (domain.ConversationList, error) {
		list, err := d.Store.ListConversations(ctx, viewer, after, limit)
		for _, v := range list.Views {
			d.p.w.checkUnread(v.ID, v.Read)
		}
		return list, err
	})
}

func (d database) ViewConversation(ctx context.Context, viewer domain.UserID, id domain.ConversationID) (domain.ConversationView, error) {
	return through(ctx, d.p, "postgres.view", short(viewer), func(ctx context.Context) (domain.ConversationView, error) {
		v, err := d.Store.ViewConversation(ctx, viewer, id)
		if err == nil {
			d.p.w.checkUnread(id, v.Read)
		}
		return v, err
	})
}

func (d database) Members(ctx context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error) {
	return through(ctx, d.p, "postgres.members", fmt.Sprint(len(ids)), func(ctx context.Context) (map[domain.ConversationID]domain.MemberSet, error) {
		return d.Store.Members(ctx, ids)
	})
}

func (d database) UserByEmail(ctx context.Context, email string) (domain.User, error) {
	return through(ctx, d.p, "postgres.user", email, func(ctx context.Context) (domain.User, error) { return d.Store.UserByEmail(ctx, email) })
}

func (d database) CreateSession(ctx context.Context, checked string, s domain.Session, first domain.RefreshToken) error {
	return do(ctx, d.p, "postgres.create session", short(s.UserID), func(ctx context.Context) error {
		return d.Store.CreateSession(ctx, checked, s, first)
	})
}

func (d database) Exchange(ctx context.Context, presented domain.TokenHash, next domain.RefreshToken, now time.Time) (domain.Session, error) {
	return through(ctx, d.p, "postgres.exchange", fmt.Sprintf("%x", presented[:4]), func(ctx context.Context) (domain.Session, error) {
		return d.Store.Exchange(ctx, presented, next, now)
	})
}

func (d database) SessionByToken(ctx context.Context, presented domain.TokenHash) (domain.Session, error) {
	return through(ctx, d.p, "postgres.session", fmt.Sprintf("%x", presented[:4]), func(ctx context.Context) (domain.Session, error) {
		return d.Store.SessionByToken(ctx, presented)
	})
}

func (d database) Revoke(ctx context.Context, user domain.UserID, ids []domain.SessionID) ([]domain.SessionID, error) {
	return through(ctx, d.p, "postgres.revoke", short(user), func(ctx context.Context) ([]domain.SessionID, error) { return d.Store.Revoke(ctx, user, ids) })
}

func (d database) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	return through(ctx, d.p, "postgres.revoked", fmt.Sprint(len(ids)), func(ctx context.Context) ([]domain.SessionID, error) { return d.Store.Revoked(ctx, ids) })
}

// place names a seq of a conversation in a trace.
func place(c domain.ConversationID, seq domain.Seq) string {
	return fmt.Sprintf("%s/%d", short(c), seq)
}

// short returns what tells the ids of a run apart.
func short[T ~string](id T) string { return string(id[max(0, len(id)-4):]) }
