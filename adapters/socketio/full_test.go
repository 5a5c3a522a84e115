package socketio_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFullServerRefusesSessionsUntilOneEnds(t *testing.T) {
	cfg := settings()
	cfg.MaxSessions = 2
	inBubble(t, cfg, func(t *testing.T, w world) {
		kept, s := w.join(t, "")
		other, leaving := w.join(t, "")
		require.Equal(t, http.StatusServiceUnavailable, w.Get("EIO=4&transport=polling").Status)
		require.Equal(t, http.StatusServiceUnavailable, w.RefusedWebSocket("EIO=4&transport=websocket", nil).Status)
		s.Send(frame(t, "still served"))
		require.Equal(t, `42["still served"]`, kept.Read())

		leaving.Drop()
		other.Discard()
		again, _ := w.join(t, "")
		require.NoError(t, w.server.Close(t.Context()))
		kept.Discard()
		again.Discard()
	})
}
