package tracing_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"chatsystem/adapters/memory"
	"chatsystem/adapters/tracing"
	"chatsystem/domain"
	"chatsystem/ports"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	recorded   = domain.Trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	unrecorded = domain.Trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")
)

// newTracer returns a tracer that sends to answer, and what stops it after it has sent everything.
func newTracer(t *testing.T, answer http.HandlerFunc) (tracer *tracing.Tracer, stop func()) {
	t.Helper()
	server := httptest.NewServer(answer)
	tracer, err := tracing.New(t.Context(), tracing.Config{Endpoint: server.URL, Service: "test"}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { tracer.Run(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(stop)
	return tracer, stop
}

func ok(http.ResponseWriter, *http.Request) {}

func TestWhatIsRecordedIsSentWhenTheProgramStops(t *testing.T) {
	tracer, stop := newTracer(t, ok)
	for range 3 {
		_, end := tracer.ServeRequest(t.Context(), "GET", "/api", "")
		end(http.StatusOK)
	}
	stop()
	assert.Equal(t, tracing.Counts{Exported: 3}, tracer.Counts())
}

func TestACollectorThatRefusesIsOnNobodysWay(t *testing.T) {
	tracer, stop := newTracer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) })
	_, end := tracer.ServeRequest(t.Context(), "GET", "/api", "")
	end(http.StatusOK)
	stop()
	assert.Equal(t, tracing.Counts{Failed: 1}, tracer.Counts())
}

func TestWhatDoesNotFitIsDroppedAndCounted(t *testing.T) {
	const far = 20_000
	tracer, err := tracing.New(t.Context(), tracing.Config{Endpoint: "http://127.0.0.1:1", Service: "test"}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	for range far { // and nobody sends
		_, end := tracer.ServeRequest(t.Context(), "GET", "/api", "")
		end(http.StatusOK)
	}
	dropped := tracer.Counts().Dropped
	assert.Greater(t, dropped, int64(far/2))
	assert.Less(t, dropped, int64(far))
}

func TestARequestGoesOnFromItsCaller(t *testing.T) {
	tracer, _ := newTracer(t, ok)
	t.Run("below a recorded step", func(t *testing.T) {
		ctx, end := tracer.ServeRequest(t.Context(), "GET", "/api", recorded)
		defer end(http.StatusOK)
		got := ports.TraceOf(ctx)
		assert.Equal(t, recorded.ID(), got.ID())
		assert.NotEqual(t, recorded.Step(), got.Step())
		assert.True(t, got.Recorded())
	})
	t.Run("below one that is not recorded nothing is recorded, and the trace is still known", func(t *testing.T) {
		before := tracer.Counts()
		ctx, end := tracer.ServeRequest(t.Context(), "GET", "/api", unrecorded)
		end(http.StatusOK)
		assert.Equal(t, unrecorded, ports.TraceOf(ctx))
		assert.Equal(t, before, tracer.Counts())
	})
	t.Run("from nowhere a trace begins", func(t *testing.T) {
		ctx, end := tracer.ServeRequest(t.Context(), "GET", "/api", "")
		defer end(http.StatusOK)
		assert.True(t, ports.TraceOf(ctx).Recorded())
		assert.NotEqual(t, recorded.ID(), ports.TraceOf(ctx).ID())
	})
}

func TestTransportTellsTheServer(t *testing.T) {
	tracer, _ := newTracer(t, ok)
	var told []string
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, r.Header.Get("Traceparent"))
	}))
	defer server.Close()
	client := &http.Client{Transport: tracer.Transport(nil)}
	defer client.CloseIdleConnections()
	for _, trace := range []domain.Trace{"", recorded, unrecorded} {
		r, err := http.NewRequestWithContext(ports.WithTrace(t.Context(), trace), http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		res, err := client.Do(r)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, res.Body)
		require.NoError(t, res.Body.Close())
		assert.Empty(t, r.Header, "the request stays the caller's")
	}
	require.Len(t, told, 3)
	assert.Empty(t, told[0])
	below := domain.ParseTrace(told[1])
	assert.Equal(t, recorded.ID(), below.ID())
	assert.NotEqual(t, recorded.Step(), below.Step())
	assert.Equal(t, string(unrecorded), told[2])
}

