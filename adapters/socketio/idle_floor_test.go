package socketio_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/olahol/melody"
	"github.com/stretchr/testify/require"

	"chatsystem/ports/portstest"
)

var bareMelody = flag.Bool("bare-melody", false, "be the floor of BenchmarkFloorIdleConnections, until stdin ends")

const floorConnections = 10_000

// BenchmarkFloorIdleConnections is what an idle WebSocket costs this server beside what it costs melody without Socket.IO.
func BenchmarkFloorIdleConnections(b *testing.B) {
	each := func(kind string) func() float64 {
		return func() float64 { return residentEach(b, kind) }
	}
	portstest.Floor{
		Row: "memory of an idle connection, 10,000 of them, resident", Unit: "KiB", Target: 1.1, AtMost: true,
		Floor: each("-bare-melody"), Ours: each("-idle-server"),
	}.Run(b)
}

// residentEach connects to a server of a kind and returns what its process grew by, in KiB for each.
func residentEach(b *testing.B, kind string) float64 {
	addr := startIdleServer(b, kind)
	var connections []io.Closer
	connect := func() { connections = append(connections, idleWebSocket(b, addr)) }
	defer func() {
		for _, c := range connections {
			_ = c.Close()
		}
	}()
	connect() // whatever is made once
	before := readUsage(b, addr)
	for range floorConnections {
		connect()
	}
	grown := readUsage(b, addr).minus(before)
	require.Equal(b, floorConnections, grown.Sessions)
	return float64(grown.RSS) / floorConnections / 1024
}

// serveBareMelody is the other process; it reports whether this is it. Melody is tuned as far as it goes: small buffers, shared
// where they can be, no heartbeat, and nothing of the HTTP request stays.
func serveBareMelody() bool {
	if !*bareMelody {
		return false
	}
	m := melody.New()
	m.Config.PingPeriod, m.Config.PongWait = 1000*time.Hour, 1000*time.Hour
	m.Config.MaxMessageSize = 16 << 10
	m.Config.MessageBufferSize = 16
	m.Upgrader.ReadBufferSize, m.Upgrader.WriteBufferSize, m.Upgrader.WriteBufferPool = 256, 512, &sync.Pool{}
	answer := []byte("40")
	m.HandleConnect(func(s *melody.Session) {
		close(s.Keys["connected"].(chan struct{}))
		s.Request, s.Keys = nil, nil
		_ = s.Write(answer)
	})
	m.HandleMessage(func(s *melody.Session, _ []byte) { _ = s.Write(answer) })

	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		connected := make(chan struct{})
		go func() { _ = m.HandleRequestWithKeys(w, r, map[string]any{"connected": connected}) }()
		<-connected
	})
	mux.HandleFunc("/usage", func(w http.ResponseWriter, _ *http.Request) {
		u := measure(nil)
		u.Sessions = m.Len()
		_ = json.NewEncoder(w).Encode(u)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { _ = http.Serve(listener, mux) }()
	fmt.Println(listener.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(m)
	return true
}
