package socketio_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
	"chatsystem/adapters/socketio/eio"
	"chatsystem/adapters/socketio/sio"
)

// silent is a Handler that only hands out its sockets.
type silent struct{ sockets chan *socketio.Socket }

func newSilent() silent { return silent{make(chan *socketio.Socket, 1<<16)} }

func (h silent) Connect(s *socketio.Socket, _ json.RawMessage)             { h.sockets <- s }
func (silent) Event(*socketio.Socket, string, socketio.Args, socketio.Ack) {}
func (silent) Disconnect(*socketio.Socket, string)                         {}

// pointer is an event of the size that is broadcast most.
var pointer = map[string]any{
	"conversation_id": "018f0000-0000-7000-8000-000000000001", "message_id": "01HXAMPLE00000000000000000",
	"seq": 123456, "sender_id": "018f0000-0000-7000-8000-000000000002", "created_at": "2026-01-02T15:04:05.678Z",
	"preview": strings.Repeat("lorem ipsum ", 16), "has_more": true, "client_msg_id": "018f0000-0000-7000-8000-000000000003",
}

func BenchmarkNewFrame(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		frame(b, "message:new", pointer)
	}
}

func BenchmarkParseEvent(b *testing.B) {
	text := []byte(`2/ws,17["authenticate",{"token":"` + strings.Repeat("x", 600) + `"}]`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := sio.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodePayload(b *testing.B) {
	var payload []byte
	for range 20 {
		payload = eio.AppendPayload(payload, eio.Wire{Data: []byte("4" + strings.Repeat("x", 100))})
	}
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := eio.DecodePayload(payload); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFanOut sends one frame to 100 WebSockets on loopback and waits until all have read it.
// The clients, which do nothing but read, run on the same cores.
func BenchmarkFanOut(b *testing.B) {
	const receivers = 100
	h := newSilent()
	server, err := socketio.NewServer(settings(), h)
	require.NoError(b, err)
	web := httptest.NewServer(server)
	defer web.Close()

	var received, readers sync.WaitGroup
	sockets := make([]*socketio.Socket, receivers)
	for i := range sockets {
		conn := idleWebSocket(b, strings.TrimPrefix(web.URL, "http://")).(*websocket.Conn)
		readers.Go(func() {
			defer conn.Close()
			for {
				if _, _, err := conn.ReadMessage(); err != nil {
					return
				}
				received.Done()
			}
		})
		sockets[i] = <-h.sockets
	}
	b.ReportAllocs()
	for b.Loop() {
		f := frame(b, "message:new", pointer)
		received.Add(receivers)
		for _, s := range sockets {
			s.Send(f)
		}
		received.Wait()
	}
	b.ReportMetric(float64(b.N)*receivers/b.Elapsed().Seconds(), "deliveries/s")
	require.NoError(b, server.Close(b.Context()))
	readers.Wait()
}
