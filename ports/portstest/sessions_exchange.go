package portstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// rotation is one session whose refresh tokens are exchanged.
type rotation struct {
	Core
	clock *ManualClock
	first domain.RefreshToken
	id    domain.SessionID
}

func newRotation(t *testing.T, open Open) rotation {
	clock := NewManualClock()
	c := open(t, clock.Now)
	r := c.signUp(t, "anna", clock.Now())
	return rotation{Core: c, clock: clock, first: r.token, id: r.session.ID}
}

// try exchanges a token now; the successor is new.
func (r rotation) try(ctx context.Context, t domain.RefreshToken) (domain.RefreshToken, domain.Session, error) {
	next := NewToken("", r.clock.Now())
	s, err := r.Sessions.Exchange(ctx, t.Hash, next, r.clock.Now())
	return next, s, err
}

// exchange is a try that must succeed.
func (r rotation) exchange(t *testing.T, token domain.RefreshToken) domain.RefreshToken {
	t.Helper()
	next, s, err := r.try(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, r.id, s.ID)
	return next
}

// requireReuse presents a token whose return must end the session.
func (r rotation) requireReuse(t *testing.T, token domain.RefreshToken) {
	t.Helper()
	_, s, err := r.try(t.Context(), token)
	require.ErrorIs(t, err, domain.ErrRefreshReused)
	require.Equal(t, r.id, s.ID, "the revoked session is returned")
	require.True(t, s.Revoked)
	require.True(t, r.session(t, r.id).Revoked)
}

func runExchange(t *testing.T, open Open) {
	t.Run("a token is exchanged for a successor, and the session lives on with it", func(t *testing.T) {
		r := newRotation(t, open)
		before := r.session(t, r.id)
		r.clock.Advance(time.Hour)
		next, s, err := r.try(t.Context(), r.first)
		require.NoError(t, err)
		before.LastActiveAt, before.ExpiresAt = r.clock.Now(), next.ExpiresAt
		require.Equal(t, before, s)
		require.Equal(t, s, r.session(t, r.id))

		byToken, err := r.Sessions.SessionByToken(t.Context(), next.Hash)
		require.NoError(t, err)
		require.Equal(t, s, byToken, "the successor belongs to the session")
		byToken, err = r.Sessions.SessionByToken(t.Context(), r.first.Hash)
		require.NoError(t, err)
		require.Equal(t, s, byToken, "and the used one still does")
	})

	t.Run("each successor works in its turn", func(t *testing.T) {
		r := newRotation(t, open)
		token := r.first
		for range 5 {
			r.clock.Advance(6 * 24 * time.Hour)
			token = r.exchange(t, token)
		}
		require.True(t, r.session(t, r.id).Live(r.clock.Now()))
	})

	t.Run("an exchanged token works again while none of its successors was used", func(t *testing.T) {
		r := newRotation(t, open)
		r.exchange(t, r.first)
		r.clock.Advance(24 * time.Hour)
		again := r.exchange(t, r.first)
		r.exchange(t, again)
	})

	t.Run("an exchanged token works for 10 seconds after the first of its successors was used", func(t *testing.T) {
		r := newRotation(t, open)
		next := r.exchange(t, r.first)
		r.exchange(t, next)
		r.clock.Advance(domain.RefreshGrace)
		late := r.exchange(t, r.first)
		r.clock.Advance(time.Hour)
		r.exchange(t, late)
	})

	t.Run("an unknown token is invalid", func(t *testing.T) {
		r := newRotation(t, open)
		_, _, err := r.try(t.Context(), NewToken(r.id, r.clock.Now()))
		require.ErrorIs(t, err, domain.ErrRefreshInvalid)
		require.False(t, r.session(t, r.id).Revoked)
	})

	t.Run("an expired token is invalid, and its session is not revoked for it", func(t *testing.T) {
		r := newRotation(t, open)
		r.clock.Advance(24 * time.Hour)
		next := r.exchange(t, r.first)
		r.clock.Advance(r.first.ExpiresAt.Sub(r.clock.Now()))
		_, _, err := r.try(t.Context(), r.first)
		require.ErrorIs(t, err, domain.ErrRefreshInvalid)
		require.False(t, r.session(t, r.id).Revoked)
		r.exchange(t, next)
	})

	t.Run("a refused exchange adds no token", func(t *testing.T) {
		r := newRotation(t, open)
		next, _, err := r.try(t.Context(), NewToken(r.id, r.clock.Now()))
		require.ErrorIs(t, err, domain.ErrRefreshInvalid)
		_, err = r.Sessions.SessionByToken(t.Context(), next.Hash)
		require.ErrorIs(t, err, domain.ErrRefreshInvalid)
	})
}

