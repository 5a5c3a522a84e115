package tokens

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// run runs the set until the test ends.
func run(t testing.TB, s *KeySet) {
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// publisher is the issuer's server, without a network.
type publisher struct {
	mu      sync.Mutex
	answer  func() (status int, body []byte)
	fetches int
	slow    time.Duration // how long an answer takes
}

func (p *publisher) publish(authorities ...*Authority) {
	var set jwks
	for _, a := range authorities {
		var one jwks
		if json.Unmarshal(a.JWKS(), &one) == nil {
			set.Keys = append(set.Keys, one.Keys...)
		}
	}
	body, _ := json.Marshal(set)
	p.serve(http.StatusOK, body)
}

func (p *publisher) serve(status int, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = func() (int, []byte) { return status, body }
}

// fall makes every fetch fail.
func (p *publisher) fall() { p.serve(0, nil) }

func (p *publisher) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

func (p *publisher) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.fetches++
	answer, slow := p.answer, p.slow
	p.mu.Unlock()
	<-time.After(slow)
	if answer == nil { // it hangs
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	status, body := answer()
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	if r.URL.Host == "elsewhere.example" {
		status = http.StatusOK // whom nobody has named
	}
	resp := &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{}, Request: r, Body: io.NopCloser(bytes.NewReader(body))}
	resp.Header.Set("Location", "http://elsewhere.example/keys")
	return resp, nil
}

// keySetTest is a running set in a bubble of testing/synctest; its publisher hangs at first.
type keySetTest struct {
	*KeySet
	publisher *publisher
	log       *bytes.Buffer // read it while nothing runs
}

func inBubble(t *testing.T, test func(t *testing.T, s keySetTest)) {
	synctest.Test(t, func(t *testing.T) {
		s := keySetTest{publisher: &publisher{}, log: &bytes.Buffer{}}
		cfg := KeySetConfig{URL: "http://issuer.example/keys", Issuer: "chat", Audience: "chat-clients", Transport: s.publisher}
		var err error
		s.KeySet, err = NewKeySet(cfg, time.Now, slog.New(slog.NewTextHandler(s.log, nil)))
		require.NoError(t, err)
		test(t, s)
	})
}

// tokenOf returns a token that is good for a day.
func tokenOf(t *testing.T, a *Authority) string {
	t.Helper()
	token, err := a.IssueAccess(ports.AccessClaims{
		User: domain.UserID(portstest.NewUUID()), Session: domain.SessionID(portstest.NewUUID()), ExpiresAt: time.Now().Add(24 * time.Hour),
	})
	require.NoError(t, err)
	return token
}

func (s keySetTest) verify(token string) error {
	_, err := s.VerifyAccess(token)
	return err
}

// pass lets virtual time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
