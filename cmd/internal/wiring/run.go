package wiring

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/dig"
	"go.uber.org/fx"
)

// Build is a program, wired and not yet started.
type Build = fx.Option

// Failures is where a part of a running program reports that it cannot go on. (fx has a way of its own, which catches
// signals for as long as the program stops, so that a second Ctrl-C would do nothing.)
type Failures chan<- error

// Run starts a program, and stops it in order when ctx ends or a part of it fails.
func Run(ctx context.Context, build Build) error {
	defer holdHeapFloor()()
	failure := make(chan error, 1)
	app := fx.New(build, fx.Replace(Failures(failure)))
	start, cancel := context.WithTimeout(ctx, app.StartTimeout())
	defer cancel()
	if err := app.Start(start); err != nil {
		if ctx.Err() != nil { // told to stop before it had begun: what had started has been stopped
			return nil
		}
		return fmt.Errorf("start: %w", dig.RootCause(err))
	}
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-failure:
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), app.StopTimeout())
	defer cancel()
	if err := app.Stop(stop); err != nil {
		return errors.Join(failed, fmt.Errorf("stop: %w", err))
	}
	return failed
}
