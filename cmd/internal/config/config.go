// Package config reads the settings of the programs from environment variables: in one place, all faults at once.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Settings is what a program needs to know before it starts.
type Settings interface{ validate(f *faults) }

// ServerSettings is the settings of a program that serves HTTP.
type ServerSettings interface {
	Settings
	// ListenAddr is where it listens, host:port; without a host on all addresses.
	ListenAddr() string
	// Level is the least severe level that it logs.
	Level() slog.Level
}

// Environment returns the process's environment as Load takes it.
func Environment() map[string]string { return env.ToMap(os.Environ()) }

// Load reads the settings of a program. The error names every variable that is wrong or missing. A variable that is set to
// nothing counts as not set.
func Load[S Settings](environment map[string]string) (S, error) {
	s, err := env.ParseAsWithOptions[S](env.Options{Environment: withoutEmpty(environment)})
	f := &faults{reported: map[string]bool{}}
	f.parse(reflect.TypeFor[S](), err)
	s.validate(f)
	return s, errors.Join(f.found...)
}

// Help lists the variables of a program with their defaults, a line each.
func Help[S Settings]() string {
	var s S
	params, err := env.GetFieldParams(&s)
	if err != nil {
		return err.Error() // a fault of the struct's tags, which the tests would show
	}
	var lines strings.Builder
	for _, p := range params {
		if p.Key == "" {
			continue
		}
		value := p.DefaultValue
		if p.Required {
			value = "(required)"
		}
		lines.WriteString(strings.TrimRight(fmt.Sprintf("  %-27s %s", p.Key, value), " ") + "\n")
	}
	return lines.String()
}

// withoutEmpty leaves out variables that are set to nothing.
func withoutEmpty(environment map[string]string) map[string]string {
	set := make(map[string]string, len(environment))
	for k, v := range environment {
		if v != "" {
			set[k] = v
		}
	}
	return set
}
