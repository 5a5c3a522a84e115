package sdk_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

const refreshRoute = "POST /api/users/auth/refresh"

func TestRegisterSignsIn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c := s.client()

		u, err := c.Register(t.Context(), sdk.Registration{Email: "ann@example.com", Password: "correct horse", Username: "ann"})
		require.NoError(t, err)
		me, err := c.Me(t.Context())
		require.NoError(t, err)

		require.Equal(t, u, me)
		require.Equal(t, "ann", me.Username)
		require.Equal(t, "ann@example.com", me.Email)
		require.Equal(t, 2026, me.CreatedAt.Year())

		_, err = s.client().Register(t.Context(), sdk.Registration{Email: "ann@example.com", Password: "correct horse", Username: "bob"})
		require.True(t, sdk.HasCode(err, sdk.CodeEmailTaken))
	})
}

func TestLoginWithAWrongPassword(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		s.AddUser("ann")
		c := s.client()

		_, err := c.Login(t.Context(), "ann@example.com", "wrong")

		require.True(t, sdk.HasCode(err, sdk.CodeInvalidCredentials))
		_, err = c.Me(t.Context())
		require.ErrorIs(t, err, sdk.ErrSignedOut)
	})
}

func TestTokensAreRenewedBeforeTheyRunOut(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		before := c.Tokens()
		pass(14*time.Minute + 30*time.Second)

		_, err := c.Me(t.Context())

		require.NoError(t, err)
		require.Equal(t, 1, s.Requests(refreshRoute))
		require.Equal(t, 1, s.Requests("GET /api/users/me"), "no request was made with a token about to run out")
		require.NotEqual(t, before, c.Tokens())
	})
}

func TestAnExpiredTokenIsRenewedOnceForAll(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		pass(time.Hour)
		var wg sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			wg.Go(func() { _, errs[i] = c.Me(t.Context()) })
		}
		wg.Wait()

		for _, err := range errs {
			require.NoError(t, err)
		}
		require.Equal(t, 1, s.Requests(refreshRoute))
	})
}

func TestATokenTheServerRefusesIsRenewedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c0, _ := s.user("ann")
		saved := c0.Tokens()
		c := s.client(sdk.WithTokens(sdk.Tokens{AccessToken: "not.a.token", RefreshToken: saved.RefreshToken}))

		_, err := c.Me(t.Context())

		require.NoError(t, err)
		require.Equal(t, 1, s.Requests(refreshRoute))
	})
}

func TestARefreshWhoseAnswerIsLostIsRepeated(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		pass(time.Hour)
		s.failing(refreshRoute, fakechat.Fault{LoseAnswer: true}, fakechat.Fault{Status: 503})

		_, err := c.Me(t.Context())

		require.NoError(t, err)
	})
}

func TestARefreshOutlivesTheCallThatBeganIt(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		before := c.Tokens()
		pass(time.Hour)
		s.SetFault(func(*http.Request) fakechat.Fault {
			pass(5 * time.Second)
			return fakechat.Fault{}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		_, err := c.Me(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		pass(10 * time.Second)

		require.NotEqual(t, before, c.Tokens(), "the new tokens are not lost")
	})
}

func TestSigningInDuringARefreshWins(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		s.AddUser("bob")
		pass(time.Hour)
		s.SlowAnswers(refreshRoute, 5*time.Second)
		refreshed := make(chan error)
		go func() { refreshed <- c.Refresh(t.Context()) }()
		pass(time.Second)

		_, err := c.Login(t.Context(), "bob@example.com", "password")
		require.NoError(t, err)
		require.NoError(t, <-refreshed)

		me, err := c.Me(t.Context())
		require.NoError(t, err)
		require.Equal(t, "bob", me.Username)
	})
}

func TestATroubledRefreshDoesNotSignOut(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		pass(14*time.Minute + 30*time.Second)
		s.failing(refreshRoute, make5xx(5)...)

		_, err := c.Me(t.Context())
		require.NoError(t, err, "the old token is still good")

		pass(time.Hour)
		s.failing(refreshRoute, make5xx(5)...)
		_, err = c.Me(t.Context())
		require.Error(t, err)
		require.NotErrorIs(t, err, sdk.ErrSignedOut)
		_, err = c.Me(t.Context())
		require.NoError(t, err, "when the server is back, all goes on")
	})
}

func TestARevokedSessionIsSignedOut(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		var seen []sdk.Tokens
		c, id := s.user("ann", sdk.WithTokenObserver(func(t sdk.Tokens) { seen = append(seen, t) }))
		s.RevokeSessions(id)
		pass(time.Hour)

		_, err := c.Me(t.Context())

		require.ErrorIs(t, err, sdk.ErrSignedOut)
		require.True(t, sdk.HasCode(err, sdk.CodeRefreshInvalid), "and the server's reason")
		require.Zero(t, c.Tokens())
		require.Zero(t, seen[len(seen)-1], "the observer hears of it")
	})
}

func TestObservedTokensContinueTheSession(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		var seen []sdk.Tokens
		c, _ := s.user("ann", sdk.WithTokenObserver(func(t sdk.Tokens) { seen = append(seen, t) }))
		require.NoError(t, c.Refresh(t.Context()))
		require.Len(t, seen, 2)
		require.Equal(t, c.Tokens(), seen[1])
		pass(time.Hour)

		_, err := s.client(sdk.WithTokens(seen[1])).Me(t.Context())

		require.NoError(t, err)
		require.Equal(t, 2, s.Requests(refreshRoute))
	})
}

func TestLogoutForgetsTheTokens(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		saved := c.Tokens()
		s.failing("POST /api/users/auth/logout", make5xx(5)...)
		require.Error(t, c.Logout(t.Context()))
		require.Equal(t, saved, c.Tokens(), "it can be repeated")

		require.NoError(t, c.Logout(t.Context()))

		require.Zero(t, c.Tokens())
		require.ErrorIs(t, s.client(sdk.WithTokens(saved)).Refresh(t.Context()), sdk.ErrSignedOut)
	})
}

func TestLogoutAllEndsEverySession(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		other := s.login("ann")

		require.NoError(t, c.LogoutAll(t.Context()))

		require.Zero(t, c.Tokens())
		require.ErrorIs(t, other.Refresh(t.Context()), sdk.ErrSignedOut)
	})
}

func TestAWrongOldPasswordDoesNotRefresh(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")

		err := c.ChangePassword(t.Context(), "wrong", "another password")

		require.True(t, sdk.HasCode(err, sdk.CodeInvalidCredentials))
		require.Zero(t, s.Requests(refreshRoute))
		require.NoError(t, c.ChangePassword(t.Context(), "password", "another password"))
	})
}

func TestSessions(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann", sdk.WithUserAgent("laptop"))
		phone := s.login("ann", sdk.WithUserAgent("phone"))
		sessions, err := c.Sessions(t.Context())
		require.NoError(t, err)
		require.Len(t, sessions, 2)

		for _, session := range sessions {
			require.Equal(t, session.UserAgent == "laptop", session.Current)
			if !session.Current {
				require.NoError(t, c.RevokeSession(t.Context(), session.SessionID))
				require.True(t, sdk.HasCode(c.RevokeSession(t.Context(), session.SessionID), sdk.CodeSessionNotFound))
			}
		}

		require.ErrorIs(t, phone.Refresh(t.Context()), sdk.ErrSignedOut)
	})
}

func TestSetUsername(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		u, err := c.SetUsername(t.Context(), "anna")
		require.NoError(t, err)
		require.Equal(t, "anna", u.Username)
	})
}
