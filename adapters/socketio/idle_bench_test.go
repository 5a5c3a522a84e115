package socketio_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
)

var (
	idleConnections = flag.Int("idle-connections", 5000, "connections of BenchmarkIdleConnections")
	idleServer      = flag.Bool("idle-server", false, "be the server of BenchmarkIdleConnections, until stdin ends")
)

// usage is what the server process says about itself, in bytes and numbers.
type usage struct {
	RSS, Heap, Stacks, Goroutines, Sessions int
}

func (u usage) minus(o usage) usage {
	return usage{u.RSS - o.RSS, u.Heap - o.Heap, u.Stacks - o.Stacks, u.Goroutines - o.Goroutines, u.Sessions - o.Sessions}
}

// BenchmarkIdleConnections reports what one idle client costs the server process: a WebSocket that
// has joined a namespace, or a polling session between two polls.
func BenchmarkIdleConnections(b *testing.B) {
	kinds := map[string]func(b *testing.B, addr string) io.Closer{
		"websocket": idleWebSocket,
		"polling":   idlePolling,
	}
	for name, connect := range kinds {
		b.Run(name, func(b *testing.B) {
			addr := startIdleServer(b, "-idle-server")
			b.Cleanup(closer(connect(b, addr))) // whatever is made once
			before := readUsage(b, addr)
			n := *idleConnections
			for range n {
				b.Cleanup(closer(connect(b, addr)))
			}
			each := readUsage(b, addr).minus(before)
			require.Equal(b, n, each.Sessions)
			for b.Loop() { // the figures do not come from repetition
			}
			for unit, total := range map[string]int{
				"RSS-B/conn": each.RSS, "heap-B/conn": each.Heap, "stack-B/conn": each.Stacks, "goroutines/conn": each.Goroutines,
			} {
				b.ReportMetric(float64(total)/float64(n), unit)
			}
			b.ReportMetric(float64(n), "conns")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func closer(c io.Closer) func() { return func() { _ = c.Close() } }

var dialed atomic.Uint32

// idleDial leaves from one of several loopback addresses, so that ports suffice for any number.
func idleDial(network, addr string) (net.Conn, error) {
	from := net.IPv4(127, 0, 0, byte(1+dialed.Add(1)%8))
	return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).Dial(network, addr)
}

func idleWebSocket(b *testing.B, addr string) io.Closer {
	d := websocket.Dialer{NetDial: idleDial, ReadBufferSize: 512, WriteBufferSize: 512}
	conn, resp, err := d.Dial("ws://"+addr+"/?EIO=4&transport=websocket", nil)
	require.NoError(b, err)
	require.NoError(b, resp.Body.Close())
	require.NoError(b, conn.WriteMessage(websocket.TextMessage, []byte("40")))
	for range 2 { // open and CONNECT
		_, _, err = conn.ReadMessage()
		require.NoError(b, err)
	}
	return conn
}

func idlePolling(b *testing.B, addr string) io.Closer {
	resp, err := http.Get("http://" + addr + "/?EIO=4&transport=polling")
	require.NoError(b, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(b, err)
	require.NoError(b, resp.Body.Close())
	var open struct{ SID string }
	require.NoError(b, json.Unmarshal(body[1:], &open))
	resp, err = http.Post("http://"+addr+"/?EIO=4&transport=polling&sid="+open.SID, "text/plain", strings.NewReader("40"))
	require.NoError(b, err)
	require.NoError(b, resp.Body.Close())
	resp, err = http.Get("http://" + addr + "/?EIO=4&transport=polling&sid=" + open.SID)
	require.NoError(b, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(b, err)
	return resp.Body
}

// startIdleServer runs this test binary as a server of a kind and returns its address.
func startIdleServer(b *testing.B, kind string) string {
	cmd := exec.Command(os.Args[0], kind)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(b, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		require.NoError(b, stdin.Close())
		require.NoError(b, cmd.Wait())
	})
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(b, err)
	return strings.TrimSpace(addr)
}

func readUsage(b *testing.B, addr string) usage {
	resp, err := http.Get("http://" + addr + "/usage")
	require.NoError(b, err)
	defer resp.Body.Close()
	var u usage
	require.NoError(b, json.NewDecoder(resp.Body).Decode(&u))
	return u
}

// serveIdleConnections is the other process; it reports whether this is it.
func serveIdleConnections() bool {
	flag.Parse()
	if !*idleServer {
		return false
	}
	cfg := socketio.DefaultConfig()
	cfg.PingInterval *= 1000 // idle it shall be
	server, err := socketio.NewServer(cfg, newSilent())
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", server)
	mux.HandleFunc("/usage", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(measure(server))
	})
	go func() { _ = http.Serve(listener, mux) }()
	fmt.Println(listener.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return true
}

func measure(s *socketio.Server) usage {
	runtime.GC()
	runtime.GC() // stacks shrink in the second
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{RSS: residentBytes(), Heap: int(m.HeapAlloc), Stacks: int(m.StackInuse), Goroutines: runtime.NumGoroutine()}
	if s != nil {
		u.Sessions = s.Sessions()
	}
	return u
}

// residentBytes reads the process's memory from the kernel; 0 where there is no /proc.
func residentBytes() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	line, _, _ := bytes.Cut(rest, []byte("kB"))
	kilobytes, err := strconv.Atoi(string(bytes.TrimSpace(line)))
	if err != nil {
		return 0
	}
	return kilobytes << 10
}
