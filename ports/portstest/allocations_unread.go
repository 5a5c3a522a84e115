package portstest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"chatsystem/domain"
)

// logModel counts one by one what an adapter computes.
type logModel struct {
	seqs   []modelSeq // seqs 1, 2, 3, …
	read   map[domain.UserID]domain.Seq
	active map[domain.UserID]bool
}

type modelSeq struct {
	sender domain.User
	kind   domain.EntryKind // 0 while pending
}

func (m *logModel) last() domain.Seq { return domain.Seq(len(m.seqs)) }

func (m *logModel) settled() domain.Seq {
	for i, s := range m.seqs {
		if s.kind == 0 {
			return domain.Seq(i)
		}
	}
	return m.last()
}

func (m *logModel) mark(u domain.UserID) domain.ReadMark {
	mark := domain.ReadMark{LastRead: m.read[u], Settled: m.settled()}
	for seq := mark.LastRead + 1; seq <= mark.Settled; seq++ {
		if m.seqs[seq-1].kind == domain.EntryMessage {
			mark.Unread++
		}
	}
	return mark
}

func (m *logModel) lastMessage() domain.Seq {
	for seq := m.last(); seq > 0; seq-- {
		if m.seqs[seq-1].kind == domain.EntryMessage {
			return seq
		}
	}
	return 0
}

// runUnreadOfAllocations takes random steps on a log and on its model.
func runUnreadOfAllocations(t *testing.T, open OpenAllocating) {
	a := allocating{Allocating: open(t)}
	users := a.AddUsers(t, "member", 3)
	rapid.Check(t, func(rt *rapid.T) {
		a := a // a group of its own
		a.group = a.AddGroup(t, a.Now(), users...)
		m := &logModel{read: map[domain.UserID]domain.Seq{}, active: map[domain.UserID]bool{}}
		for _, u := range users {
			m.active[u.ID] = true
		}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			a.step(t, rt, m, users)
			require.Equal(rt, domain.Head{Floor: m.settled() + 1, LastSeq: m.last()}, a.head(rt, t, users[0]))
			for _, u := range users {
				if m.active[u.ID] {
					v := a.view(t, u, a.group)
					require.Equal(rt, m.mark(u.ID), v.Read)
					require.Equal(rt, m.lastMessage() == 0, v.Last == nil)
					require.True(rt, v.Last == nil || v.Last.Seq == m.lastMessage())
				}
			}
		}
	})
}

func (a allocating) head(rt *rapid.T, t *testing.T, u domain.User) domain.Head {
	head, err := a.Heads.Head(t.Context(), u.ID, a.group)
	require.NoError(rt, err)
	return head
}

// step does one random thing to the log and to the model.
func (a allocating) step(t *testing.T, rt *rapid.T, m *logModel, users []domain.User) {
	u := rapid.SampledFrom(users).Draw(rt, "user")
	seq := domain.Seq(rapid.IntRange(1, int(m.last())+1).Draw(rt, "seq"))
	pending := seq <= m.last() && m.seqs[seq-1].kind == 0
	switch rapid.SampledFrom([]string{"allocate", "allocate", "settle", "settle", "void", "foreign", "read", "come or go"}).Draw(rt, "step") {
	case "allocate":
		if m.active[u.ID] {
			a.allocate(t, a.requestOf(u))
			m.seqs = append(m.seqs, modelSeq{sender: u})
		}
	case "settle":
		sender := u
		if seq <= m.last() {
			sender = m.seqs[seq-1].sender
		}
		state := rapid.SampledFrom([]domain.AllocationState{domain.Stored, domain.Published}).Draw(rt, "state")
		require.NoError(rt, a.Allocations.Settle(t.Context(), []domain.Settlement{a.settlement(seq, state, sender)}))
		if pending {
			m.seqs[seq-1].kind = domain.EntryMessage
			m.read[sender.ID] = max(m.read[sender.ID], seq)
		}
	case "void":
		a.void(t, seq, domain.VoidTombstone)
		if pending {
			m.seqs[seq-1].kind = domain.EntryVoid
		}
	case "foreign":
		if pending && m.lastMessage() > seq { // else its own message would be the last one, which no settlement tells
			a.void(t, seq, domain.VoidForeign)
			m.seqs[seq-1].kind = domain.EntryMessage
		}
	case "read":
		if m.active[u.ID] {
			mark, _, _, err := a.ReadMarks.MarkRead(t.Context(), u.ID, a.group, seq)
			require.NoError(rt, err)
			m.read[u.ID] = max(m.read[u.ID], min(seq, m.last()))
			require.Equal(rt, m.mark(u.ID), mark)
		}
	case "come or go":
		if u.ID == users[0].ID {
			return
		}
		if m.active[u.ID] {
			a.Remove(t, a.group, users[0], u)
		} else {
			a.Join(t, a.group, users[0], u, a.Now())
			m.read[u.ID] = m.last()
		}
		m.active[u.ID] = !m.active[u.ID]
	}
}
