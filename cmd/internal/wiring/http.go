package wiring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/fx"

	"chatsystem/adapters/httpapi"
	"chatsystem/adapters/socketio"
)

// Address is where a server listens, known once it does: with port 0 the system chooses.
type Address struct{ net.Addr }

// listener is one HTTP server of a program.
type listener struct {
	name    string
	addr    string
	handler http.Handler
	drain   func(context.Context) error // lets long-lived connections go; nil: there are none
}

// serve listens at start, and at stop lets connections go and waits for requests under way.
func serve(lc fx.Lifecycle, failures Failures, log *slog.Logger, l listener, listening func(net.Addr)) {
	srv := httpapi.NewServer(l.handler, log)
	lc.Append(fx.Hook{
		OnStart: func(ctx context.Context) error {
			var cfg net.ListenConfig
			ln, err := cfg.Listen(ctx, "tcp", l.addr)
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			listening(ln.Addr())
			go func() {
				if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
					select {
					case failures <- fmt.Errorf("%s: %w", l.name, err):
					default: // one reason to stop is enough
					}
				}
			}()
			return nil
		},
		OnStop: func(ctx context.Context) error {
			var drained error
			if l.drain != nil { // while they wait for their turn, connections and their requests are served
				drained = l.drain(ctx)
			}
			err := srv.Shutdown(ctx)
			if err != nil {
				err = errors.Join(err, srv.Close())
			}
			return errors.Join(drained, err)
		},
	})
}

const drainPause = 20 * time.Millisecond

// drainSockets lets the connections of a gateway go over a period, or quicker if they are few.
func drainSockets(s *socketio.Server, period time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		return s.Drain(ctx, min(period, time.Duration(s.Sessions())*drainPause))
	}
}

// adminHandler serves what only operators may see.
func adminHandler(g prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
