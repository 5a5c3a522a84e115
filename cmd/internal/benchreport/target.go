package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// target is a server that is measured.
type target string

const (
	baseline target = "baseline"
	ours     target = "ours"
)

// setup is where everything is.
type setup struct {
	bin, baseline string
	postgres      string
	postgresPID   int
	port          int
	work          string
}

const (
	startTime = 30 * time.Second
	stopTime  = 20 * time.Second
	loadTime  = 5 * time.Minute
	database  = "bench"
)

// addr is where a target listens. Each has a port of its own: the connections of the one before are not quite forgotten.
func (s setup) addr(t target) string {
	port := s.port
	if t == baseline {
		port++
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// measure starts the server with nothing in its store, puts the scenario's loads on it, and ends it.
func (s setup) measure(ctx context.Context, t target, sc scenario) (results []result, err error) {
	server, err := s.start(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	defer func() { err = errors.Join(err, end(server)) }()
	watch := strconv.Itoa(server.Process.Pid)
	if t == baseline {
		watch += "," + strconv.Itoa(s.postgresPID)
	}
	for _, load := range sc.loads(t) {
		r, err := s.load(ctx, t, watch, load)
		if err != nil {
			return nil, fmt.Errorf("chatctl bench %s: %w", load, err)
		}
		results = append(results, r)
	}
	return results, nil
}

// start runs a server on an empty store and returns when it answers.
func (s setup) start(ctx context.Context, t target) (*exec.Cmd, error) {
	var server *exec.Cmd
	switch t {
	case baseline:
		for _, statement := range []string{"DROP DATABASE IF EXISTS " + database, "CREATE DATABASE " + database, "CHECKPOINT"} {
			if out, err := exec.CommandContext(ctx, "psql", "-Xq", "-d", s.postgres+"/postgres", "-c", statement).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%s: %w: %s", statement, err, out)
			}
		}
		server = exec.CommandContext(ctx, "node", "server.js")
		server.Dir = s.baseline
		server.Env = append(server.Environ(), "DATABASE_URL="+s.postgres+"/"+database, "PORT="+strconv.Itoa(s.port+1), "BCRYPT_COST=4", "NODE_ENV=production")
	case ours:
		data := filepath.Join(s.work, "data")
		if err := os.RemoveAll(data); err != nil {
			return nil, err
		}
		server = exec.CommandContext(ctx, filepath.Join(s.bin, "chat"), "serve")
		server.Env = append(server.Environ(), "HTTP_ADDR="+s.addr(ours), "DATA_DIR="+data, "RATE_LIMITS=off", "BCRYPT_COST=4", "DRAIN_PERIOD=1s")
	}
	log, err := os.OpenFile(filepath.Join(s.work, string(t)+".log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	server.Stdout, server.Stderr = log, log
	server.Cancel = func() error { return server.Process.Signal(syscall.SIGTERM) }
	server.WaitDelay = stopTime
	if err := server.Start(); err != nil {
		return nil, err
	}
	if err := answers(ctx, s.addr(t)); err != nil {
		return nil, errors.Join(err, end(server))
	}
	return server, nil
}

// answers returns when the server accepts connections.
func answers(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("does not listen on %s: %w", addr, err)
		}
	}
}

// end tells a server to stop and waits for it.
func end(server *exec.Cmd) error {
	_ = server.Process.Signal(syscall.SIGTERM) // else it has ended
	killer := time.AfterFunc(stopTime, func() { _ = server.Process.Kill() })
	defer killer.Stop()
	var exit *exec.ExitError
	if err := server.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

// load runs the driver.
func (s setup) load(ctx context.Context, t target, watch, load string) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	args := append([]string{"--server", "http://" + s.addr(t), "--json", "bench", "--watch", watch}, strings.Fields(load)...)
	driver := exec.CommandContext(ctx, filepath.Join(s.bin, "chatctl"), args...)
	driver.Env = append(driver.Environ(), "CHATCTL_HOME="+filepath.Join(s.work, "chatctl"))
	var said strings.Builder
	driver.Stderr = &said
	out, err := driver.Output()
	if err != nil && len(out) == 0 {
		return result{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	var r result
	if err := json.Unmarshal(out, &r); err != nil {
		return result{}, fmt.Errorf("result: %w", err)
	}
	r.Load = load
	return r, nil
}
