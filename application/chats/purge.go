package chats

import (
	"context"
	"log/slog"
	"time"

	"chatsystem/application/housekeeping"
	"chatsystem/ports"
)

// Retention is how long a finished allocation is kept, and with it the memory of its client_msg_id; 0 is for ever.
type Retention time.Duration

// PurgeAllocations forgets finished allocations that are older than the retention.
type PurgeAllocations struct{ *housekeeping.Purge }

// NewPurgeAllocations returns the use case.
func NewPurgeAllocations(a ports.Allocations, keep Retention, clock ports.Clock, log *slog.Logger) PurgeAllocations {
	some := func(ctx context.Context, limit int) (int, error) {
		if keep == 0 {
			return 0, nil
		}
		return a.PurgeAllocations(ctx, clock().Add(-time.Duration(keep)), limit)
	}
	return PurgeAllocations{housekeeping.NewPurge("allocations", some, log)}
}
