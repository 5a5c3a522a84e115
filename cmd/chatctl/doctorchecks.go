package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"chatsystem/sdk"
)

// doctorGroup is where a doctor's messages go.
const doctorGroup = "chatctl doctor"

// The limits of what a doctor finds good.
const (
	maxSkew      = 30 * time.Second    // what servers tolerate in tokens
	minCertLife  = 14 * 24 * time.Hour // time to renew
	maxAPIAnswer = 1 << 20
)

func (d *doctor) dns(ctx context.Context) (string, error) {
	addresses, err := net.DefaultResolver.LookupHost(ctx, d.base.Hostname())
	if err != nil {
		return "", err
	}
	return strings.Join(addresses, ", "), nil
}

func (d *doctor) tls(ctx context.Context) (string, error) {
	if d.base.Scheme != "https" {
		return "", errSkipped("the address is http://: nothing is encrypted")
	}
	port := d.base.Port()
	if port == "" {
		port = "443"
	}
	conn, err := new(tls.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(d.base.Hostname(), port))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	leaf := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	if left := time.Until(leaf.NotAfter); left < minCertLife {
		return "", fmt.Errorf("the certificate ends on %s", when(leaf.NotAfter))
	}
	return "the certificate is good until " + when(leaf.NotAfter), nil
}

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// request asks the API for the caller's account, which it must refuse in its own way.
func (d *doctor) request(ctx context.Context, method string, header http.Header) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, d.base.JoinPath("api", "users", "me").String(), nil)
	if err != nil {
		return answer{}, err
	}
	req.Header = header
	resp, err := d.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAPIAnswer))
	return answer{resp.StatusCode, resp.Header, body}, err
}

func (d *doctor) api(ctx context.Context) (string, error) {
	a, err := d.request(ctx, http.MethodGet, http.Header{})
	if err != nil {
		return "", err
	}
	var problem struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(a.body, &problem) != nil || problem.Code != sdk.CodeTokenInvalid {
		return "", fmt.Errorf("status %d %s is no answer of the API", a.status, problem.Code)
	}
	return "the API answers", nil
}

func (d *doctor) cors(ctx context.Context) (string, error) {
	if d.origin == "" {
		return "", errSkipped("give --origin to check a web page of another origin")
	}
	preflight := http.Header{
		"Origin": {d.origin}, "Access-Control-Request-Method": {http.MethodPatch},
		"Access-Control-Request-Headers": {"authorization,content-type"},
	}
	for method, header := range map[string]http.Header{http.MethodOptions: preflight, http.MethodGet: {"Origin": {d.origin}}} {
		a, err := d.request(ctx, method, header)
		if err != nil {
			return "", err
		}
		allowed := a.header.Values("Access-Control-Allow-Origin")
		if len(allowed) != 1 || allowed[0] != d.origin {
			return "", fmt.Errorf("%s answers with Access-Control-Allow-Origin %q, not once %q", method, allowed, d.origin)
		}
		if a.header.Get("Access-Control-Allow-Credentials") != "true" {
			return "", fmt.Errorf("%s answers without Access-Control-Allow-Credentials: true", method)
		}
	}
	return d.origin + " may call", nil
}

func (d *doctor) probe(t sdk.Transport) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if err := d.client.Probe(ctx, t); err != nil {
			return "", err
		}
		return "connections open", nil
	}
}

func (d *doctor) clock(ctx context.Context) (string, error) {
	began := time.Now()
	a, err := d.request(ctx, http.MethodGet, http.Header{})
	if err != nil {
		return "", err
	}
	theirs, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return "", fmt.Errorf("the server does not say its time: %w", err)
	}
	middle := began.Add(time.Since(began) / 2)
	skew := theirs.Add(time.Second / 2).Sub(middle).Round(time.Second / 10) // the header is cut to seconds
	if skew.Abs() > maxSkew {
		return "", fmt.Errorf("the server's clock is %v off this one", skew)
	}
	return fmt.Sprintf("the clocks are within %v", max(skew.Abs(), time.Second)), nil
}

// message sends a message to itself: one client sends, another one of the same session receives.
func (d *doctor) message(t sdk.Transport) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if d.client.Probe(ctx, t) != nil {
			return "", errSkipped("there is no connection to send one over")
		}
		receiver, _, err := d.app.account(sdk.WithTransports(t))
		if errors.Is(err, sdk.ErrSignedOut) {
			return "", errSkipped("sign in to have a message sent")
		}
		if err != nil {
			return "", err
		}
		sender, _, err := d.app.account()
		if err != nil {
			return "", err
		}
		group, err := ownGroup(ctx, sender, doctorGroup)
		if err != nil {
			return "", err
		}
		return thereAndBack(ctx, sender, receiver, group)
	}
}

// thereAndBack returns how long a message takes from one client to the other, by an event.
func thereAndBack(ctx context.Context, sender, receiver *sdk.Client, group string) (string, error) {
	live := make(chan struct{}, 1)
	sub, err := receiver.Subscribe(ctx, sdk.WithStateObserver(func(s sdk.ConnectionState) {
		if s.Phase == sdk.Live {
			select {
			case live <- struct{}{}:
			default:
			}
		}
	}))
	if err != nil {
		return "", err
	}
	defer sub.Close()
	select {
	case <-live:
	case <-ctx.Done():
		return "", fmt.Errorf("no connection: %w", errors.Join(ctx.Err(), sub.State().Err))
	}
	// The first one may be found by the catching up that follows a connection; the second comes by its event.
	if _, _, err := roundTrip(ctx, sender, sub, group); err != nil {
		return "", err
	}
	stored, back, err := roundTrip(ctx, sender, sub, group)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("stored in %v, back in %v", stored.Round(time.Millisecond), back.Round(time.Millisecond)), nil
}

// roundTrip sends a message and waits until it is back.
func roundTrip(ctx context.Context, sender *sdk.Client, sub *sdk.Subscription, group string) (stored, back time.Duration, err error) {
	began := time.Now()
	sent, err := sender.Send(ctx, group, "Is there anybody out there?")
	if err != nil {
		return 0, 0, err
	}
	stored = time.Since(began)
	for {
		m, err := sub.Next(ctx)
		if err != nil {
			return 0, 0, fmt.Errorf("the message was stored and did not come back: %w", err)
		}
		if m.MessageID == sent.MessageID {
			return stored, time.Since(began), nil
		}
	}
}

// ownGroup returns a group of nobody else with this title, and makes it if need be.
func ownGroup(ctx context.Context, c *sdk.Client, title string) (string, error) {
	found, err := groupsNamed(ctx, c, title)
	if err != nil {
		return "", err
	}
	for _, conv := range found {
		members, err := c.Members(ctx, conv.ConversationID)
		if err == nil && len(members) == 1 {
			return conv.ConversationID, nil
		}
	}
	conv, err := c.CreateGroup(ctx, title)
	return conv.ConversationID, err
}
