package portstest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Allocating is a Core whose seqs are given out by an allocator.
type Allocating struct {
	Core
	Allocations ports.Allocations
	Now         ports.Clock // the time the allocator goes by
	Pass        Pass        // also backwards, by a negative time
}

// OpenAllocating returns a fresh, empty Allocating; it cleans up with t.
type OpenAllocating func(t testing.TB) Allocating

// RunAllocations is the contract of ports.Allocations, and of the heads and unread counts that follow from it.
func RunAllocations(t *testing.T, open OpenAllocating) {
	t.Run("allocating", func(t *testing.T) { runAllocate(t, open) })
	t.Run("who may allocate", func(t *testing.T) { runAllocators(t, open) })
	t.Run("racing allocations", func(t *testing.T) { runRacingAllocations(t, open) })
	t.Run("a refused seq", func(t *testing.T) { runRefused(t, open) })
	t.Run("voiding", func(t *testing.T) { runVoid(t, open) })
	t.Run("settling", func(t *testing.T) { runSettle(t, open) })
	t.Run("leasing what is unfinished", func(t *testing.T) { runLease(t, open) })
	t.Run("purging", func(t *testing.T) { runPurge(t, open) })
	t.Run("unread is exact whatever happens", func(t *testing.T) { runUnreadOfAllocations(t, open) })
}

// allocating is a group in which one writes and the other reads.
type allocating struct {
	Allocating
	writer, reader domain.User
	group          domain.ConversationID
}

func newAllocating(t *testing.T, open OpenAllocating) allocating {
	a := allocating{Allocating: open(t)}
	a.writer, a.reader = a.AddUser(t, "anna"), a.AddUser(t, "bob")
	a.group = a.AddGroup(t, a.Now(), a.writer, a.reader)
	return a
}

// request returns the request of a new draft by the writer.
func (a allocating) request() domain.AllocationRequest { return a.requestOf(a.writer) }

func (a allocating) requestOf(sender domain.User) domain.AllocationRequest {
	id := NewUUID()
	r := domain.AllocationRequest{
		Conversation: a.group, Sender: sender.ID, ClientMsgID: id, BodyHash: domain.Draft{Body: id}.BodyHash(),
	}
	copy(r.Entropy[:], id[len(id)-len(r.Entropy):])
	return r
}

func (a allocating) allocate(t *testing.T, r domain.AllocationRequest) domain.Allocation {
	t.Helper()
	made, created, err := a.Allocations.Allocate(t.Context(), r)
	require.NoError(t, err)
	require.True(t, created)
	return made
}

// allocateN makes n allocations, seqs 1…n of a fresh group.
func (a allocating) allocateN(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		require.EqualValues(t, i+1, a.allocate(t, a.request()).Seq)
	}
}

func (a allocating) settle(t *testing.T, state domain.AllocationState, seqs ...domain.Seq) {
	t.Helper()
	settlements := make([]domain.Settlement, 0, len(seqs))
	for _, seq := range seqs {
		settlements = append(settlements, a.settlement(seq, state, a.writer))
	}
	require.NoError(t, a.Allocations.Settle(t.Context(), settlements))
}

func (a allocating) settlement(seq domain.Seq, state domain.AllocationState, sender domain.User) domain.Settlement {
	return domain.Settlement{Conversation: a.group, Seq: seq, State: state, Last: domain.Pointer{
		Conversation: a.group, ID: domain.NewMessageID(a.Now(), domain.MessageIDEntropy{}, seq), Seq: seq, Sender: sender.ID,
		CreatedAt: domain.StoredTime(a.Now()), Preview: "hello",
	}}
}

func (a allocating) void(t *testing.T, seq domain.Seq, why domain.VoidReason) {
	t.Helper()
	require.NoError(t, a.Allocations.Void(t.Context(), a.group, seq, why))
}

