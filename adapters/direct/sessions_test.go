package direct_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/direct"
	"chatsystem/adapters/memory"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func TestSessionsKeepTheContract(t *testing.T) {
	portstest.RunRevocationReader(t, func(t testing.TB) (ports.RevocationReader, func() domain.SessionID, func(domain.SessionID)) {
		store := memory.NewStore(time.Now)
		user := portstest.Core{Users: store}.AddUser(t, "ada")
		begin := func() domain.SessionID {
			s, first := portstest.NewSession(user.ID, time.Now())
			require.NoError(t, store.CreateSession(t.Context(), s, first))
			return s.ID
		}
		revoke := func(id domain.SessionID) {
			_, err := store.Revoke(t.Context(), user.ID, []domain.SessionID{id})
			require.NoError(t, err)
		}
		return direct.NewSessions(store), begin, revoke
	})
}

func TestASessionThatIsGoneCountsAsRevoked(t *testing.T) {
	unknown := domain.SessionID(portstest.NewUUID())
	got, err := direct.NewSessions(memory.NewStore(time.Now)).Revoked(t.Context(), []domain.SessionID{unknown})
	require.NoError(t, err)
	assert.Equal(t, []domain.SessionID{unknown}, got)
}
