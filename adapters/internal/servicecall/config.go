package servicecall

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// Config says where a service is and how to call it.
type Config struct {
	// URL is the service's base, such as http://chat-service:8080.
	URL string
	// Credential proves that a service is calling; both sides derive it from the secret they share.
	Credential string
	// Transport makes the requests; nil means NewTransport. To trace calls, wrap NewTransport.
	Transport http.RoundTripper
}

// Validate reports every fault of the configuration. It does not show the credential.
func (c Config) Validate() error {
	var faults []error
	switch u, err := url.Parse(c.URL); {
	case c.URL == "":
		faults = append(faults, errors.New("url is required"))
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		faults = append(faults, errors.New("url must be http://host[:port] or https://…"))
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		faults = append(faults, errors.New("url must hold no user, query or fragment"))
	}
	if c.Credential == "" {
		faults = append(faults, errors.New("credential is required"))
	}
	return errors.Join(faults...)
}

const (
	dialTimeout = time.Second
	// headerTimeout is when an instance that took a request and does not answer is given up.
	headerTimeout = 2 * time.Second
	// idleTimeout is shorter than a server keeps idle connections, so that no request meets one that is closing.
	idleTimeout = 30 * time.Second
	// freshTime is how long connections are used before those that are idle are dropped: a busy connection stays with one
	// instance for ever, and instances started later would get no work.
	freshTime       = 30 * time.Second
	idleConnections = 64 // to one service; the default of 2 would open a connection for almost every call under load
)

// transport drops its idle connections from time to time.
type transport struct {
	*http.Transport
	dropped atomic.Int64 // Unix time in nanoseconds
}

// NewTransport returns a transport for calls to one service. It needs no closing: idle connections close by themselves.
func NewTransport() http.RoundTripper {
	t := &transport{Transport: &http.Transport{
		DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: headerTimeout,
		IdleConnTimeout:       idleTimeout,
		MaxIdleConnsPerHost:   idleConnections,
		DisableCompression:    true, // a local network: time is dearer than bytes
	}}
	t.dropped.Store(time.Now().UnixNano())
	return t
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	now, last := time.Now().UnixNano(), t.dropped.Load()
	if now-last >= int64(freshTime) && t.dropped.CompareAndSwap(last, now) {
		t.CloseIdleConnections()
	}
	return t.Transport.RoundTrip(r)
}
