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
	for ctx.Err() == nil {
		q.export(ctx, q.gather(ctx))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastExport)
	defer cancel()
	for left := len(q.waiting); left > 0; left -= exportBatch {
		batch := make([]sdk.ReadOnlySpan, 0, exportBatch)
		for range min(left, exportBatch) {
			batch = append(batch, <-q.waiting)
		}
		q.export(ctx, batch)
	}
	if err := q.exporter.Shutdown(ctx); err != nil {
		q.log.Warn("tracing: stop exporter", "error", err)
	}
}

// gather waits for a span, then for those that come with it.
func (q *queue) gather(ctx context.Context) []sdk.ReadOnlySpan {
	var batch []sdk.ReadOnlySpan
	var full <-chan time.Time
	for len(batch) < exportBatch {
		select {
		case s := <-q.waiting:
			if batch == nil {
				full = time.After(exportDelay)
			}
			batch = append(batch, s)
		case <-full:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
	return batch
}

// export sends a batch once, even if ctx has ended meanwhile.
func (q *queue) export(ctx context.Context, batch []sdk.ReadOnlySpan) {
	if len(batch) == 0 {
		return
	}
	timeout := exportTimeout
	if ctx.Err() != nil {
		timeout = lastExport
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
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
