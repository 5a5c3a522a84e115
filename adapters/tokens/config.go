package tokens

import "errors"

// Config says who issues tokens and for whom.
type Config struct {
	KeyFile  string // PEM of the private key, made if absent; empty: a key that lives as long as the process
	Issuer   string
	Audience string
}

// Validate reports every fault of the settings.
func (c Config) Validate() error {
	var faults []error
	if c.Issuer == "" {
		faults = append(faults, errors.New("tokens: issuer is required"))
	}
	if c.Audience == "" {
		faults = append(faults, errors.New("tokens: audience is required"))
	}
	return errors.Join(faults...)
}
