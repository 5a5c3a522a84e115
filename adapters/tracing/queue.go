package tracing

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

const (
	queueCapacity = 4096 // steps that wait; one more is dropped
	exportBatch   = 512
	exportDelay   = 2 * time.Second // a batch gathers for this long at most
	exportTimeout = 10 * time.Second
	lastExport    = 3 * time.Second // for everything that is left when the program stops
)

var _ sdk.SpanProcessor = (*queue)(nil)

// queue hands ended spans to the exporter in batches. The SDK's own batcher drops, too, and tells nobody.
type queue struct {
	exporter sdk.SpanExporter
	log      *slog.Logger
	waiting  chan sdk.ReadOnlySpan
	failing  bool // the last export failed; the loop's alone

	exported, dropped, failed atomic.Int64
}

func newQueue(e sdk.SpanExporter, log *slog.Logger) *queue {
	return &queue{exporter: e, log: log, waiting: make(chan sdk.ReadOnlySpan, queueCapacity)}
}

// OnStart implements sdk.SpanProcessor.
func (q *queue) OnStart(context.Context, sdk.ReadWriteSpan) {}

// OnEnd implements sdk.SpanProcessor. It never blocks.
func (q *queue) OnEnd(s sdk.ReadOnlySpan) {
	select {
	case q.waiting <- s:
	default:
		q.dropped.Add(1)
	}
}

// ForceFlush implements sdk.SpanProcessor: nobody asks for it.
func (q *queue) ForceFlush(context.Context) error { return nil }

// Shutdown implements sdk.SpanProcessor: run ends with its own context.
func (q *queue) Shutdown(context.Context) error { return nil }

func (q *queue) counts() Counts {
	return Counts{Exported: q.exported.Load(), Dropped: q.dropped.Load(), Failed: q.failed.Load()}
}

// run exports until ctx ends, then what is left.
func (q *queue) run(ctx context.Context) {
	sending, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastExport, giveUp) })()
	for ctx.Err() == nil {
		q.export(sending, q.gather(ctx))
	}
	for len(q.waiting) > 0 { // nobody records any more: what did is stopped before
		q.export(sending, q.gather(ctx))
	}
	if err := q.exporter.Shutdown(sending); err != nil {
		q.log.Warn("tracing: stop exporter", "error", err)
	}
}

// gather waits for a span, then for those that come with it; after ctx has ended, for none.
func (q *queue) gather(ctx context.Context) []sdk.ReadOnlySpan {
	var batch []sdk.ReadOnlySpan
	var due <-chan time.Time
	for len(batch) < exportBatch {
		select {
		case s := <-q.waiting:
			if batch == nil {
				due = time.After(exportDelay)
			}
			batch = append(batch, s)
		case <-due:
			return batch
		case <-ctx.Done():
			return append(batch, q.atHand(exportBatch-len(batch))...)
		}
	}
	return batch
}

// atHand returns the spans that wait, at most n.
func (q *queue) atHand(n int) []sdk.ReadOnlySpan {
	n = min(n, len(q.waiting))
	batch := make([]sdk.ReadOnlySpan, 0, n)
	for range n { // the loop alone takes any
		batch = append(batch, <-q.waiting)
	}
	return batch
}

// export sends a batch once.
func (q *queue) export(ctx context.Context, batch []sdk.ReadOnlySpan) {
	if len(batch) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, exportTimeout)
	defer cancel()
	err := q.exporter.ExportSpans(ctx, batch)
	if err == nil {
		q.failing = false
		q.exported.Add(int64(len(batch)))
		return
	}
	q.failed.Add(int64(len(batch)))
	if !q.failing { // once, not every two seconds for as long as the collector is down
		q.log.Warn("traces not exported", "spans", len(batch), "error", err)
	}
	q.failing = true
}
