package socketio

import (
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// TestWhatADeliveryCosts counts the bytes of an event on a WebSocket, its header of four bytes included.
func TestWhatADeliveryCosts(t *testing.T) {
	e := domain.MessageNew(portstest.Ordinary())
	f, err := NewFrame(string(e.Name), e.Payload)
	require.NoError(t, err)
	portstest.Documented(t, "frame-bytes", float64(4+len(f.in("/ws")[0].Data)), 0.02)
}
