package messages

import (
	"sync"

	"chatsystem/domain"
)

// maxReported bounds what is remembered: after a restore there may be as many lost messages as there were in the time between.
const maxReported = 10_000

// reported remembers which messages a fault was reported of. Of further ones than maxReported nothing is reported: by then it
// is known what is wrong. The zero value is ready for use.
type reported struct {
	mu  sync.Mutex
	ids map[domain.MessageID]struct{}
}

// first tells whether the message is to be reported.
func (r *reported) first(id domain.MessageID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.ids[id]; known || len(r.ids) == maxReported {
		return false
	}
	if r.ids == nil {
		r.ids = map[domain.MessageID]struct{}{}
	}
	r.ids[id] = struct{}{}
	return true
}
