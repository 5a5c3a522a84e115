package sqlite

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"chatsystem/domain"
)

// maxMoves is how many conversations moves knows before it begins anew.
const maxMoves = 1 << 14

// moves knows which conversations got a message since when, for lists that are read page by page. It counts by the
// writer's commits and is not stored: to a mark of another run, or from before it began anew, everything has moved.
type moves struct {
	commits *atomic.Int64 // groups of changes that are committed

	mu   sync.Mutex
	base int64                           // what commit 0 would be marked with; chance keeps the marks of others apart
	last map[domain.ConversationID]int64 // the group in which a conversation moved last
}

func newMoves(commits *atomic.Int64) *moves {
	m := &moves{commits: commits, last: map[domain.ConversationID]int64{}}
	m.begin()
	return m
}

func (m *moves) begin() { m.base = 1 + rand.Int64N(1<<62) } //nolint:gosec // a mark is no secret

// moved notes that the change being made moves a conversation. Only the writer calls it, before the commit.
func (m *moves) moved(c domain.ConversationID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	committed := m.commits.Load()
	if len(m.last) >= maxMoves {
		for id, group := range m.last {
			if group <= committed { // the others are not visible yet, so they count for new marks
				delete(m.last, id)
			}
		}
		m.begin()
	}
	m.last[c] = committed + 1
}

// mark returns the mark of what is committed now. A list is read after that.
func (m *moves) mark() domain.ListMark {
	m.mu.Lock()
	defer m.mu.Unlock()
	return domain.ListMark(m.base + m.commits.Load())
}

// since returns the conversations that moved after a mark was taken; all is true if that may be every one.
func (m *moves) since(mark domain.ListMark) (ids []domain.ConversationID, all bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	group := int64(mark) - m.base
	if group < 0 || group > m.commits.Load() {
		return nil, true
	}
	for id, last := range m.last {
		if last > group {
			ids = append(ids, id)
		}
	}
	return ids, false
}
