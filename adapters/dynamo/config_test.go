package dynamo_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/dynamo"
	"chatsystem/domain"
)

func TestConfig(t *testing.T) {
	require.NoError(t, dynamo.Config{Endpoint: "http://localhost:8000", Region: "eu-west-1", Table: "messages"}.Validate())
	require.NoError(t, dynamo.Config{Region: "eu-west-1", Table: "messages"}.Validate(), "no endpoint is AWS")

	err := dynamo.Config{Endpoint: "localhost:8000"}.Validate()
	for _, setting := range []string{"endpoint", "region", "table"} {
		require.ErrorContains(t, err, setting, "all faults are reported at once")
	}
	_, err = dynamo.Open(t.Context(), dynamo.Config{})
	require.Error(t, err)
}

func TestNobodyAnswers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	store := func(t *testing.T) *dynamo.MessageStore {
		s, err := dynamo.Open(t.Context(), dynamo.Config{Endpoint: "http://" + address, Region: "eu-west-1", Table: "messages"})
		require.NoError(t, err)
		t.Cleanup(s.Close)
		return s
	}

	t.Run("a server that is silent is unavailable after three seconds", func(t *testing.T) {
		began := time.Now()
		_, _, err := store(t).EntryAt(t.Context(), "c", 1)
		require.ErrorIs(t, err, domain.ErrUnavailable)
		require.Less(t, time.Since(began), 5*time.Second)
	})

	t.Run("a server that is gone is unavailable at once", func(t *testing.T) {
		require.NoError(t, listener.Close())
		began := time.Now()
		_, err := store(t).EntriesFrom(t.Context(), "c", 1, 10)
		require.ErrorIs(t, err, domain.ErrUnavailable)
		require.Less(t, time.Since(began), 2*time.Second)
	})
}
