package wiring

import (
	"io"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"chatsystem/adapters/tracing"
	"chatsystem/cmd/internal/logsink"
)

// logging provides the logger of a program, and shows what the container does at debug level.
func logging(log *slog.Logger) fx.Option {
	return fx.Options(fx.Supply(log), fx.Invoke(watchLog), fx.WithLogger(func() fxevent.Logger {
		quiet := &fxevent.SlogLogger{Logger: log}
		quiet.UseLogLevel(slog.LevelDebug)
		quiet.UseErrorLevel(slog.LevelDebug) // what fails is told once, in a sentence, when the program ends
		return quiet
	}))
}

func watchLog(r prometheus.Registerer) error {
	return register(r, counter("chat_log_dropped_total", "Lines of the log that nobody took from the program.", logsink.Stderr().Dropped))
}

// NewLogger returns a logger that writes lines of text for a person. Like NewJSONLogger's, lines logged with the context of
// a request carry its request_id, and its trace_id if it is traced.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(tracing.NewLogHandler(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})))
}

// NewJSONLogger returns a logger that writes a JSON object a line, each with the name of the service.
func NewJSONLogger(w io.Writer, level slog.Level, service string) *slog.Logger {
	h := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	return slog.New(tracing.NewLogHandler(h)).With("service", service)
}
