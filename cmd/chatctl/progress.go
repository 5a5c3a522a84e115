package main

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress returns what shows how far long work has come: a bar on a terminal, nothing elsewhere.
func (a *app) progress(total int64, what string) *progressbar.ProgressBar {
	if !a.terminal || total <= 0 {
		return progressbar.DefaultSilent(total)
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(a.errOut), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond),
	)
}

// steps shows the steps of long work one after the other: a bar each on a terminal, elsewhere a line when one is done.
type steps struct {
	app  *app
	mu   sync.Mutex
	name string
	bar  *progressbar.ProgressBar
}

func (a *app) steps() *steps { return &steps{app: a} }

func (s *steps) show(step string, done, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.name != step {
		s.end()
		s.name, s.bar = step, s.app.progress(int64(total), step)
	}
	if s.bar.GetMax() != total {
		s.bar.ChangeMax(total)
	}
	_ = s.bar.Set(max(done, int(s.bar.State().CurrentNum))) // a bar that cannot be drawn is no failure
	if done == total && !s.app.terminal {
		s.app.say("%s: %d", step, total)
	}
}

// of returns what shows one of the steps.
func (s *steps) of(step string) func(done, total int) {
	return func(done, total int) { s.show(step, done, total) }
}

func (s *steps) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

func (s *steps) end() {
	if s.bar != nil {
		_ = s.bar.Finish()
	}
}
