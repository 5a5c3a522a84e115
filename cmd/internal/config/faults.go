package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"chatsystem/adapters/httpapi"
	"chatsystem/domain"
)

// faults collects what is wrong with settings, one fault per variable that is missing or cannot be read.
type faults struct {
	reported map[string]bool
	found    []error
}

// parse takes over the library's faults, which name Go fields, so that they name variables.
func (f *faults) parse(settings reflect.Type, err error) {
	var all env.AggregateError
	if !errors.As(err, &all) {
		if err != nil {
			f.found = append(f.found, err)
		}
		return
	}
	for _, e := range all.Errors {
		var parse env.ParseError
		var missing env.VarIsNotSetError
		var file env.LoadFileContentError
		switch {
		case errors.As(e, &parse):
			f.report(variableOf(settings, parse.Name), parse.Err)
		case errors.As(e, &missing):
			f.report(missing.Key, errors.New("is required"))
		case errors.As(e, &file):
			f.report(file.Key, file.Err)
		default:
			f.found = append(f.found, e)
		}
	}
}

// variableOf returns the variable of a Go field name, which a part of the settings may hold.
func variableOf(settings reflect.Type, field string) string {
	for _, f := range reflect.VisibleFields(settings) {
		if f.Name == field && f.Tag != "" {
			name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
			return name
		}
	}
	return field
}

func (f *faults) report(name string, err error) {
	f.reported[name] = true
	f.found = append(f.found, fmt.Errorf("%s: %w", name, err))
}

// check reports a variable whose value could be read and is wrong.
func (f *faults) check(ok bool, name, format string, args ...any) {
	if !ok && !f.reported[name] {
		f.found = append(f.found, fmt.Errorf("%s: "+format, append([]any{name}, args...)...))
	}
}

// adapter reports what an adapter says of its settings.
func (f *faults) adapter(name string, cfg interface{ Validate() error }) {
	err := cfg.Validate()
	f.check(err == nil, name, "%w", err)
}

func (f *faults) address(name, value string) {
	_, port, err := net.SplitHostPort(value)
	f.check(err == nil && port != "", name, "%q is not host:port", value)
}

func (f *faults) adminAddress(value string) {
	if value != "" {
		f.address("ADMIN_ADDR", value)
	}
}

// url reports what is no base URL. It does not show the value, in which somebody may have put a password.
func (f *faults) url(name, value string) {
	u, err := url.Parse(value)
	f.check(err == nil && isHTTP(u) && u.User == nil && u.RawQuery == "" && u.Fragment == "", name,
		"is not a URL such as http://host:8080, without user, query or fragment")
}

// internalURL is an address in the form of a URL: gateways talk plain HTTP to each other, and the path is the client's.
func (f *faults) internalURL(value string) {
	u, err := url.Parse(value)
	ok := err == nil && u.Scheme == "http" && u.Hostname() != "" && strings.TrimSuffix(value, "/") == "http://"+u.Host
	f.check(ok, "GATEWAY_INTERNAL_URL", "%q is not of the form http://host[:port]", value)
}

func (f *faults) origins(values []string) {
	for _, v := range values {
		u, err := url.Parse(v)
		ok := err == nil && isHTTP(u) && v == u.Scheme+"://"+u.Host
		f.check(ok, "ALLOWED_ORIGINS", "%q is not scheme://host[:port]", v)
	}
}

func isHTTP(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" }

func (f *faults) networks(values []string) {
	for _, v := range values {
		_, err := httpapi.ParseNetwork(v)
		f.check(err == nil, "TRUSTED_PROXIES", "%w", err)
	}
}

func (f *faults) drainPeriod(d time.Duration) {
	f.check(d >= 0 && d <= time.Minute, "DRAIN_PERIOD", "%v is not within 0s and 1m", d)
}

func (f *faults) signIn(cost int, access, refresh time.Duration) {
	f.check(cost >= 4 && cost <= 20, "BCRYPT_COST", "%d is not within 4 and 20", cost)
	f.check(access >= time.Second && access <= domain.MaxAccessTokenLife, "ACCESS_TOKEN_TTL", "%v is not within 1s and 1h", access)
	f.check(refresh >= access, "REFRESH_TOKEN_TTL", "%v is shorter than ACCESS_TOKEN_TTL", refresh)
}

func (f *faults) retention(d time.Duration) {
	f.check(d >= 0, "IDEMPOTENCY_RETENTION", "%v is negative", d)
}
