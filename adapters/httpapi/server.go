package httpapi

import (
	"log/slog"
	"net/http"
	"time"
)

// The times a connection may take. Reading and writing leave room for a long poll and for a large body over a slow line.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = time.Minute
	writeTimeout      = time.Minute
	idleTimeout       = 2 * time.Minute // longer than a proxy keeps idle connections, so that it closes them, not we
	maxHeaderBytes    = 64 << 10
)

// NewServer returns a server for h that no slow or silent client can hold on to. Connections taken over by a WebSocket
// are free of its timeouts.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
