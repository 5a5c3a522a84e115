//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// instance is one process of one service.
type instance struct {
	t       *testing.T
	service string
	host    string // its address; the port is the services' port
	program string
	env     []string
	log     string

	cmd  *exec.Cmd
	over chan struct{} // closed once the process has ended
}

func (i *instance) url() string { return "http://" + i.host + ":" + servicePort }

// start runs the process without waiting for it.
func (i *instance) start() {
	i.t.Helper()
	log, err := os.OpenFile(i.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(i.t, err)
	defer log.Close()
	i.cmd = exec.Command(i.program)
	i.cmd.Env = append(i.env, "HTTP_ADDR="+i.host+":"+servicePort)
	i.cmd.Stdout, i.cmd.Stderr = log, log
	require.NoError(i.t, i.cmd.Start())
	i.over = make(chan struct{})
	go func(cmd *exec.Cmd, over chan struct{}) {
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
		close(over)
	}(i.cmd, i.over)
}

// awaitReady returns once the process says that it can do its work.
func (i *instance) awaitReady() {
	i.t.Helper()
	require.Eventually(i.t, func() bool { return i.status("/readyz") == http.StatusOK }, 60*time.Second, 50*time.Millisecond,
		"%s on %s is not ready", i.service, i.host)
}

// status asks the process directly; 0 if it does not answer.
func (i *instance) status(path string) int {
	ctx, cancel := context.WithTimeout(i.t.Context(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, i.url()+path, nil)
	require.NoError(i.t, err)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// stop asks the process to end, waits until it has, and checks that it ended well.
func (i *instance) stop() {
	i.t.Helper()
	i.signal(syscall.SIGTERM)
	i.awaitEnd(60 * time.Second)
	require.Zero(i.t, i.cmd.ProcessState.ExitCode(), "%s on %s", i.service, i.host)
}

// kill ends the process at whatever instruction it is.
func (i *instance) kill() {
	i.t.Helper()
	i.signal(syscall.SIGKILL)
	i.awaitEnd(10 * time.Second)
}

func (i *instance) signal(s syscall.Signal) {
	i.t.Helper()
	require.NoError(i.t, i.cmd.Process.Signal(s))
}

func (i *instance) awaitEnd(limit time.Duration) {
	i.t.Helper()
	select {
	case <-i.over:
	case <-time.After(limit):
		_ = i.cmd.Process.Kill()
		require.FailNow(i.t, "the process does not end", "%s on %s", i.service, i.host)
	}
}

// end ends the process if it still runs.
func (i *instance) end() {
	if i.cmd == nil {
		return
	}
	select {
	case <-i.over:
	default:
		_ = i.cmd.Process.Kill()
		<-i.over
	}
}
