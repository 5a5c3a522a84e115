package memory

import (
	"sync"

	"chatsystem/domain"
	"chatsystem/ports"
)

// inboxCapacity bounds what waits for one gateway: its connections come back and catch up instead of waiting longer.
const inboxCapacity = 8192

// inbox is the bounded queue of one gateway. When it overflows it is emptied and says so.
type inbox struct {
	capacity int
	filled   chan struct{} // holds one signal while there is something to take

	mu    sync.Mutex
	queue []notice
	lost  bool // something was lost since the last take
}

// notice is a delivery, or the ids of revoked sessions.
type notice struct {
	delivery ports.Delivery
	revoked  []domain.SessionID
}

// newInbox returns an inbox that has lost what was sent before.
func newInbox(capacity int) *inbox {
	return &inbox{capacity: capacity, filled: make(chan struct{}, 1), lost: true}
}

// put adds notices, or loses them together with all that is queued.
func (b *inbox) put(notices ...notice) {
	b.mu.Lock()
	if len(b.queue)+len(notices) > b.capacity {
		b.queue, b.lost = nil, true
	} else {
		b.queue = append(b.queue, notices...)
	}
	b.mu.Unlock()
	select {
	case b.filled <- struct{}{}:
	default:
	}
}

// take returns what is queued, and whether something was lost before it.
func (b *inbox) take() (notices []notice, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	notices, lost = b.queue, b.lost
	b.queue, b.lost = nil, false
	return notices, lost
}

func (n notice) handTo(r ports.GatewayReceiver) {
	if n.revoked != nil {
		r.SessionsRevoked(n.revoked)
		return
	}
	r.Deliver(n.delivery)
}
