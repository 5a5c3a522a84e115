package userclient_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
	"chatsystem/adapters/memory"
	"chatsystem/adapters/userclient"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

const credential = "what services show each other"

// serve returns a client of a user service over a store, and how often it was called.
func serve(t testing.TB, store *memory.Store) (*userclient.Client, *atomic.Int32) {
	t.Helper()
	h, err := httpapi.NewHandler(httpapi.Config{}, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), nil,
		httpapi.InternalUserRoutes([]string{credential}, store))
	require.NoError(t, err)
	calls := new(atomic.Int32)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	c, err := userclient.New(userclient.Config{URL: srv.URL, Credential: credential})
	require.NoError(t, err)
	return c, calls
}

func TestRevocationReader(t *testing.T) {
	portstest.RunRevocationReader(t, func(t testing.TB) (ports.RevocationReader, func() domain.SessionID, func(domain.SessionID)) {
		store := memory.NewStore(time.Now)
		user := portstest.Core{Users: store}.AddUser(t, "ada")
		begin := func() domain.SessionID {
			s, first := portstest.NewSession(user.ID, time.Now())
			require.NoError(t, store.CreateSession(t.Context(), user.PasswordHash, s, first))
			return s.ID
		}
		revoke := func(id domain.SessionID) {
			_, err := store.Revoke(t.Context(), user.ID, []domain.SessionID{id})
			require.NoError(t, err)
		}
		c, _ := serve(t, store)
		return c, begin, revoke
	})
}

func TestTheSessionsOfALargeGatewayTakeFewCalls(t *testing.T) {
	ids := make([]domain.SessionID, 1200)
	for i := range ids {
		ids[i] = domain.SessionID(portstest.NewUUID())
	}
	c, calls := serve(t, memory.NewStore(time.Now))
	gone, err := c.Revoked(t.Context(), ids)
	require.NoError(t, err)
	require.ElementsMatch(t, ids, gone, "the store has none of them")
	require.EqualValues(t, 3, calls.Load())
}

func TestSettingsAreCheckedBeforeUse(t *testing.T) {
	_, err := userclient.New(userclient.Config{URL: "user-service:8080"})
	require.ErrorContains(t, err, "url must be")
	require.ErrorContains(t, err, "credential is required")
}
