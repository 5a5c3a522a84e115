// Command conformance is the server that the official Engine.IO v4 and Socket.IO v5 protocol
// test suites expect, built on package socketio: short heartbeats, plain Engine.IO echo at
// /engine.io/, Socket.IO with namespaces / and /custom at /socket.io/.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const shutdownTimeout = 5 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	addr := flag.String("addr", "127.0.0.1:3000", "address to listen on; port 0 picks one")
	flag.Parse()
	if err := run(ctx, *addr, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. The first line written to out is the address.
func run(ctx context.Context, addr string, out io.Writer) error {
	servers, err := newServers(config())
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintln(out, listener.Addr())

	web := &http.Server{Handler: servers, ReadHeaderTimeout: shutdownTimeout}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	select {
	case err = <-served:
	case <-ctx.Done():
	}

	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	return errors.Join(err, servers.close(stopCtx), web.Shutdown(stopCtx))
}
