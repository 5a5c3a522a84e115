package simulation

import (
	"context"
	"fmt"
	"hash/fnv"
)

// through makes a call of a port the way the scheduler has it. effect is the call itself.
func through[T any](ctx context.Context, p *process, op, detail string, effect func(context.Context) (T, error)) (T, error) {
	return throughCall(ctx, &call{by: p, op: op, detail: detail + tagOf(ctx)}, effect)
}

func throughCall[T any](ctx context.Context, c *call, effect func(context.Context) (T, error)) (T, error) {
	var none T
	w, lasting := c.by.w, context.WithoutCancel(ctx)
	switch f := w.park(ctx, c); f {
	case works:
		return effect(lasting)
	case repeats:
		_, _ = effect(lasting)
		return effect(lasting)
	case answersLate:
		out, err := effect(lasting)
		if w.park(ctx, &call{by: c.by, op: c.op, detail: c.detail, answer: true}) != works {
			return none, errLost
		}
		return out, err
	case failsAfter:
		_, _ = effect(lasting)
	case happensLate:
		w.happensLater(c, func() { _, _ = effect(lasting) })
	case timesOut:
		if w.coin(c) {
			w.happensLater(c, func() { _, _ = effect(lasting) })
		}
		return none, ctx.Err()
	case failsBefore, dies:
	}
	return none, errLost
}

// do is through for calls that return only an error.
func do(ctx context.Context, p *process, op, detail string, effect func(context.Context) error) error {
	_, err := through(ctx, p, op, detail, func(ctx context.Context) (struct{}, error) { return struct{}{}, effect(ctx) })
	return err
}

// hop is an await point on a way that loses nothing, though it may take its time; false means that it ended.
func hop(ctx context.Context, p *process, op, detail string) bool {
	return p.w.park(ctx, &call{by: p, op: op, detail: detail, steady: true}) == works
}

// coin is a chance that any goroutine may take: it depends on the run's history alone.
func (w *world) coin(c *call) bool {
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, w.seed, c.since, c.op, c.detail)
	return h.Sum32()%2 == 0
}

type tagKey struct{}

// withTag marks what is done for a request, so that calls of the same kind can be told apart.
func withTag(ctx context.Context, tag string) context.Context {
	return context.WithValue(ctx, tagKey{}, tag)
}

func tagOf(ctx context.Context) string {
	if tag, ok := ctx.Value(tagKey{}).(string); ok {
		return " " + tag
	}
	return ""
}