func (a allocating) requireHead(t *testing.T, floor, last domain.Seq) {
	t.Helper()
	head, err := a.Heads.Head(t.Context(), a.reader.ID, a.group)
	require.NoError(t, err)
	require.Equal(t, domain.Head{Floor: floor, LastSeq: last}, head)
}

func (a allocating) requireUnread(t *testing.T, want int64) {
	t.Helper()
	require.Equal(t, want, a.view(t, a.reader, a.group).Read.Unread)
}

func runAllocate(t *testing.T, open OpenAllocating) {
	t.Run("a request gets the next seq and an id that carries it", func(t *testing.T) {
		a := newAllocating(t, open)
		version := a.state(t, a.group).MembersVersion
		for want := domain.Seq(1); want <= 3; want++ {
			r := a.request()
			got := a.allocate(t, r)
			require.Equal(t, domain.Allocation{
				Conversation: a.group, Seq: want, MessageID: domain.NewMessageID(got.CreatedAt, r.Entropy, want), Sender: a.writer.ID,
				ClientMsgID: r.ClientMsgID, BodyHash: r.BodyHash, CreatedAt: domain.StoredTime(got.CreatedAt),
				MembersVersion: version, State: domain.Pending,
			}, got)
			a.requireHead(t, 1, want)
		}
	})

	t.Run("a repeat returns what the first made, whatever became of it", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		first := a.allocate(t, r)
		requireRepeat := func() {
			again := r
			again.Entropy[0]++
			got, created, err := a.Allocations.Allocate(t.Context(), again)
			require.NoError(t, err)
			require.False(t, created)
			require.Equal(t, first, got)
		}
		requireRepeat()
		for _, state := range []domain.AllocationState{domain.Stored, domain.Published} {
			a.settle(t, state, first.Seq)
			first.State = state
			requireRepeat()
		}
		a.requireHead(t, 2, 1)
	})

	t.Run("a client_msg_id used for another text is refused and uses no seq", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		a.allocate(t, r)
		r.BodyHash[0]++
		_, _, err := a.Allocations.Allocate(t.Context(), r)
		require.ErrorIs(t, err, domain.ErrClientMsgIDReused)
		a.requireHead(t, 1, 1)
	})

	t.Run("client_msg_ids are told apart by letter case, by sender and by conversation", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		r.ClientMsgID = "id-x"
		a.allocate(t, r)
		upper, bySender, elsewhere := r, r, r
		upper.ClientMsgID = "ID-X"
		bySender.Sender = a.reader.ID
		elsewhere.Conversation = a.AddGroup(t, a.Now(), a.writer)
		require.EqualValues(t, 2, a.allocate(t, upper).Seq)
		require.EqualValues(t, 3, a.allocate(t, bySender).Seq)
		require.EqualValues(t, 1, a.allocate(t, elsewhere).Seq)
	})

	t.Run("created_at never goes back inside a conversation, when the clock does", func(t *testing.T) {
		a := newAllocating(t, open)
		first := a.allocate(t, a.request())
		second := a.allocate(t, a.request())
		require.False(t, second.CreatedAt.Before(first.CreatedAt))
		a.Pass(-24 * time.Hour)
		third := a.allocate(t, a.request())
		require.False(t, third.CreatedAt.Before(second.CreatedAt))
		require.Equal(t, third.CreatedAt, third.MessageID.Time())
	})

	t.Run("the version of the members is that of the moment", func(t *testing.T) {
		a := newAllocating(t, open)
		after := a.Remove(t, a.group, a.writer, a.reader)
		require.Equal(t, after.MembersVersion, a.allocate(t, a.request()).MembersVersion)
		after = a.Join(t, a.group, a.writer, a.reader, a.Now())
		require.Equal(t, after.MembersVersion, a.allocate(t, a.request()).MembersVersion)
	})

	t.Run("a context that has ended uses no seq", func(t *testing.T) {
		a := newAllocating(t, open)
		_, _, err := a.Allocations.Allocate(cancelled(t), a.request())
		require.Error(t, err)
		a.requireHead(t, 1, 0)
	})
}
