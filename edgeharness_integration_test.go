//go:build integration

package chatsystem_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// allowedOrigins is what the edge under test is started with.
const allowedOrigins = "http://localhost:3000,https://chat.example.org"

// edge is a real nginx with the production configuration, started as scripts/edge does, on ports of its own.
type edge struct {
	t         *testing.T
	dir, addr string
	env       []string
}

// newEdge starts an edge in front of the given instances.
func newEdge(t *testing.T, instances ...*instance) *edge {
	t.Helper()
	port, dnsPort := freePort(t), freePort(t)
	e := &edge{t: t, dir: t.TempDir(), addr: "127.0.0.1:" + port}
	e.env = []string{"EDGE_DIR=" + e.dir, "EDGE_PORT=" + port, "EDGE_DNS_PORT=" + dnsPort, "ALLOWED_ORIGINS=" + allowedOrigins}
	e.writeHosts(instances)
	e.script("up")
	t.Cleanup(func() { e.script("down") })
	return e
}

func (e *edge) script(verb string) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // of its own: it also cleans up
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "scripts/edge", verb)
	cmd.Env = append(cmd.Environ(), e.env...)
	out, err := cmd.CombinedOutput()
	require.NoError(e.t, err, "%s", out)
}

// scale makes these the instances that the name server knows.
func (e *edge) scale(instances ...*instance) {
	e.t.Helper()
	e.writeHosts(instances)
	e.script("reload")
}

func (e *edge) writeHosts(instances []*instance) {
	e.t.Helper()
	var hosts strings.Builder
	for _, i := range instances {
		fmt.Fprintf(&hosts, "%s %s\n", i.ip, i.service)
	}
	require.NoError(e.t, os.WriteFile(filepath.Join(e.dir, "hosts"), []byte(hosts.String()), 0o644))
}

func (e *edge) log() string {
	e.t.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, "log", "nginx.log"))
	require.NoError(e.t, err)
	return string(text)
}

// answer is a response read to its end.
type answer struct {
	*http.Response
	text string
}

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableCompression: true}}

// do sends a request with headers given as name, value, name, value…
func (e *edge) do(method, path string, body io.Reader, headers ...string) answer {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), method, "http://"+e.addr+path, body)
	require.NoError(e.t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(r)
	require.NoError(e.t, err)
	return readAnswer(e.t, res)
}

func (e *edge) get(path string, headers ...string) answer {
	e.t.Helper()
	return e.do(http.MethodGet, path, nil, headers...)
}

// raw gets a target just as it is written, which a client of net/http would not send.
func (e *edge) raw(target string) answer {
	e.t.Helper()
	conn, err := net.DialTimeout("tcp", e.addr, 5*time.Second)
	require.NoError(e.t, err)
	defer conn.Close()
	require.NoError(e.t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target, e.addr)
	require.NoError(e.t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(e.t, err)
	return readAnswer(e.t, res)
}

func readAnswer(t *testing.T, res *http.Response) answer {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{res, string(text)}
}

// requireProblem says that the answer is the edge's own, in the services' form.
func (a answer) requireProblem(t *testing.T, status int, code string) {
	t.Helper()
	require.Equal(t, status, a.StatusCode, a.text)
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
	var problem struct {
		Type, Title, Detail, Code string
		Status                    int
	}
	require.NoError(t, json.Unmarshal([]byte(a.text), &problem))
	require.Equal(t, code, problem.Code)
	require.Equal(t, status, problem.Status)
	require.Equal(t, "about:blank", problem.Type)
	require.NotEmpty(t, problem.Title)
	require.NotEmpty(t, problem.Detail)
}

// instance is one instance of a service, as the edge sees it.
type instance struct {
	service, ip string
	requests    atomic.Int64
}

// newAddress is an instance that the name server knows and that is dead. Its loopback address is one that other tests at
// the same time do not have, as the edge expects all instances on one port.
func newAddress(service string) *instance {
	return &instance{service: service, ip: fmt.Sprintf("127.%d.%d.%d", 100+rand.N(100), rand.N(256), 1+rand.N(254))}
}

// newInstance serves h.
func newInstance(t *testing.T, service string, h http.HandlerFunc) *instance {
	t.Helper()
	i := newAddress(service)
	listener, err := net.Listen("tcp", i.ip+":8080")
	require.NoError(t, err)
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.requests.Add(1)
		h(w, r)
	})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() { _ = server.Close(); serving.Wait() })
	return i
}

// sight is what an instance saw of a request.
type sight struct {
	Service, Target, Host string
	Header                http.Header
}

// seen decodes what an echoing instance answered.
func (a answer) seen(t *testing.T) sight {
	t.Helper()
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	var s sight
	require.NoError(t, json.Unmarshal([]byte(a.text), &s))
	return s
}

// echoes is one instance of each service, which answers with what it saw.
func echoes(t *testing.T) []*instance {
	t.Helper()
	var all []*instance
	for _, service := range []string{"user-service", "chat-service", "message-service", "gateway"} {
		all = append(all, newInstance(t, service, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = json.NewEncoder(w).Encode(sight{service, r.RequestURI, r.Host, r.Header})
		}))
	}
	return all
}

// breakOff takes a request in and ends the connection without an answer.
func breakOff(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	panic(http.ErrAbortHandler)
}

func answerOK(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, "ok")
}

func total(instances ...*instance) (n int64) {
	for _, i := range instances {
		n += i.requests.Load()
	}
	return n
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}
