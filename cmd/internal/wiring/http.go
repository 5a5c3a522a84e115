package wiring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/fx"

	"chatsystem/adapters/httpapi"
)

// drain lets the long-lived connections of a server go before it stops.
type drain func(context.Context) error

// ending is set once a program has been told to stop: from then on it is not ready.
type ending struct{ atomic.Bool }

// listener is one HTTP server of a program.
type listener struct {
	name    string
	addr    string
	handler http.Handler
	drain   drain // nil: there is nothing to let go
	limiter *httpapi.ConnectionLimiter
}

// serving is the HTTP servers of a program: the one that clients reach and, if it has an address, one for operators.
// listening hears where the first one listens: with port 0 the system chooses.
func serving(addr, adminAddr string, limits httpapi.ConnectionLimits, listening func(net.Addr)) fx.Option {
	return fx.Options(fx.Provide(func() *ending { return &ending{} }), fx.Invoke(func(s server) error {
		limits.Total = maxConnections()
		limiter, err := httpapi.NewConnectionLimiter(limits)
		if err != nil {
			return err
		}
		operators, err := httpapi.NewConnectionLimiter(httpapi.ConnectionLimits{Total: maxOperators})
		if err != nil {
			return err
		}
		if adminAddr != "" { // stops after the other one: who looks on while connections are let go sees something
			serve(s, listener{"admin", adminAddr, adminHandler(s.Gatherer), nil, operators}, func(net.Addr) {})
		}
		serve(s, listener{"http", addr, s.Handler, s.Drain, limiter}, listening)
		return register(s.Registry, counter("http_connections_refused_total", "Connections closed at once because too many were open.", limiter.Refused))
	}))
}

const (
	mostConnections = 65_536
	maxOperators    = 64 // connections
)

// maxConnections leaves a quarter of the files that a process may open for all but clients: the database, stores, other
// services, polls that are passed on.
func maxConnections() int { return min(mostConnections, fileLimit()/4*3) }

type server struct {
	fx.In

	Lifecycle fx.Lifecycle
	Failures  Failures
	Log       *slog.Logger
	Handler   http.Handler
	Registry  prometheus.Registerer
	Gatherer  prometheus.Gatherer
	Drain     drain `optional:"true"`
	Ending    *ending
}

// serve listens at start, and at stop lets connections go and waits for requests under way.
func serve(s server, l listener, listening func(net.Addr)) {
	srv := httpapi.NewServer(l.handler, s.Log)
	s.Lifecycle.Append(fx.Hook{
		OnStart: func(ctx context.Context) error {
			var cfg net.ListenConfig
			ln, err := cfg.Listen(ctx, "tcp", l.addr)
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			ln = takeLastCalls(ln)
			listening(ln.Addr())
			go func() {
				if err := srv.Serve(l.limiter.Listener(ln)); !errors.Is(err, http.ErrServerClosed) {
					select {
					case s.Failures <- fmt.Errorf("%s: %w", l.name, err):
					default: // one reason to stop is enough
					}
				}
			}()
			return nil
		},
		OnStop: func(ctx context.Context) error {
			s.Ending.Store(true)
			var drained error
			if l.drain != nil { // while they wait for their turn, connections and their requests are served
				drained = l.drain(ctx)
			}
			finish, cancel := context.WithTimeout(ctx, finishRequests)
			defer cancel()
			err := srv.Shutdown(finish)
			if errors.Is(err, context.DeadlineExceeded) { // polls that other gateways have not answered yet
				err = srv.Close()
			}
			return errors.Join(drained, err)
		},
	})
}

// finishRequests is how long requests under way are waited for at stop: longer than a send may take.
const finishRequests = 6 * time.Second

const drainPause = 20 * time.Millisecond

// drainer is a server with long-lived connections.
type drainer interface {
	Drain(ctx context.Context, period time.Duration) error
}

// drainSockets lets the connections of a gateway go over a period, or quicker if they are few.
func drainSockets(s drainer, count func() int, period time.Duration) drain {
	return func(ctx context.Context) error {
		return s.Drain(ctx, min(period, time.Duration(count())*drainPause))
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
