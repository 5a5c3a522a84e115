// Package otlptest is a collector of traces for tests: programs send theirs to it over OTLP/HTTP.
package otlptest

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Collector keeps what it gets. It is safe for concurrent use.
type Collector struct {
	*httptest.Server

	mu    sync.Mutex
	spans map[string]span // by id
}

type span struct {
	*otlp.Span
	service string
}

// Step is one span: the service that recorded it, and its name behind those of the steps it is part of.
type Step struct{ Service, Path string }

// New starts a collector that ends with the test.
func New(t testing.TB) *Collector {
	c := &Collector{spans: map[string]span{}}
	c.Server = httptest.NewServer(http.HandlerFunc(c.receive))
	t.Cleanup(c.Close)
	return c
}

func (c *Collector) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		service := ""
		for _, a := range resource.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans[string(s.GetSpanId())] = span{s, service}
			}
		}
	}
}

// Traces returns the steps of every trace, by its id.
func (c *Collector) Traces() map[string][]Step {
	c.mu.Lock()
	defer c.mu.Unlock()
	traces := map[string][]Step{}
	for _, s := range c.spans {
		path := s.GetName()
		for up, there := c.spans[string(s.GetParentSpanId())]; there; up, there = c.spans[string(up.GetParentSpanId())] {
			path = up.GetName() + " > " + path
		}
		id := hex.EncodeToString(s.GetTraceId())
		traces[id] = append(traces[id], Step{s.service, path})
	}
	return traces
}
