package tokens

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	fetchTimeout = 3 * time.Second // of the whole exchange
	maxKeySet    = 64 << 10        // bytes of an answer
)

// source is where the keys are published.
type source struct {
	url    string
	client *http.Client
}

func newSource(cfg KeySetConfig) source {
	transport := cfg.Transport
	if transport == nil {
		transport = &http.Transport{DisableKeepAlives: true} // so rare a request would find a kept connection dead
	}
	refuse := func(*http.Request, []*http.Request) error { return errors.New("redirected") } // nobody else is trusted
	return source{cfg.URL, &http.Client{Transport: transport, Timeout: fetchTimeout, CheckRedirect: refuse}}
}

// fetch returns the published keys by their names.
func (s source) fetch(ctx context.Context) (map[string]ed25519.PublicKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("fetch key set: %w", err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch key set: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch key set: answer %s", resp.Status)
	}
	text, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxKeySet))
	if err != nil {
		return nil, fmt.Errorf("fetch key set: %w", err)
	}
	return parseJWKS(text)
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
