package metrics

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"chatsystem/domain"
	"chatsystem/ports"
)

// MessageLog returns next with its sends counted.
func MessageLog(r prometheus.Registerer, next ports.MessageLog) ports.MessageLog {
	sends := promauto.With(r).NewCounterVec(prometheus.CounterOpts{
		Name: "chat_messages_sent_total", Help: "Sends, by what came of them.",
	}, []string{"result"})
	of := func(result string) prometheus.Counter { return sends.WithLabelValues(result) }
	return messageLog{next, of("created"), of("repeated"), of("refused"), of("failed")}
}

type messageLog struct {
	next                               ports.MessageLog
	created, repeated, refused, failed prometheus.Counter
}

// Append implements ports.MessageLog.
func (l messageLog) Append(ctx context.Context, d domain.Draft) (domain.Message, bool, error) {
	m, created, err := l.next.Append(ctx, d)
	switch {
	case created && err == nil:
		l.created.Inc()
	case err == nil:
		l.repeated.Inc()
	case ownFault(err):
		l.refused.Inc()
	default:
		l.failed.Inc()
	}
	return m, created, err
}

// ownFault tells whether the caller got what it asked for: an error that is its own.
func ownFault(err error) bool {
	var fault *domain.Fault
	return errors.As(err, &fault) && fault.Kind != domain.KindUnavailable && fault.Kind != domain.KindInternal
}

// SequenceAllocator returns next with the seqs counted that end as no message of the sender's.
func SequenceAllocator(r prometheus.Registerer, next ports.SequenceAllocator) ports.SequenceAllocator {
	voids := promauto.With(r).NewCounterVec(prometheus.CounterOpts{
		Name: "chat_seqs_voided_total", Help: "Seqs closed without the message they were given for, by what holds them.",
	}, []string{"holder"})
	return allocator{next, voids.WithLabelValues("tombstone"), voids.WithLabelValues("foreign")}
}

type allocator struct {
	next               ports.SequenceAllocator
	tombstone, foreign prometheus.Counter
}

// Allocate implements ports.SequenceAllocator.
func (a allocator) Allocate(ctx context.Context, r domain.AllocationRequest) (domain.Allocation, bool, error) {
	allocation, created, err := a.next.Allocate(ctx, r)
	if err == nil && r.Refused.Seq > 0 {
		a.voided(r.Refused.Foreign)
	}
	return allocation, created, err
}

// Void implements ports.SequenceAllocator.
func (a allocator) Void(ctx context.Context, c domain.ConversationID, seq domain.Seq, why domain.VoidReason) error {
	err := a.next.Void(ctx, c, seq, why)
	if err == nil {
		a.voided(why == domain.VoidForeign)
	}
	return err
}

func (a allocator) voided(foreign bool) {
	if foreign {
		a.foreign.Inc()
		return
	}
	a.tombstone.Inc()
}

// Settler returns next with its batches measured.
func Settler(r prometheus.Registerer, next ports.Settler) ports.Settler {
	with := promauto.With(r)
	return settler{
		next,
		with.NewHistogram(prometheus.HistogramOpts{Name: "chat_settle_batch_size", Help: "Messages settled in one call.", Buckets: sizes}),
		newSteps(with, "chat_settle", "Settling one batch of messages"),
	}
}

type settler struct {
	next  ports.Settler
	size  prometheus.Histogram
	calls steps
}

// Settle implements ports.Settler.
func (s settler) Settle(ctx context.Context, batch []domain.Settlement) error {
	s.size.Observe(float64(len(batch)))
	return s.calls.measure(func() error { return s.next.Settle(ctx, batch) })
}