// broker keeps the events that were published.
type broker struct {
	events []domain.Event
	fail   error
}

func (b *broker) Publish(_ context.Context, events []domain.Event) error {
	b.events = slices.Clone(events)
	return b.fail
}

func TestEventsGoOnFromTheStepThatPublishedThem(t *testing.T) {
	tracer, stop := newTracer(t, ok)
	down := errors.New("broker is down")
	b := &broker{fail: down}
	events := []domain.Event{{Name: "a", Trace: recorded}, {Name: "b"}, {Name: "c", Trace: unrecorded}}
	require.ErrorIs(t, tracer.EventPublisher(b).Publish(t.Context(), events), down)

	assert.Equal(t, recorded, events[0].Trace, "the caller's stay as they are")
	assert.Equal(t, recorded.ID(), b.events[0].Trace.ID())
	assert.NotEqual(t, recorded, b.events[0].Trace)
	assert.Equal(t, events[1:], b.events[1:])
	stop()
	assert.EqualValues(t, 1, tracer.Counts().Exported)
}

func TestAnEventIsRoutedUntilItIsDone(t *testing.T) {
	tracer, stop := newTracer(t, ok)
	bus := memory.NewEventBus()
	require.NoError(t, bus.Publish(t.Context(), []domain.Event{{Name: "a", Trace: recorded}, {Name: "b", Trace: recorded}, {Name: "c"}}))
	batch, err := tracer.EventSource(bus).Fetch(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, batch.Events, 3)
	assert.NotEqual(t, batch.Events[0].Trace, batch.Events[1].Trace)
	batch.Events[0].Done()
	batch.Events[2].Done()
	stop()
	assert.EqualValues(t, 1, tracer.Counts().Exported, "the other one is on its way")
}

func TestWithoutACollectorNothingIsWrapped(t *testing.T) {
	tracer, err := tracing.New(t.Context(), tracing.Config{}, nil)
	require.NoError(t, err)
	tracer.Run(t.Context()) // which returns
	log, bus, inbox := memory.NewMessageStore(), memory.NewEventBus(), memory.NewGatewayBus()
	assert.Same(t, log, tracer.MessageStore(log))
	assert.Same(t, bus, tracer.EventPublisher(bus))
	assert.Same(t, bus, tracer.EventSource(bus))
	assert.Same(t, inbox, tracer.GatewayInbox(inbox))
	assert.Same(t, http.DefaultTransport, tracer.Transport(nil))
	ctx := t.Context()
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_, end := tracer.ServeRequest(ctx, "GET", "/api", recorded)
		end(http.StatusOK)
	}))
}

func TestSettingsAreCheckedAllAtOnce(t *testing.T) {
	require.NoError(t, tracing.Config{}.Validate())
	err := tracing.Config{Endpoint: "collector:4318", Ratio: 2}.Validate()
	for _, fault := range []string{"endpoint", "service", "ratio"} {
		require.ErrorContains(t, err, fault)
	}
}

func TestLogLinesSayWhatTheyBelongTo(t *testing.T) {
	var lines bytes.Buffer
	log := slog.New(tracing.NewLogHandler(slog.NewTextHandler(&lines, nil))).With("service", "chat")
	ctx := ports.WithTrace(ports.WithRequestID(t.Context(), "r-1"), recorded)
	log.InfoContext(ctx, "within", "n", 1)
	log.InfoContext(t.Context(), "outside")

	all := strings.Split(lines.String(), "\n")
	assert.Contains(t, all[0], "service=chat n=1 request_id=r-1 trace_id="+recorded.ID())
	assert.NotContains(t, all[1], "_id")
}

// TestACollectorThatHangsDelaysTheEndByALittle: the last batch has a deadline of its own.
func TestACollectorThatHangsDelaysTheEndByALittle(t *testing.T) {
	tracer, stop := newTracer(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	_, end := tracer.ServeRequest(t.Context(), "GET", "/api", "")
	end(http.StatusOK)
	began := time.Now()
	stop()
	assert.Less(t, time.Since(began), 8*time.Second)
	assert.EqualValues(t, 1, tracer.Counts().Failed)
}
