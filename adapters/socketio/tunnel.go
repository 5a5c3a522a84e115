package socketio

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// tunnelBuffer is one of the two buffers of a WebSocket that is passed on. Most events fit in.
const tunnelBuffer = 2 << 10

var (
	errTunnelEnded   = errors.New("websocket has ended")
	errTunnelRefused = errors.New("shutting down: no more websockets to other gateways")
)

// tunnel is the owner's end of a WebSocket that is passed on. ReverseProxy copies between it and the
// client; the WebSocket is over as soon as either end is.
type tunnel struct {
	io.ReadWriteCloser
	hop *hop
}

// tunnel keeps the owner's connection of a hop that has become a WebSocket.
func (h *hop) tunnel(resp *http.Response) error {
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	if h.f.draining {
		return errTunnelRefused
	}
	conn, ok := resp.Body.(io.ReadWriteCloser)
	if !ok {
		return errors.New("connection cannot be written to")
	}
	h.f.tunnels[h] = struct{}{}
	h.heard()
	resp.Body = tunnel{conn, h}
	return nil
}

// heard gives the owner the time until its next ping, or until it gives up an upgrade, to be heard of
// again.
func (h *hop) heard() {
	cfg := h.f.server.cfg
	h.timer.Reset(max(cfg.PingInterval+cfg.PingTimeout, cfg.UpgradeTimeout) + hopSlack)
}

// WriteTo implements io.WriterTo: it copies from the owner to the client.
func (t tunnel) WriteTo(client io.Writer) (n int64, err error) {
	deadline, _ := client.(interface{ SetWriteDeadline(time.Time) error })
	buf := make([]byte, tunnelBuffer)
	for {
		size, err := t.Read(buf)
		if size > 0 {
			t.hop.heard()
			if deadline != nil {
				_ = deadline.SetWriteDeadline(time.Now().Add(t.hop.f.server.cfg.WriteTimeout))
			}
			written, err := client.Write(buf[:size])
			n += int64(written)
			if err != nil {
				return n, err
			}
		}
		if errors.Is(err, io.EOF) {
			return n, errTunnelEnded // nil would leave the client's end open until the client closes it
		} else if err != nil {
			return n, err
		}
	}
}

// ReadFrom implements io.ReaderFrom: it copies from the client to the owner.
func (t tunnel) ReadFrom(client io.Reader) (int64, error) {
	type onlyWriter struct{ io.Writer }
	type onlyReader struct{ io.Reader }
	return io.CopyBuffer(onlyWriter{t.ReadWriteCloser}, onlyReader{client}, make([]byte, tunnelBuffer))
}
