package sqlite

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/jmoiron/sqlx"
)

const (
	queueLength = 1024 // changes that may wait; more wait for room until their context ends
	maxGroup    = 256  // changes in one transaction: bounds how long the first of them waits for the last
)

// writer makes all changes, on one connection and one goroutine. SQLite has one writer at a time anyway, and a commit
// costs a sync of the disk whatever it holds; so everything that queued up during the last sync shares the next one. A
// change that fails takes nothing else with it: if it had changed something, the group is made anew, each change in a
// savepoint of its own. Savepoints for all of them, just in case, would cost a tenth of every send. A statement that
// fails for another reason than a constraint ends the group: nothing of it is kept, and all of it is told so.
type writer struct {
	ctx  context.Context // without an end: a statement cut short would take the whole group with it
	conn *sqlx.Conn
	q    *queries
	log  *checkpointer

	mu     sync.RWMutex // closed against sending on queue
	closed bool
	queue  chan *change
	done   chan struct{}

	unlooked int // changes that the checkpointer has not been told of

	writes, commits atomic.Int64
}

func startWriter(ctx context.Context, conn *sqlx.Conn, log *checkpointer) *writer {
	w := &writer{
		ctx: ctx, conn: conn, q: newWrites(conn), log: log,
		queue: make(chan *change, queueLength), done: make(chan struct{}),
	}
	go w.loop()
	return w
}

// do runs fn in a transaction and returns once that is committed. An error from fn undoes what fn did and is returned as
// it is. A context that ends before fn has started leaves it out; after that do waits for the end, which is near.
// fn must touch nothing but q and its own variables, and must not call do. It may run a second time, on the same state, when
// what the first time did has been undone.
func (w *writer) do(ctx context.Context, fn changeFunc) error {
	c := newChange(ctx, fn)
	if err := w.enqueue(ctx, c); err != nil {
		return err
	}
	return c.wait(ctx)
}

func (w *writer) enqueue(ctx context.Context, c *change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return unavailable(errors.New("sqlite: the database is closed"))
	}
	select {
	case w.queue <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close refuses new changes, waits for those queued and releases the connection.
func (w *writer) close() error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.done
	return errors.Join(w.q.close(), w.conn.Close())
}

func (w *writer) stats() Stats {
	return Stats{Writes: w.writes.Load(), Commits: w.commits.Load(), Queued: len(w.queue)}
}

func (w *writer) loop() {
	defer close(w.done)
	for first := range w.queue {
		runtime.Gosched() // whom the last group answered and who comes again at once: in time for this one
		group := w.gather(first)
		if len(group) == 0 {
			continue
		}
		err := w.transact(group)
		for _, c := range group {
			c.finish(err)
		}
		w.checkpoint(len(group))
	}
}

// checkpoint tells the checkpointer of changes, and does what that leaves to the writer.
func (w *writer) checkpoint(changes int) {
	if w.log.rest.Swap(false) {
		_, _ = w.log.run(w.conn, "PASSIVE") // what fails stays in the log, for the next
	}
	if w.unlooked += changes; w.unlooked >= changesBetween {
		w.unlooked = 0
		w.log.look()
	}
}

// gather returns the change and those waiting behind it, without those that were given up.
func (w *writer) gather(first *change) []*change {
	var group []*change
	for c := first; ; {
		if c.start() {
			group = append(group, c)
		}
		if len(group) == maxGroup {
			return group
		}
		select {
		case next, more := <-w.queue:
			if !more {
				return group
			}
			c = next
		default:
			return group
		}
	}
}

const (
	sqlBegin        = "BEGIN IMMEDIATE"
	sqlCommit       = "COMMIT"
	sqlRollback     = "ROLLBACK"
	sqlSavepoint    = "SAVEPOINT change"
	sqlUndo         = "ROLLBACK TO change"
	sqlEndSavepoint = "RELEASE change"
)

var (
	// errHalfDone says that a change failed which must be undone alone, and cannot be.
	errHalfDone = errors.New("a change failed half-way")
	// errLost says that SQLite has ended the transaction by itself.
	errLost = errors.New("sqlite: the transaction is lost")
)

// transact runs a group in one transaction. Its error means that nothing of the group was kept.
func (w *writer) transact(group []*change) error {
	err := w.attempt(group, w.run)
	if errors.Is(err, errHalfDone) {
		err = w.attempt(group, w.runApart)
	}
	if err != nil {
		return unavailable(err)
	}
	w.writes.Add(int64(len(group)))
	w.commits.Add(1)
	return nil
}

// attempt runs each change of a group by run, and commits.
func (w *writer) attempt(group []*change, run func(*change) error) error {
	*w.q.writer = lastOutcome{}
	if _, err := w.q.exec(w.ctx, sqlBegin); err != nil {
		return w.giveUp(err)
	}
	for _, c := range group {
		if err := run(c); err != nil {
			return w.giveUp(err)
		}
	}
	if _, err := w.q.exec(w.ctx, sqlCommit); err != nil {
		return w.giveUp(err)
	}
	return nil
}

// run makes one change. A failure is the change's own if it had not changed anything yet.
func (w *writer) run(c *change) error {
	w.q.writer.changed = false
	ok := c.call(w.q)
	switch err := w.doubt(ok); {
	case err != nil:
		return err
	case !ok && w.q.writer.changed:
		return errHalfDone
	}
	return nil
}

// doubt returns why the transaction cannot go on after a change; ok tells whether the change succeeded. SQLite is asked
// whether it has ended the transaction: then what comes next would be committed statement by statement.
func (w *writer) doubt(ok bool) error {
	if broken := w.q.writer.broken; broken != nil || ok {
		return broken
	}
	if _, err := w.conn.ExecContext(w.ctx, sqlBegin); err == nil { // which it refuses within one
		return errLost
	}
	return nil
}

// runApart makes one change, or none of it. Its error means that the transaction is lost: SQLite rolls back all of it by
// itself when, for one, the disk is full.
func (w *writer) runApart(c *change) error {
	if _, err := w.q.exec(w.ctx, sqlSavepoint); err != nil {
		return err
	}
	ok := c.call(w.q)
	if err := w.doubt(ok); err != nil {
		return err
	}
	if !ok {
		if _, err := w.q.exec(w.ctx, sqlUndo); err != nil {
			return errors.Join(c.err, err)
		}
	}
	_, err := w.q.exec(w.ctx, sqlEndSavepoint)
	return err
}

// giveUp ends the transaction if SQLite has not, and returns the cause.
func (w *writer) giveUp(cause error) error {
	_, _ = w.conn.ExecContext(w.ctx, sqlRollback) // fails if no transaction is left, which is what it is for
	return cause
}
