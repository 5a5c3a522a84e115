// Package soak watches what a server holds while it works for a long time: goroutines, memory, open files, keys. It puts on
// no load itself. Work is done in rounds with a rest after each, and what counts is what is held at rest: there everything
// that a round needed should have been given back, and so the same be left after each.
package soak

import (
	"context"
	"fmt"
	"time"
)

// Config is how to watch.
type Config struct {
	Duration time.Duration // rounds begin until then
	Rest     time.Duration // after each round
	Every    time.Duration // between two readings
	Sources  []Source      // at least one
	// Round puts on load for one round and returns when nothing of it is left.
	Round func(ctx context.Context) error
	// Progress hears when a round has ended.
	Progress func(rounds int, elapsed time.Duration)
}

// Run does rounds until the duration is over, and returns what was read meanwhile. A round that fails ends it, as does a
// source that cannot be read: a server that has gone is no server at rest.
func Run(ctx context.Context, cfg Config) (Report, error) {
	w := &watch{cfg: cfg, began: time.Now(), series: map[key]*Series{}}
	if err := w.read(ctx); err != nil {
		return Report{}, err
	}
	for {
		if err := w.while(ctx, cfg.Round); err != nil {
			return Report{}, err
		}
		if err := w.while(ctx, w.rest); err != nil {
			return Report{}, err
		}
		w.markRest()
		w.rounds++
		elapsed := time.Since(w.began)
		if cfg.Progress != nil {
			cfg.Progress(w.rounds, elapsed)
		}
		if elapsed >= cfg.Duration {
			return w.report(elapsed), nil
		}
	}
}

// watch collects series. It is used by one goroutine.
type watch struct {
	cfg    Config
	began  time.Time
	rounds int
	order  []key
	series map[key]*Series
}

type key struct{ source, measure string }

// while reads at intervals until f returns, and once more then.
func (w *watch) while(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var result error
	done := make(chan struct{})
	go func() {
		defer close(done)
		result = f(ctx)
	}()
	ticker := time.NewTicker(w.cfg.Every)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			if result != nil {
				return result
			}
			return w.read(ctx)
		case <-ticker.C:
			if err := w.read(ctx); err != nil {
				cancel()
				<-done
				return err
			}
		}
	}
}

func (w *watch) rest(ctx context.Context) error {
	select {
	case <-time.After(w.cfg.Rest):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readTimeout bounds one reading of one source.
const readTimeout = 10 * time.Second

// read takes a reading of every source.
func (w *watch) read(ctx context.Context) error {
	for _, s := range w.cfg.Sources {
		values, err := readWithin(ctx, s)
		if err != nil {
			return fmt.Errorf("read %s: %w", s.Name(), err)
		}
		at := time.Since(w.began).Seconds()
		for _, m := range measures {
			value, there := values[m.Name]
			if !there {
				continue
			}
			k := key{s.Name(), m.Name}
			if w.series[k] == nil {
				w.series[k] = &Series{Source: k.source, Measure: k.measure, measure: m}
				w.order = append(w.order, k)
			}
			w.series[k].Points = append(w.series[k].Points, Point{At: at, Value: value})
		}
	}
	return nil
}

func readWithin(ctx context.Context, s Source) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return s.Read(ctx)
}

// markRest says of the latest readings that they were taken at rest.
func (w *watch) markRest() {
	for _, s := range w.series {
		s.Points[len(s.Points)-1].Rest = true
	}
}

func (w *watch) report(elapsed time.Duration) Report {
	r := Report{Seconds: elapsed.Seconds(), Rounds: w.rounds}
	for _, k := range w.order {
		s := w.series[k]
		s.judge()
		r.Series = append(r.Series, *s)
	}
	return r
}
