package sqlite

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestMovesSinceAMark(t *testing.T) {
	var commits atomic.Int64
	m := newMoves(&commits)
	since := func(mark domain.ListMark) []domain.ConversationID {
		ids, all := m.since(mark)
		require.False(t, all)
		return ids
	}
	before := m.mark()
	require.Empty(t, since(before))

	m.moved("a")
	during := m.mark() // the change is not committed: a list that is read now does not show it
	commits.Add(1)
	after := m.mark()
	require.Equal(t, []domain.ConversationID{"a"}, since(before))
	require.Equal(t, []domain.ConversationID{"a"}, since(during))
	require.Empty(t, since(after))

	for name, mark := range map[string]domain.ListMark{"of another run": 1, "of the future": after + 1, "of nothing": 0} {
		_, all := m.since(mark)
		require.True(t, all, name)
	}
}

func TestMovesAreBoundedAndForgetNothingThatIsNotCommitted(t *testing.T) {
	var commits atomic.Int64
	m := newMoves(&commits)
	old := m.mark()
	for i := range maxMoves {
		m.moved(domain.ConversationID(fmt.Sprint(i)))
		commits.Add(1)
	}
	m.moved("uncommitted")
	m.moved("one more")
	require.LessOrEqual(t, len(m.last), maxMoves)
	_, all := m.since(old)
	require.True(t, all, "what moved since an old mark is forgotten, so it may be everything")

	ids, all := m.since(m.mark())
	require.False(t, all)
	require.ElementsMatch(t, []domain.ConversationID{"uncommitted", "one more"}, ids)
}
