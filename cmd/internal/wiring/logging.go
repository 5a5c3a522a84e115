package wiring

import (
	"io"
	"log/slog"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
)

// logging provides the logger of a program, and shows what the container does at debug level.
func logging(log *slog.Logger) fx.Option {
	return fx.Options(fx.Supply(log), fx.WithLogger(func() fxevent.Logger {
		quiet := &fxevent.SlogLogger{Logger: log}
		quiet.UseLogLevel(slog.LevelDebug)
		return quiet
	}))
}

// NewLogger returns a logger that writes lines of text for a person.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
