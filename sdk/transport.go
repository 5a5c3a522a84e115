package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// maxAnswer bounds what is read of one answer: the largest legal one, 200 messages or one body of 100,000 code
// points, is far smaller.
const maxAnswer = 8 << 20

// maxWait is how long a call waits before an attempt; if the server asks for more, the caller hears of it instead.
const maxWait = 30 * time.Second

// errBadID is the answer to an id that would turn the request into another one.
var errBadID = errors.New("an id is empty or not an id")

// call is one request of the API.
type call struct {
	method     string
	path       string // below the base URL, made by route
	query      url.Values
	in         any  // sent as JSON unless nil
	out        any  // filled from the answer's JSON unless nil
	open       bool // needs nobody signed in
	repeatable bool // a second request does no harm
}

// route joins path segments, escaping each.
func route(segments ...string) string {
	escaped := make([]string, len(segments))
	for i, s := range segments {
		escaped[i] = url.PathEscape(s)
	}
	return "/" + strings.Join(escaped, "/")
}

// do makes the call, and makes it again while that is safe and may help.
func (c *Client) do(ctx context.Context, r call) (http.Header, error) {
	again := temporary
	if !r.repeatable {
		again = turnedAway
	}
	var header http.Header
	err := c.repeat(ctx, c.cfg.maxAttempts, again, func() (err error) {
		header, err = c.try(ctx, r)
		return err
	})
	return header, err
}

// repeat runs f until it succeeds, fails with what another attempt does not cure, has run that many times or the next
// attempt would come too late for ctx or for the patience of a caller.
func (c *Client) repeat(ctx context.Context, attempts int, again func(error) bool, f func() error) error {
	pause := backoff{ceiling: fetchDelay}
	for n := 1; ; n++ {
		err := f()
		if err == nil || n == attempts || !again(err) || ctx.Err() != nil {
			return err
		}
		wait := pause.after(err)
		if deadline, ok := ctx.Deadline(); wait > maxWait || ok && time.Until(deadline) < wait {
			return err
		}
		if ended := sleep(ctx, wait); ended != nil {
			return errors.Join(ended, err)
		}
	}
}

// try makes the call once; with a fresh token once more, if the server takes the token for stale.
func (c *Client) try(ctx context.Context, r call) (http.Header, error) {
	if r.open {
		return c.roundTrip(ctx, r, "")
	}
	token, err := c.keys.access(ctx)
	if err != nil {
		return nil, err
	}
	header, err := c.roundTrip(ctx, r, token)
	if !hasStatus(err, http.StatusUnauthorized) || HasCode(err, CodeInvalidCredentials) {
		return header, err
	}
	if err := c.keys.renew(ctx, token); err != nil {
		return nil, err
	}
	if token, err = c.keys.access(ctx); err != nil {
		return nil, err
	}
	return c.roundTrip(ctx, r, token)
}

// roundTrip sends one request and reads its answer, within the request timeout.
func (c *Client) roundTrip(ctx context.Context, r call, token string) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.requestTimeout)
	defer cancel()
	req, err := c.newRequest(ctx, r, token)
	if err != nil {
		return nil, permanent{err}
	}
	resp, err := c.cfg.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, newError(resp.StatusCode, resp.Header, body)
	}
	if r.out != nil {
		if err := json.Unmarshal(body, r.out); err != nil {
			return nil, permanent{fmt.Errorf("decode answer: %w", err)}
		}
	}
	return resp.Header, nil
}

func (c *Client) newRequest(ctx context.Context, r call, token string) (*http.Request, error) {
	if path.Clean(r.path) != r.path {
		return nil, errBadID
	}
	var body io.Reader
	if r.in != nil {
		if err := checkTexts(r.in); err != nil {
			return nil, err
		}
		encoded, err := json.Marshal(r.in)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	target := c.base.String() + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("new request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.cfg.userAgent)
	if r.in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}
