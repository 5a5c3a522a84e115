package sdk_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
)

func TestProgramsShareASession(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		store := sdk.TokenFile(filepath.Join(t.TempDir(), "tokens"))
		first, id := s.user("ann", sdk.WithTokenStore(store))
		second := s.client(sdk.WithTokenStore(store))
		me, err := second.Me(t.Context())
		require.NoError(t, err)
		require.Equal(t, id, me.UserID)
		s.SlowAnswers(refreshRoute, time.Second)

		for range 3 {
			pass(time.Hour)
			var wg sync.WaitGroup
			for _, c := range []*sdk.Client{first, second, first, second} {
				wg.Go(func() { _, _ = c.Me(t.Context()) })
			}
			wg.Wait()
			require.Equal(t, first.Tokens(), second.Tokens())
		}
		require.Equal(t, 3, s.Requests(refreshRoute), "each token was exchanged once")

		require.NoError(t, second.Logout(t.Context()))
		pass(time.Hour)
		_, err = first.Me(t.Context())
		require.ErrorIs(t, err, sdk.ErrSignedOut)
		require.Equal(t, 3, s.Requests(refreshRoute), "the file says so")
	})
}

func TestLogoutEndsTheSessionThatAnotherProgramRefreshed(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		store := sdk.TokenFile(filepath.Join(t.TempDir(), "tokens"))
		first, _ := s.user("ann", sdk.WithTokenStore(store))
		second := s.client(sdk.WithTokenStore(store))
		require.NoError(t, first.Refresh(t.Context()))
		current := first.Tokens()

		require.NoError(t, second.Logout(t.Context()))

		require.ErrorIs(t, s.client(sdk.WithTokens(current)).Refresh(t.Context()), sdk.ErrSignedOut)
	})
}

func TestATokenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	store := sdk.TokenFile(path)
	none, err := store.Load()
	require.NoError(t, err)
	require.Zero(t, none)

	tokens := sdk.Tokens{AccessToken: "a", RefreshToken: "r"}
	require.NoError(t, store.Update(t.Context(), func(sdk.Tokens) (sdk.Tokens, error) { return tokens, nil }))

	stored, err := store.Load()
	require.NoError(t, err)
	require.Equal(t, tokens, stored)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	refused := store.Update(t.Context(), func(sdk.Tokens) (sdk.Tokens, error) { return sdk.Tokens{}, os.ErrClosed })
	require.ErrorIs(t, refused, os.ErrClosed)
	stored, err = store.Load()
	require.NoError(t, err)
	require.Equal(t, tokens, stored, "a failed change changes nothing")
}

func TestATokenFileThatCannotBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	require.NoError(t, os.WriteFile(path, []byte("hello"), 0o600))
	_, err := sdk.New("http://chat.test", sdk.WithTokenStore(sdk.TokenFile(path)))
	require.ErrorContains(t, err, path)
}
