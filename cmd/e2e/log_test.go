//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/dynamo"
	"chatsystem/adapters/postgres"
	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// realLog is the message log as the message service runs it, on the real stores, whose steps a test can hold up.
type realLog struct {
	*messages.SequencedLog
	dsn       string
	db        *postgres.DB
	store     *steps
	announcer *messages.Announcer
	events    *recorder
	core      portstest.Core
}

// Append announces what it made, as Send does.
func (l realLog) Append(ctx context.Context, d domain.Draft) (domain.Message, bool, error) {
	m, created, err := l.SequencedLog.Append(ctx, d)
	if err == nil && created {
		l.announcer.Announce(ctx, m.Pointer)
	}
	return m, created, err
}

// newRealLog makes a database and a table; the announcer works until the test ends.
func newRealLog(t testing.TB, clock ports.Clock) realLog {
	t.Helper()
	cfg := postgres.Config{DSN: makeDatabase(t, uniqueName())}
	require.NoError(t, postgres.Migrate(t.Context(), cfg, slog.New(slog.DiscardHandler)))
	db, err := postgres.Open(cfg, clock)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	table, err := dynamo.Open(t.Context(), dynamo.Config{Endpoint: server("DYNAMODB_ENDPOINT"), Region: "us-east-1", Table: uniqueName()})
	require.NoError(t, err)
	t.Cleanup(table.Close)
	require.NoError(t, table.EnsureTable(t.Context()))

	l := realLog{dsn: cfg.DSN, db: db, store: &steps{MessageStore: table}, events: &recorder{}}
	log := slog.New(slog.DiscardHandler)
	l.announcer = messages.NewAnnouncer(l.events, db, log)
	l.SequencedLog = messages.NewSequencedLog(db, l.store, newEntropy, l.announcer, log)
	l.core = portstest.Core{
		Users: db, Directory: db, Sessions: db, Conversations: db, Invites: db, Reader: db, ReadMarks: db, Members: db, Heads: db,
		Messages: table, Settler: db, Unfinished: db, Log: l,
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { l.announcer.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return l
}

// TestTheLogOnRealStoresKeepsTheContract holds the pair of real stores to what the embedded log is held to.
func TestTheLogOnRealStoresKeepsTheContract(t *testing.T) {
	portstest.RunMessageLog(t, func(t testing.TB, clock ports.Clock) portstest.Core { return newRealLog(t, clock).core })
}

// steps is a message store whose puts a test can hold up: each waits before it is carried out, whether or not its caller
// still waits for it.
type steps struct {
	ports.MessageStore

	mu   sync.Mutex
	held chan struct{} // closed when puts may go on; nil: nothing holds them up
	late sync.WaitGroup
}

// hold makes every put wait, until the function that it returns is called; that returns when all of them are done.
func (s *steps) hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(chan struct{})
	s.held = held
	return func() {
		s.mu.Lock()
		s.held = nil
		s.mu.Unlock()
		close(held)
		s.late.Wait()
	}
}

// Put implements ports.MessageStore. The caller of a held put is told, as by a network that breaks, that it failed.
func (s *steps) Put(ctx context.Context, m domain.Message) (domain.Entry, error) {
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if held == nil {
		return s.MessageStore.Put(ctx, m)
	}
	s.late.Go(func() {
		<-held
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_, _ = s.MessageStore.Put(ctx, m) // nobody waits for it any more
	})
	return domain.Entry{}, domain.ErrUnavailable
}

// recorder is the broker, where a test can see what was announced.
type recorder struct {
	mu     sync.Mutex
	events []domain.Event
}

// Publish implements ports.EventPublisher.
func (r *recorder) Publish(_ context.Context, events []domain.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, events...)
	return nil
}

func (r *recorder) all() []domain.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

func (r *recorder) seqs() []domain.Seq {
	var seqs []domain.Seq
	for _, e := range r.all() {
		seqs = append(seqs, e.Seq)
	}
	return seqs
}

func newEntropy() (e domain.MessageIDEntropy) {
	_, _ = rand.Read(e[:]) // never fails
	return e
}
