// Package wiring binds adapters to ports and use cases, a readable table per program. It alone knows fx.
package wiring

import (
	"context"

	"go.uber.org/fx"
)

// as names a port that a constructor's result is provided as.
func as[Port any]() fx.Annotation { return fx.As(new(Port)) }

// bind provides one instance of what constructor returns under each of the ports.
func bind(constructor any, ports ...fx.Annotation) fx.Option {
	return fx.Provide(fx.Annotate(constructor, ports...))
}

// background runs a loop from start to stop; stopping cancels it and waits for it.
func background[T any](loop func(T, context.Context)) fx.Option {
	return fx.Invoke(func(lc fx.Lifecycle, root context.Context, v T) {
		ctx, cancel := context.WithCancel(root)
		done := make(chan struct{})
		lc.Append(fx.Hook{
			OnStart: func(context.Context) error {
				go func() {
					defer close(done)
					loop(v, ctx)
				}()
				return nil
			},
			OnStop: func(stop context.Context) error {
				cancel()
				select {
				case <-done:
					return nil
				case <-stop.Done():
					return context.Cause(stop)
				}
			},
		})
	})
}

// rootContext provides the context of the whole process, which nothing cancels: what must end is ended by its stop hook, in
// order.
func rootContext(ctx context.Context) fx.Option {
	return fx.Provide(func() context.Context { return context.WithoutCancel(ctx) })
}
