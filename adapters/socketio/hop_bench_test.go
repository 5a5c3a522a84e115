package socketio_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkPoll fetches one event by long-polling, from the gateway that has the session and by way
// of another one. Client and gateways share the process, so what the hop costs is the difference.
func BenchmarkPoll(b *testing.B) {
	h := newSilent()
	ownerWeb, _ := startGateway(b, settings(), h)
	otherWeb, _ := startGateway(b, settings(), newSilent())
	b.Cleanup(http.DefaultClient.CloseIdleConnections)
	owner, other := ownerWeb.URL, otherWeb.URL
	query := "/?EIO=4&transport=polling"
	open := fetch(b, http.MethodGet, owner+query, "")
	sid, _, _ := strings.Cut(strings.TrimPrefix(open, `0{"sid":"`), `"`)
	query += "&sid=" + sid
	require.Equal(b, "ok", fetch(b, http.MethodPost, owner+query, "40"))
	require.Contains(b, fetch(b, http.MethodGet, owner+query, ""), `40{"sid":"`)
	socket, event := <-h.sockets, frame(b, "message:new", pointer)
	for name, via := range map[string]string{"direct": owner, "hop": other} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				socket.Send(event)
				if body := fetch(b, http.MethodGet, via+query, ""); !strings.HasPrefix(body, `42["message:new"`) {
					b.Fatal(body)
				}
			}
		})
	}
}

func fetch(b *testing.B, method, url, body string) string {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, url, strings.NewReader(body))
	require.NoError(b, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(b, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(b, err)
	return string(data)
}

func BenchmarkSeal(b *testing.B) {
	s := newSealer(b, "k")
	b.ReportAllocs()
	for b.Loop() {
		seal(b, s, "10.0.0.7:8080")
	}
}

func BenchmarkOpen(b *testing.B) {
	s := newSealer(b, "k")
	sid := seal(b, s, "10.0.0.7:8080")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := s.Open(sid); !ok {
			b.Fatal("does not open")
		}
	}
}
