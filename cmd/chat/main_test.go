package main

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be the program itself, so that a test can start and kill it.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"serve", "backup", "healthcheck"}, os.Args[1]) {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a running `chat serve`.
type process struct {
	t       testing.TB
	program string // an executable; empty: this one
	addr    string
	dir     string
	args    []string
	env     []string        // settings besides those of every test
	wrap    func(*exec.Cmd) // changes how it is started; nil: nothing
	cmd     *exec.Cmd
	logs    string
}

// newProcess returns a program that has not been started, with a data folder and an address of its own.
func newProcess(t testing.TB, args ...string) *process {
	t.Helper()
	var cfg net.ListenConfig
	ln, err := cfg.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	p := &process{t: t, addr: ln.Addr().String(), dir: t.TempDir(), args: args}
	p.logs = filepath.Join(p.dir, "log")
	t.Cleanup(func() {
		p.kill()
		if log, err := os.ReadFile(p.logs); err == nil && t.Failed() {
			t.Logf("log of the server:\n%s", log)
		}
	})
	return p
}

func (p *process) url() string { return "http://" + p.addr }

// data is the server's folder.
func (p *process) data() string { return filepath.Join(p.dir, "data") }

// start runs the program and returns once it listens.
func (p *process) start() {
	p.t.Helper()
	self, err := os.Executable()
	require.NoError(p.t, err)
	p.cmd = exec.Command(cmp.Or(p.program, self), append([]string{"serve"}, p.args...)...)
	p.cmd.Env = append(p.cmd.Environ(), "HTTP_ADDR="+p.addr, "DATA_DIR="+p.data(), "RATE_LIMITS=off", "BCRYPT_COST=4", "DRAIN_PERIOD=1s")
	p.cmd.Env = append(p.cmd.Env, p.env...)
	log, err := os.OpenFile(p.logs, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(p.t, err)
	p.cmd.Stderr = log
	if p.wrap != nil {
		p.wrap(p.cmd)
	}
	out, err := p.cmd.StdoutPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, p.cmd.Start())

	welcomed := make(chan bool, 1)
	go func() {
		defer log.Close()
		defer close(welcomed)
		lines := bufio.NewScanner(io.TeeReader(out, log))
		for lines.Scan() {
			if strings.Contains(lines.Text(), p.url()) {
				select {
				case welcomed <- true:
				default: // it says so more than once
				}
			}
		}
	}()
	select {
	case ok := <-welcomed:
		require.True(p.t, ok, "the program ended before it listened")
	case <-time.After(30 * time.Second):
		require.Fail(p.t, "the program does not start")
	}
}

// awaitReady returns once the program says that it can do its work.
func (p *process) awaitReady() {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url()+"/readyz", nil)
		if err != nil {
			return false
		}
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}, 20*time.Second, 20*time.Millisecond)
}

// kill ends the program at whatever instruction it is, if it runs.
func (p *process) kill() {
	if p.cmd != nil && p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// stop asks the program to end and returns its exit code.
func (p *process) stop() int {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	err := p.cmd.Wait()
	if err != nil {
		var exit *exec.ExitError
		require.ErrorAs(p.t, err, &exit)
	}
	return p.cmd.ProcessState.ExitCode()
}

// deadline returns a context that bounds a test.
func deadline(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
