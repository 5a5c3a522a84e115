package users

import (
	"context"
	"log/slog"
	"time"

	"chatsystem/application/housekeeping"
	"chatsystem/ports"
)

// purgeMargin is beyond the life of any access token of an ended session.
const purgeMargin = time.Hour

// PurgeSessions forgets sessions that ended long ago.
type PurgeSessions struct{ *housekeeping.Purge }

// NewPurgeSessions returns the use case.
func NewPurgeSessions(s ports.SessionStore, clock ports.Clock, log *slog.Logger) PurgeSessions {
	some := func(ctx context.Context, limit int) (int, error) {
		return s.PurgeSessions(ctx, clock().Add(-purgeMargin), limit)
	}
	return PurgeSessions{housekeeping.NewPurge("sessions", some, log)}
}
