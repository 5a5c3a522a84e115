package tokens

import (
	"errors"
	"net/http"
	"net/url"
)

// Config says who issues tokens and for whom.
type Config struct {
	KeyFile string // PEM of the private key, made if absent; empty: a key that lives as long as the process
	// OtherKeyFiles are keys in the same form that sign nothing, and are published and accepted besides: the next one, which
	// all instances must publish before the first of them signs with it, and the one before, as long as its tokens live.
	OtherKeyFiles []string
	Issuer        string
	Audience      string
}

// Validate reports every fault of the settings.
func (c Config) Validate() error { return named(c.Issuer, c.Audience) }

// KeySetConfig says whose tokens are trusted.
type KeySetConfig struct {
	URL       string // of the issuer's JSON Web Key Set; http or https
	Issuer    string
	Audience  string
	Transport http.RoundTripper // nil: one of its own
}

// Validate reports every fault of the settings.
func (c KeySetConfig) Validate() error {
	faults := named(c.Issuer, c.Audience)
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		faults = errors.Join(faults, errors.New("tokens: URL of the key set must begin with http:// or https://"))
	}
	return faults
}

// named reports what is missing of the names that every token bears.
func named(issuer, audience string) error {
	var faults []error
	if issuer == "" {
		faults = append(faults, errors.New("tokens: issuer is required"))
	}
	if audience == "" {
		faults = append(faults, errors.New("tokens: audience is required"))
	}
	return errors.Join(faults...)
}
