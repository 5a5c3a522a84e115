package tracing

import (
	"errors"
	"fmt"
	"net/url"
)

// Config says where traces go. The zero Config turns tracing off.
type Config struct {
	// Endpoint is the base URL of an OTLP/HTTP collector, such as http://collector:4318; empty turns tracing off. The
	// library takes what else a collector may need, such as headers, from its own OTEL_EXPORTER_OTLP_… variables.
	Endpoint string
	// Service and Version name this program in its traces.
	Service, Version string
	// Ratio is how many of the traces that begin here are recorded, from 0 to 1; 0 counts as 1, all of them. Traces that
	// began elsewhere are recorded if they are there.
	Ratio float64
}

// Validate reports every fault of the settings.
func (c Config) Validate() error {
	if c.Endpoint == "" {
		return nil
	}
	var faults []error
	if u, err := url.Parse(c.Endpoint); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		faults = append(faults, fmt.Errorf("tracing: endpoint: %q is not http(s)://host[:port]", c.Endpoint))
	}
	if c.Service == "" {
		faults = append(faults, errors.New("tracing: service: must not be empty"))
	}
	if c.Ratio < 0 || c.Ratio > 1 {
		faults = append(faults, fmt.Errorf("tracing: ratio: %v is not within 0 and 1", c.Ratio))
	}
	return errors.Join(faults...)
}

func (c Config) ratio() float64 {
	if c.Ratio == 0 {
		return 1
	}
	return c.Ratio
}
