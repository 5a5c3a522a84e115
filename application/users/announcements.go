package users

import (
	"context"
	"log/slog"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

const (
	announceTimeout  = time.Second     // while a user waits
	announceAgain    = 2 * time.Second // between tries in the background
	announceCapacity = 1024            // announcements that wait; beyond, the user is told to try again
)

// Announcements is a RevocationAnnouncer that does not hold up who ends sessions: what cannot be announced at once is
// announced as soon as that works, for as long as the access tokens of the sessions may live. If the process ends before,
// connections of those sessions last until their tokens run out.
type Announcements struct {
	next    ports.RevocationAnnouncer
	clock   ports.Clock
	log     *slog.Logger
	waiting chan announcement
}

// announcement is sessions whose end was not announced yet.
type announcement struct {
	ids   []domain.SessionID
	until time.Time // when their last access token has run out
}

var _ ports.RevocationAnnouncer = (*Announcements)(nil)

// NewAnnouncements returns an announcer in front of another one; Run does what could not be done at once.
func NewAnnouncements(next ports.RevocationAnnouncer, clock ports.Clock, log *slog.Logger) *Announcements {
	return &Announcements{next, clock, log, make(chan announcement, announceCapacity)}
}

// AnnounceRevoked implements ports.RevocationAnnouncer. It fails only if too many announcements wait already.
func (a *Announcements) AnnounceRevoked(ctx context.Context, ids []domain.SessionID, ttl time.Duration) error {
	until := a.clock().Add(ttl)
	now, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	err := a.next.AnnounceRevoked(now, ids, ttl)
	if err == nil {
		return nil
	}
	select {
	case a.waiting <- announcement{ids, until}:
		a.log.WarnContext(ctx, "end of sessions not announced yet, will try again", "count", len(ids), "error", err)
		return nil
	default:
		return err
	}
}

// Run announces what waits, in order, until ctx ends.
func (a *Announcements) Run(ctx context.Context) {
	for {
		select {
		case w := <-a.waiting:
			a.announce(ctx, w)
		case <-ctx.Done():
			return
		}
	}
}

func (a *Announcements) announce(ctx context.Context, w announcement) {
	for {
		left := w.until.Sub(a.clock())
		if left <= 0 {
			return // their tokens have run out
		}
		again, cancel := context.WithTimeout(ctx, announceTimeout)
		err := a.next.AnnounceRevoked(again, w.ids, left)
		cancel()
		if err == nil {
			return
		}
		select {
		case <-time.After(announceAgain):
		case <-ctx.Done():
			return
		}
	}
}
