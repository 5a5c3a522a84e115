//go:build integration

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// chatBinary is the real server, built once.
var chatBinary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "chatctl")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		chatBinary = filepath.Join(dir, "chat")
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", chatBinary, "chatsystem/cmd/chat").CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}

// process is a `chat serve`.
type process struct {
	t   *testing.T
	url string
	env []string
	cmd *exec.Cmd
}

// serve runs `chat serve` until the test ends, and returns its address.
func serve(t *testing.T, settings ...string) string {
	t.Helper()
	p := newProcess(t, settings...)
	p.start()
	return p.url
}

// newProcess returns a server that has not been started, with data and an address of its own.
func newProcess(t *testing.T, settings ...string) *process {
	t.Helper()
	var cfg net.ListenConfig
	ln, err := cfg.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := ln.Addr().String()
	require.NoError(t, ln.Close())
	env := []string{"HTTP_ADDR=" + addr, "DATA_DIR=" + t.TempDir(), "RATE_LIMITS=off", "BCRYPT_COST=4", "DRAIN_PERIOD=1s", "LOG_LEVEL=error"}
	return &process{t: t, url: "http://" + addr, env: append(env, settings...)}
}

// start returns when the server listens.
func (p *process) start() {
	p.t.Helper()
	p.cmd = exec.Command(chatBinary, "serve")
	p.cmd.Env = append(p.cmd.Environ(), p.env...)
	out, err := p.cmd.StdoutPipe()
	require.NoError(p.t, err)
	p.cmd.Stderr = p.t.Output()
	require.NoError(p.t, p.cmd.Start())
	p.t.Cleanup(p.kill)
	listening := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), "Chat is running") {
				close(listening)
			}
		}
	}()
	select {
	case <-listening:
	case <-time.After(time.Minute):
		require.Fail(p.t, "the server does not start")
	}
}

// kill ends the server at whatever instruction it is, if it runs.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// person is somebody who uses chatctl, with a session of their own.
type person struct {
	t    *testing.T
	name string
	env  map[string]string
}

func newPerson(t *testing.T, server, name string) *person {
	t.Helper()
	return &person{t, name, map[string]string{
		"CHATCTL_HOME": t.TempDir(), "CHATCTL_SERVER": server, "CHATCTL_PASSWORD": "correct horse",
	}}
}

// registered is a person with an account, signed in.
func registered(t *testing.T, server, name string) *person {
	t.Helper()
	p := newPerson(t, server, name)
	p.ok("register", name+"@example.org", name)
	return p
}

// output is what a command wrote, readable while it runs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// result is how a command ended.
type result struct {
	code        int
	out, errOut string
}

// with runs a command with an input.
func (p *person) with(input string, args ...string) result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	var out, errOut output
	a := &app{in: strings.NewReader(input), out: &out, errOut: &errOut, env: p.env}
	code := a.run(ctx, args)
	return result{code, out.String(), errOut.String()}
}

// ok runs a command that must succeed, and returns what it printed.
func (p *person) ok(args ...string) string {
	p.t.Helper()
	r := p.with("", args...)
	require.Zero(p.t, r.code, "chatctl %v: %s", args, r.errOut)
	return r.out
}

// fails runs a command that must not succeed, and returns what it complained of.
func (p *person) fails(code int, args ...string) string {
	p.t.Helper()
	r := p.with("", args...)
	require.Equal(p.t, code, r.code, "chatctl %v: %s", args, r.out)
	return r.errOut
}

// objects runs a command with --json and returns what it printed.
func (p *person) objects(args ...string) []map[string]any {
	p.t.Helper()
	return decode(p.t, p.ok(append(args, "--json")...))
}

func decode(t *testing.T, lines string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(lines) {
		var o map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &o), "%s", line)
		all = append(all, o)
	}
	return all
}

// fields returns one field of each object.
func fields(objects []map[string]any, name string) []any {
	var all []any
	for _, o := range objects {
		all = append(all, o[name])
	}
	return all
}

// start runs a command until stop is called, which returns its exit code.
func (p *person) start(args ...string) (out *output, stop func() int) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	out = new(output)
	a := &app{in: strings.NewReader(""), out: out, errOut: p.t.Output(), env: p.env}
	ended := make(chan int, 1)
	go func() { ended <- a.run(ctx, args) }()
	stop = sync.OnceValue(func() int {
		cancel()
		return <-ended
	})
	p.t.Cleanup(func() { stop() })
	return out, stop
}

// shows waits until a running command has printed something.
func shows(t *testing.T, out *output, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), text) }, 20*time.Second, 10*time.Millisecond, "%q", text)
}
