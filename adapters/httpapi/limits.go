package httpapi

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rate is how much of something one client may do in a sliding window of time. The zero Rate is no limit.
type Rate struct {
	Requests int
	Window   time.Duration
}

// String returns the rate as a setting has it, such as 200/10s.
func (r Rate) String() string {
	window := r.Window.String()
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(window, none) {
			window = window[:len(window)-2]
		}
	}
	return fmt.Sprintf("%d/%s", r.Requests, window)
}

// Limits are the rates of what can be done with a server, by name; docs/limits.md tells what each counts. What has no
// rate is not limited. They hold for all instances together if Config has Counters, else for each process.
type Limits map[string]Rate

// DefaultLimits leave room for people behind one address, for quick typists and for imports, not for guessing and
// flooding.
func DefaultLimits() Limits {
	return Limits{
		"register": {20, time.Minute},
		"login":    {60, time.Minute},
		"guess":    {10, time.Minute},
		"account":  {100, time.Minute},
		"password": {10, time.Minute},
		"refresh":  {120, time.Minute},
		"search":   {60, time.Minute},
		"read":     {1000, 10 * time.Second},
		"mark":     {300, 10 * time.Second},
		"send":     {200, 10 * time.Second},
		"change":   {120, time.Minute},
		"people":   {500, 10 * time.Minute},
		"connect":  {600, time.Minute},
		"token":    {300, time.Minute},
	}
}

// UnmarshalText reads a setting: "on" for the defaults, "off" for none, or the rates that differ from the defaults,
// such as send=400/10s,login=off.
func (l *Limits) UnmarshalText(text []byte) error {
	*l = DefaultLimits()
	switch string(text) {
	case "on":
		return nil
	case "off":
		*l = Limits{}
		return nil
	}
	for part := range strings.SplitSeq(string(text), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if _, known := DefaultLimits()[name]; !known {
			return fmt.Errorf("%q is none of %s", name, strings.Join(slices.Sorted(maps.Keys(DefaultLimits())), ", "))
		}
		rate, err := parseRate(value)
		if err != nil {
			return fmt.Errorf("%s: %q is neither off nor a rate such as 200/10s", name, value)
		}
		(*l)[name] = rate
	}
	return nil
}

func parseRate(s string) (Rate, error) {
	if s == "off" {
		return Rate{}, nil
	}
	requests, window, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(requests)
	d, windowErr := time.ParseDuration(window)
	if err := errors.Join(err, windowErr); err != nil {
		return Rate{}, err
	}
	if n < 1 || d < time.Second || d > time.Hour {
		return Rate{}, errors.New("out of range")
	}
	return Rate{n, d}, nil
}