func runReuse(t *testing.T, open Open) {
	t.Run("an exchanged token that comes back later than 10 seconds after its successor was used ends the session", func(t *testing.T) {
		r := newRotation(t, open)
		next := r.exchange(t, r.first)
		newest := r.exchange(t, next)
		r.clock.Advance(domain.RefreshGrace + time.Millisecond)
		r.requireReuse(t, r.first)
		_, _, err := r.try(t.Context(), newest)
		require.ErrorIs(t, err, domain.ErrRefreshInvalid, "the whole family has ended")
	})

	t.Run("the successor used first makes its unused siblings stale", func(t *testing.T) {
		r := newRotation(t, open)
		lost, used := r.exchange(t, r.first), r.exchange(t, r.first)
		r.exchange(t, used)
		r.requireReuse(t, lost)
	})

	t.Run("the 10 seconds begin with the first successor that was used, not with a later one", func(t *testing.T) {
		r := newRotation(t, open)
		r.exchange(t, r.exchange(t, r.first))
		r.clock.Advance(9 * time.Second)
		sibling := r.exchange(t, r.first)
		r.exchange(t, sibling)
		r.clock.Advance(2 * time.Second)
		r.requireReuse(t, r.first)
	})

	t.Run("a sibling made after the first use is not stale", func(t *testing.T) {
		r := newRotation(t, open)
		one := r.exchange(t, r.first)
		r.exchange(t, one)
		two := r.exchange(t, r.first)
		r.exchange(t, two)
		require.False(t, r.session(t, r.id).Revoked)
	})

	t.Run("siblings made after the first use do not make each other stale: two tabs that lost an answer both go on", func(t *testing.T) {
		r := newRotation(t, open)
		exchange := func(token domain.RefreshToken) domain.RefreshToken {
			r.clock.Advance(time.Second)
			return r.exchange(t, token)
		}
		exchange(exchange(r.first))
		two, three := exchange(r.first), exchange(r.first)
		exchange(two)
		exchange(three)
		require.False(t, r.session(t, r.id).Revoked)
	})

	t.Run("using a token twice makes nothing stale but its siblings", func(t *testing.T) {
		r := newRotation(t, open)
		child := r.exchange(t, r.first)
		grandchild := r.exchange(t, child)
		r.exchange(t, child)
		r.exchange(t, grandchild)
		require.False(t, r.session(t, r.id).Revoked)
	})

	t.Run("sessions do not disturb each other", func(t *testing.T) {
		r := newRotation(t, open)
		other := r.signUp(t, "bob", r.clock.Now())
		r.exchange(t, r.first)
		_, s, err := r.try(t.Context(), other.token)
		require.NoError(t, err, "the first tokens of two sessions are no siblings")
		require.Equal(t, other.session.ID, s.ID)
	})
}

func runRacingExchanges(t *testing.T, open Open) {
	t.Run("one token exchanged by many at once has many successors", func(t *testing.T) {
		r := newRotation(t, open)
		errs := race(20, func(int) error {
			_, _, err := r.try(t.Context(), r.first)
			return err
		})
		require.Equal(t, 20, countErrors(errs, nil))
		require.False(t, r.session(t, r.id).Revoked)
	})

	t.Run("of racing siblings exactly one is the first, and the others are reuse", func(t *testing.T) {
		r := newRotation(t, open)
		siblings := make([]domain.RefreshToken, 10)
		for i := range siblings {
			siblings[i] = r.exchange(t, r.first)
		}
		errs := race(len(siblings), func(i int) error {
			_, _, err := r.try(t.Context(), siblings[i])
			return err
		})
		require.Equal(t, 1, countErrors(errs, nil))
		require.Equal(t, 1, countErrors(errs, domain.ErrRefreshReused), "the second revokes the session")
		require.Equal(t, 8, countErrors(errs, domain.ErrRefreshInvalid), "which has ended for the rest")
		require.True(t, r.session(t, r.id).Revoked)
	})
}
