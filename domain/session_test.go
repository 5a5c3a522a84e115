package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestASessionLivesUntilItEndsOrIsRevoked(t *testing.T) {
	s := domain.Session{ExpiresAt: founded}
	require.True(t, s.Live(founded.Add(-time.Millisecond)))
	require.False(t, s.Live(founded))
	s.Revoked = true
	require.False(t, s.Live(founded.Add(-time.Millisecond)))
}

func TestWhoMayExchangeARefreshToken(t *testing.T) {
	const week = 7 * 24 * time.Hour
	live := domain.Session{ExpiresAt: founded.Add(week)}
	fresh := domain.RefreshToken{ExpiresAt: founded.Add(week)}
	exchanged := fresh
	exchanged.ExchangedAt = founded.Add(time.Minute)
	followed := exchanged
	followed.SuccessorUsedAt = founded.Add(time.Hour)
	stale := fresh
	stale.Stale = true
	grace := followed.SuccessorUsedAt.Add(domain.RefreshGrace)

	cases := map[string]struct {
		token   domain.RefreshToken
		session domain.Session
		now     time.Time
		want    error
	}{
		"a fresh token":                               {fresh, live, founded, nil},
		"one exchanged, its successors unused":        {exchanged, live, founded.Add(24 * time.Hour), nil},
		"one whose successor was just used":           {followed, live, followed.SuccessorUsedAt, nil},
		"one whose successor was used 10 s ago":       {followed, live, grace, nil},
		"one whose successor was used longer ago":     {followed, live, grace.Add(time.Millisecond), domain.ErrRefreshReused},
		"one whose sibling was used first":            {stale, live, founded, domain.ErrRefreshReused},
		"an expired token":                            {fresh, domain.Session{ExpiresAt: founded.Add(2 * week)}, founded.Add(week), domain.ErrRefreshInvalid},
		"a token of a session that has ended":         {fresh, domain.Session{ExpiresAt: founded}, founded, domain.ErrRefreshInvalid},
		"a token of a revoked session":                {fresh, domain.Session{ExpiresAt: founded.Add(week), Revoked: true}, founded, domain.ErrRefreshInvalid},
		"a stale one of a revoked session":            {stale, domain.Session{ExpiresAt: founded.Add(week), Revoked: true}, founded, domain.ErrRefreshInvalid},
		"a stale one that has expired is merely over": {stale, domain.Session{ExpiresAt: founded.Add(2 * week)}, founded.Add(week), domain.ErrRefreshInvalid},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, tc.token.CheckExchange(tc.session, tc.now), tc.want)
		})
	}
}
