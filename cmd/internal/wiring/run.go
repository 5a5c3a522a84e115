package wiring

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/dig"
	"go.uber.org/fx"
)

// Run starts a program, and stops it in order when ctx ends or a part of it fails.
func Run(ctx context.Context, build fx.Option) error {
	app := fx.New(build)
	start, cancel := context.WithTimeout(ctx, app.StartTimeout())
	defer cancel()
	if err := app.Start(start); err != nil {
		return fmt.Errorf("start: %w", dig.RootCause(err))
	}
	var failed error
	select {
	case <-ctx.Done():
	case s := <-app.Wait():
		if s.ExitCode != 0 {
			failed = errors.New("a part of the program failed; see the log")
		}
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), app.StopTimeout())
	defer cancel()
	if err := app.Stop(stop); err != nil {
		return errors.Join(failed, fmt.Errorf("stop: %w", err))
	}
	return failed
}
