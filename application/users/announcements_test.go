package users_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/application/users"
	"chatsystem/domain"
)

// record is where announcements arrive; it can be down.
type record struct {
	mu   sync.Mutex
	down bool
	ends map[domain.SessionID]time.Time // until when a session is known as ended
}

func (r *record) AnnounceRevoked(_ context.Context, ids []domain.SessionID, ttl time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return errors.New("down")
	}
	for _, id := range ids {
		r.ends[id] = time.Now().Add(ttl)
	}
	return nil
}

func (r *record) set(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

func (r *record) known() map[domain.SessionID]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := map[domain.SessionID]time.Time{}
	for id, until := range r.ends {
		known[id] = until
	}
	return known
}

// announcing runs a test beside the announcements, in a bubble of virtual time.
func announcing(t *testing.T, test func(t *testing.T, r *record, a *users.Announcements)) {
	synctest.Test(t, func(t *testing.T) {
		r := &record{ends: map[domain.SessionID]time.Time{}}
		a := users.NewAnnouncements(r, time.Now, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { a.Run(ctx) })
		test(t, r, a)
		cancel()
		running.Wait()
	})
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestAnnouncements(t *testing.T) {
	t.Run("they are made at once", func(t *testing.T) {
		announcing(t, func(t *testing.T, r *record, a *users.Announcements) {
			require.NoError(t, a.AnnounceRevoked(t.Context(), []domain.SessionID{"one"}, time.Minute))
			require.Equal(t, map[domain.SessionID]time.Time{"one": time.Now().Add(time.Minute)}, r.known())
		})
	})
	t.Run("what cannot be announced is, as soon as that works, for no longer than the tokens live", func(t *testing.T) {
		announcing(t, func(t *testing.T, r *record, a *users.Announcements) {
			r.set(true)
			until := time.Now().Add(time.Minute)
			require.NoError(t, a.AnnounceRevoked(t.Context(), []domain.SessionID{"one", "two"}, time.Minute))
			pass(30 * time.Second)
			require.Empty(t, r.known())
			r.set(false)
			pass(3 * time.Second)
			require.Equal(t, map[domain.SessionID]time.Time{"one": until, "two": until}, r.known())
		})
	})
	t.Run("what has run out is left out, and the next one comes", func(t *testing.T) {
		announcing(t, func(t *testing.T, r *record, a *users.Announcements) {
			r.set(true)
			require.NoError(t, a.AnnounceRevoked(t.Context(), []domain.SessionID{"short"}, 10*time.Second))
			require.NoError(t, a.AnnounceRevoked(t.Context(), []domain.SessionID{"long"}, time.Minute))
			pass(20 * time.Second)
			r.set(false)
			pass(3 * time.Second)
			require.Contains(t, r.known(), domain.SessionID("long"))
			require.NotContains(t, r.known(), domain.SessionID("short"))
		})
	})
	t.Run("those that wait are bounded", func(t *testing.T) {
		announcing(t, func(t *testing.T, r *record, a *users.Announcements) {
			r.set(true)
			var err error
			for range 2000 {
				if err = a.AnnounceRevoked(t.Context(), []domain.SessionID{"one"}, time.Second); err != nil {
					break
				}
			}
			require.Error(t, err)
			pass(time.Hour)
		})
	})
}
