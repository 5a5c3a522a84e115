package sdk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"chatsystem/sdk/internal/sio"
)

// errPolledTwice breaks a session whose poll went out twice.
var errPolledTwice = errors.New("a poll was sent twice")

// polling carries a session over HTTP long-polling: a GET waits for packets, a POST brings some. The protocol allows
// one of each at a time.
type polling struct {
	ctx       context.Context
	cancel    context.CancelFunc
	http      http.Client
	url       string
	userAgent string
	sid       string   // empty until the handshake
	arrived   [][]byte // packets of the last answer; the reader's alone

	posting sync.Mutex
}

func (c *Client) openPolling(ctx context.Context, by time.Time) (carrier, sio.Handshake, error) {
	p := &polling{http: *c.cfg.http, url: c.base.String() + socketPath, userAgent: c.cfg.userAgent}
	p.http.Timeout = 0 // a poll waits as long as the server is silent
	p.ctx, p.cancel = context.WithCancel(ctx)
	terms, err := shake(p, by)
	p.sid = terms.SID
	return p, terms, err
}

func (p *polling) read(by time.Time) ([]byte, error) {
	for len(p.arrived) == 0 {
		if err := p.poll(by); err != nil {
			return nil, err
		}
	}
	packet := p.arrived[0]
	p.arrived = p.arrived[1:]
	return packet, nil
}

// poll waits for the next packets.
//
// net/http sends a GET again by itself when a kept-alive connection dies. The first may have been answered all the
// same, and what it brought would be lost in silence: such a session is broken, and the next one catches up.
func (p *polling) poll(by time.Time) error {
	ctx, cancel := context.WithDeadline(p.ctx, by)
	defer cancel()
	var sent atomic.Int32
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() {
		if sent.Add(1) > 1 {
			cancel()
		}
	}})
	answer, err := p.request(ctx, http.MethodGet, nil)
	if sent.Load() > 1 {
		err = errPolledTwice
	}
	if err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	frames, err := sio.SplitPayload(answer)
	if err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	for _, f := range frames {
		if !f.Binary { // an attachment of an event we have no use for
			p.arrived = append(p.arrived, f.Data)
		}
	}
	return nil
}

func (p *polling) write(packet []byte) error {
	p.posting.Lock()
	defer p.posting.Unlock()
	ctx, cancel := context.WithTimeout(p.ctx, writeTimeout)
	defer cancel()
	_, err := p.request(ctx, http.MethodPost, packet)
	return stepError("post", err)
}

func (p *polling) request(ctx context.Context, method string, payload []byte) ([]byte, error) {
	query := url.Values{"EIO": {"4"}, "transport": {string(Polling)}}
	if p.sid != "" {
		query.Set("sid", p.sid)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.url+"?"+query.Encode(), bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", p.userAgent)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxFrame))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, newError(resp.StatusCode, resp.Header, body)
	}
	return body, nil
}

// withoutURL takes the session's id out of an error: who has it can read the session.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// close cuts a waiting poll, which tells the server.
func (p *polling) close() { p.cancel() }
