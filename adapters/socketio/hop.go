package socketio

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"

	"chatsystem/adapters/socketio/eio"
)

const (
	hopDialTimeout   = time.Second
	hopAnswerTimeout = 5 * time.Second // for the answer to a POST or to a WebSocket's request to begin
	hopSlack         = time.Second     // for the hop of a GET itself, on top of the life of a silent session
	hopBuffer        = 2 << 10         // of a connection, in each direction
)

// newHopTransport returns the way to other gateways. Every request has a connection of its own: on
// one that was used before, net/http would repeat a GET when the connection breaks, and whatever the
// first had taken from the session's queue would be lost.
func newHopTransport(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, hopDialTimeout)
			defer cancel()
			return dial(ctx, network, addr)
		},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
		ReadBufferSize:         hopBuffer,
		WriteBufferSize:        hopBuffer,
	}
}

// hop is one request on its way to the gateway that has its session.
type hop struct {
	f      *Forwarder
	w      http.ResponseWriter
	owner  string
	body   []byte
	cancel context.CancelFunc // ends it
	timer  *time.Timer        // cancels it when it takes too long
}

// forward passes r on to its owner and the answer back.
func (f *Forwarder) forward(w http.ResponseWriter, r *http.Request, owner string) {
	client := r.Context()
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{}) // a poll outlasts a server's global timeouts, where it has any
	_ = rc.SetWriteDeadline(time.Time{})

	ctx, cancel := context.WithCancel(client)
	defer cancel()
	body, err := f.wholeBody(w, r)
	if err != nil {
		refuseBody(w, err)
		return
	}
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	default:
		f.failed.Add(1)
		http.Error(w, "too many requests for other gateways", http.StatusServiceUnavailable)
		return
	}
	f.forwarded.Add(1)
	h := &hop{f: f, w: w, owner: owner, body: body, cancel: cancel, timer: time.AfterFunc(f.patience(r), cancel)}
	defer h.end()
	defer func() { _ = rc.SetWriteDeadline(time.Time{}) }() // the connection serves other requests, too
	proxy := httputil.ReverseProxy{
		Transport:      f.transport,
		Rewrite:        h.rewrite,
		ModifyResponse: h.answered,
		BufferPool:     &hopBuffers,
		ErrorLog:       log.New(io.Discard, "", 0), // what fails is answered, or breaks off, and is counted
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, _ error) {
			if client.Err() == nil {
				f.failed.Add(1)
			}
			refuseUnknown(w, r)
		},
	}
	proxy.ServeHTTP(w, r.WithContext(ctx))
}

// wholeBody reads the body of a POST to its end. So its bound is kept, and told, as the owner would; a
// slow client holds up nobody, and half a body never arrives.
func (f *Forwarder) wholeBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Method != http.MethodPost {
		return nil, nil
	}
	return f.server.readBody(w, r)
}

// patience is how long the owner may take to begin its answer. A GET waits for as long as a session
// may be silent: then it gets a ping, or is told that the session is over.
func (f *Forwarder) patience(r *http.Request) time.Duration {
	if r.Method == http.MethodPost || wantsWebSocket(r) {
		return hopAnswerTimeout
	}
	return f.server.cfg.PingInterval + f.server.cfg.PingTimeout + hopSlack
}

// passedOn are headers that ReverseProxy would leave out.
var passedOn = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

// rewrite makes the request that the owner gets: the client's own, Host included, and where it came
// from.
func (h *hop) rewrite(p *httputil.ProxyRequest) {
	p.Out.URL.Scheme, p.Out.URL.Host = "http", h.owner
	p.Out.Body, p.Out.ContentLength, p.Out.TransferEncoding = nil, int64(len(h.body)), nil
	if len(h.body) > 0 {
		p.Out.Body = io.NopCloser(bytes.NewReader(h.body)) // in memory, so it leaves together with the header
	}
	for _, name := range passedOn {
		for _, value := range p.In.Header[name] {
			p.Out.Header.Add(name, value)
		}
	}
	if peer, _, err := net.SplitHostPort(p.In.RemoteAddr); err == nil {
		p.Out.Header.Add("X-Forwarded-For", peer)
	}
	p.Out.Header.Set(HopHeader, h.f.cfg.Credential)
}

// answered is called when the owner's answer begins.
func (h *hop) answered(resp *http.Response) error {
	for name := range h.w.Header() {
		resp.Header.Del(name) // this gateway's router has said it already, such as X-Request-Id
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return h.tunnel(resp)
	}
	limit := h.f.server.cfg.WriteTimeout
	h.timer.Reset(limit)
	_ = http.NewResponseController(h.w).SetWriteDeadline(time.Now().Add(limit))
	return nil
}

func (h *hop) end() {
	h.timer.Stop()
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	delete(h.f.tunnels, h)
}

// refuseUnknown tells the client to open another session.
func refuseUnknown(w http.ResponseWriter, r *http.Request) {
	if wantsWebSocket(r) {
		refuseWebSocket(w, eio.UnknownSession)
		return
	}
	refuse(w, eio.UnknownSession)
}

// hopBuffers are for the bodies of answers.
var hopBuffers bufferPool

type bufferPool struct{ pool sync.Pool }

// Get implements httputil.BufferPool.
func (b *bufferPool) Get() []byte {
	if buf, ok := b.pool.Get().(*[hopBuffer]byte); ok {
		return buf[:]
	}
	return make([]byte, hopBuffer)
}

// Put implements httputil.BufferPool.
func (b *bufferPool) Put(buf []byte) { b.pool.Put((*[hopBuffer]byte)(buf)) }
