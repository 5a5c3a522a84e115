package postgres

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// desk answers for a gatherer when it is told to.
type desk struct {
	*gatherer
	locked map[domain.ConversationID]bool // left out of what is shared

	mu           sync.Mutex
	begun        []string // the transactions, in order
	commitShared chan struct{}
	commitAlone  chan struct{}
}

func newDesk() *desk {
	d := &desk{locked: map[domain.ConversationID]bool{}, commitShared: make(chan struct{}), commitAlone: make(chan struct{})}
	d.gatherer = newGatherer(d.share, d.alone)
	return d
}

func (d *desk) begin(how string, groups ...group) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, g := range groups {
		how += fmt.Sprintf(" %s×%d", g.conversation, len(g.members))
	}
	d.begun = append(d.begun, how)
}

func (d *desk) share(groups []group) (left []group) {
	d.begin("shared", groups...)
	<-d.commitShared
	for _, g := range groups {
		if d.locked[g.conversation] {
			left = append(left, g)
		} else {
			answer(g.members, nil)
		}
	}
	return left
}

func (d *desk) alone(g group) {
	d.begin("alone", g)
	<-d.commitAlone
	answer(g.members, nil)
}

// ask asks for something in each of these conversations at once.
func (d *desk) ask(t *testing.T, conversations ...domain.ConversationID) []*asking {
	t.Helper()
	var all []*asking
	for _, c := range conversations {
		all = append(all, &asking{ctx: context.Background(), conversation: c, done: make(chan struct{})})
	}
	require.NoError(t, d.enqueue(all...))
	synctest.Wait()
	return all
}

// commit ends n transactions.
func commit(n int, which chan struct{}) {
	for range n {
		which <- struct{}{}
	}
	synctest.Wait()
}

// busy is a desk all of whose lanes are under way.
func busy(t *testing.T) *desk {
	d := newDesk()
	for i := range maxLanes {
		d.ask(t, domain.ConversationID(fmt.Sprint("early", i)))
	}
	require.Len(t, d.begun, maxLanes, "nobody waits for others while there is a lane")
	d.begun = nil
	return d
}

func (d *desk) requireDone(t *testing.T, left int) {
	t.Helper()
	commit(left, d.commitShared)
	d.close()
	assert.Empty(t, d.lines)
	assert.Zero(t, d.lanes)
}

func TestConversationsShareATransactionOnceTheLanesAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := busy(t)
		d.ask(t, "a")
		d.ask(t, "b")
		d.ask(t, "a", "c")
		assert.Empty(t, d.begun)
		commit(1, d.commitShared)
		assert.Equal(t, []string{"shared a×2 b×1 c×1"}, d.begun)
		d.requireDone(t, maxLanes)
	})
}

func TestAConversationIsInOneTransactionAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		d.ask(t, "a")
		d.ask(t, "a")
		d.ask(t, "a", "b")
		assert.Equal(t, []string{"shared a×1", "shared b×1"}, d.begun, "there are lanes left")
		commit(2, d.commitShared)
		assert.Equal(t, []string{"shared a×1", "shared b×1", "shared a×2"}, d.begun)
		d.requireDone(t, 1)
	})
}

func TestALockedConversationHoldsNobodyElseUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		d.locked["a"] = true
		first := d.ask(t, "a", "b")
		commit(1, d.commitShared)
		assert.Equal(t, []string{"shared a×1 b×1", "alone a×1"}, d.begun)
		<-first[1].done
		d.ask(t, "b", "a")
		assert.Equal(t, []string{"shared a×1 b×1", "alone a×1", "shared b×1"}, d.begun, "who is behind it in its line waits")
		commit(1, d.commitAlone)
		<-first[0].done
		assert.Equal(t, "shared a×1", d.begun[3])
		d.locked = nil
		d.requireDone(t, 2)
	})
}

func TestATransactionIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := busy(t)
		var all []*asking
		for _, c := range []domain.ConversationID{"a", "b", "c"} {
			all = append(all, &asking{
				ctx: t.Context(), conversation: c, settlements: make([]domain.Settlement, maxGroup/2), done: make(chan struct{}),
			})
		}
		require.NoError(t, d.enqueue(all...))
		commit(1, d.commitShared)
		assert.Equal(t, []string{"shared a×1 b×1"}, d.begun)
		commit(1, d.commitShared)
		assert.Equal(t, []string{"shared a×1 b×1", "shared c×1"}, d.begun)
		d.requireDone(t, maxLanes)
	})
}

func TestWhatOneConversationHasNoRoomForIsRefusedAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := busy(t)
		for range maxWaiting {
			d.ask(t, "a")
		}
		err := d.enqueue(&asking{conversation: "b"}, &asking{conversation: "a"})
		require.ErrorIs(t, err, domain.ErrUnavailable)
		require.NotContains(t, d.lines, domain.ConversationID("b"))
		d.requireDone(t, maxLanes+maxWaiting/maxGroup)
	})
}
