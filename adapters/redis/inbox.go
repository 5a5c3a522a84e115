package redis

import "sync"

const (
	// inboxBytes bounds what waits for the gateway in this process: its connections come back and catch up instead of
	// waiting longer.
	inboxBytes = 32 << 20
	// messageOverhead is counted for each message besides its text.
	messageOverhead = 64
)

// inbox is the bounded queue between the subscription and the gateway: the reader of the subscription never waits. When
// it overflows it is emptied and says so.
type inbox struct {
	capacity int           // bytes
	filled   chan struct{} // holds one signal while there is something to take

	mu    sync.Mutex
	queue []string
	size  int
	lost  bool // something may have been lost since the last take
}

func newInbox(capacity int) *inbox { return &inbox{capacity: capacity, filled: make(chan struct{}, 1)} }

// put adds a message, or loses it together with all that is queued.
func (b *inbox) put(message string) {
	b.mu.Lock()
	if b.size += len(message) + messageOverhead; b.size > b.capacity {
		b.queue, b.size, b.lost = nil, 0, true
	} else {
		b.queue = append(b.queue, message)
	}
	b.mu.Unlock()
	b.signal()
}

// gap says that something may have been lost up to now.
func (b *inbox) gap() {
	b.mu.Lock()
	b.lost = true
	b.mu.Unlock()
	b.signal()
}

// take returns what is queued, and whether something may have been lost before.
func (b *inbox) take() (messages []string, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	messages, lost = b.queue, b.lost
	b.queue, b.size, b.lost = nil, 0, false
	return messages, lost
}

func (b *inbox) signal() {
	select {
	case b.filled <- struct{}{}:
	default:
	}
}
