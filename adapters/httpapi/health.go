package httpapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Check is one thing that a service works with.
type Check struct {
	Name  string
	Probe func(context.Context) error // nil: it works; must end with its context
	// Optional is what the service can do without for a while: it is named while it fails, and the service stays ready.
	Optional bool
}

// checkTimeout bounds every probe: a store that does not answer counts as failing.
const checkTimeout = 2 * time.Second

// health is the answer of /healthz and /readyz.
type health struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"`
}

const (
	healthy   = "ok"
	degraded  = "degraded" // only what is optional fails
	unhealthy = "failing"
	leaving   = "draining" // it finishes what it has begun
)

// HealthRoutes serves /healthz, 200 while the process runs, and /readyz, 503 once the server drains or while a check fails
// that is not optional. Why one fails goes to the log, not to the client.
func HealthRoutes(checks ...Check) Routes {
	return func(m *mount) {
		m.data.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
			writeHealth(w, health{healthy, map[string]string{}})
		})
		m.data.Get("/readyz", func(w http.ResponseWriter, r *http.Request) {
			if m.site.cfg.Draining != nil && m.site.cfg.Draining() {
				writeHealth(w, health{leaving, map[string]string{}})
				return
			}
			writeHealth(w, m.site.probe(r.Context(), checks))
		})
	}
}

// probe runs all checks at once.
func (s *site) probe(ctx context.Context, checks []Check) health {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	errs := make([]error, len(checks))
	var running sync.WaitGroup
	for i, c := range checks {
		running.Go(func() { errs[i] = c.Probe(ctx) })
	}
	running.Wait()

	result := health{healthy, make(map[string]string, len(checks))}
	for i, c := range checks {
		result.Checks[c.Name] = healthy
		if errs[i] != nil {
			result.Checks[c.Name] = unhealthy
			if !c.Optional {
				result.Status = unhealthy
			} else if result.Status == healthy {
				result.Status = degraded
			}
			s.log.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("check", c.Name), slog.Any("error", errs[i]))
		}
	}
	return result
}

func writeHealth(w http.ResponseWriter, h health) {
	body, err := json.Marshal(h)
	if err != nil {
		panic(err) // strings only
	}
	w.Header().Set("Content-Type", "application/json")
	if h.Status == unhealthy || h.Status == leaving {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(body) // a client that went away needs no answer
}
