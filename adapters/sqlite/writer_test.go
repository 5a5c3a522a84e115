package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

const patience = 10 * time.Second

func openTest(t testing.TB) *DB {
	t.Helper()
	entropy := func() domain.MessageIDEntropy { return domain.MessageIDEntropy{} }
	d, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "chat.db")}, time.Now, entropy)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

// hold keeps the writer busy until release is called, so that what is queued meanwhile forms groups.
func hold(t testing.TB, d *DB) (release func()) {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		_ = d.writer.do(t.Context(), func(context.Context, *queries) error {
			close(held)
			<-free
			return nil
		})
	})
	<-held
	release = sync.OnceFunc(func() {
		close(free)
		done.Wait()
	})
	t.Cleanup(release)
	return release
}

// queue starts changes behind the held one, in order, and returns a function that waits for their outcomes.
func queue(ctx context.Context, t testing.TB, d *DB, changes ...changeFunc) (outcomes func() []error) {
	t.Helper()
	errs := make([]error, len(changes))
	var done sync.WaitGroup
	before := d.Stats().Queued
	for i, fn := range changes {
		done.Go(func() { errs[i] = d.writer.do(ctx, fn) })
		require.Eventually(t, func() bool { return d.Stats().Queued == before+i+1 }, patience, 100*time.Microsecond)
	}
	return func() []error {
		done.Wait()
		return errs
	}
}

func addUser(n int) changeFunc {
	return func(ctx context.Context, q *queries) error {
		_, err := q.exec(ctx, qInsertUser, fmt.Sprint("user ", n), fmt.Sprint("e", n), fmt.Sprint("e", n), fmt.Sprint("u", n),
			fmt.Sprint("u", n), "hash", moment{time.UnixMilli(1)})
		return err
	}
}

// orphan breaks a foreign key in a way that only the commit notices.
func orphan(ctx context.Context, q *queries) error {
	if _, err := q.exec(ctx, `PRAGMA defer_foreign_keys = ON`); err != nil {
		return err
	}
	_, err := q.exec(ctx, qInsertSession, "session", "nobody", "", moment{time.UnixMilli(1)}, moment{time.UnixMilli(1)},
		moment{time.UnixMilli(1)}, false)
	return err
}

const qCountUsers = `SELECT count(*) FROM users`

func userCount(t testing.TB, d *DB) int {
	t.Helper()
	var n int
	require.NoError(t, d.reads.get(t.Context(), &n, qCountUsers))
	return n
}

func users(from, to int) []changeFunc {
	var changes []changeFunc
	for n := from; n < to; n++ {
		changes = append(changes, addUser(n))
	}
	return changes
}

func TestWriterGroupsWhatWaits(t *testing.T) {
	t.Run("changes that queue up behind a commit share the next one", func(t *testing.T) {
		d := openTest(t)
		release := hold(t, d)
		outcomes := queue(t.Context(), t, d, users(0, 50)...)
		release()
		require.NoError(t, errors.Join(outcomes()...))
		require.Equal(t, Stats{Writes: 51, Commits: 2}, d.Stats())
		require.Equal(t, 50, userCount(t, d))
	})

	t.Run("a group has a limit", func(t *testing.T) {
		d := openTest(t)
		release := hold(t, d)
		outcomes := queue(t.Context(), t, d, users(0, maxGroup+1)...)
		release()
		require.NoError(t, errors.Join(outcomes()...))
		require.Equal(t, Stats{Writes: maxGroup + 2, Commits: 3}, d.Stats())
	})

	t.Run("a change sees what those before it in the group did", func(t *testing.T) {
		d := openTest(t)
		release := hold(t, d)
		seen := -1
		outcomes := queue(t.Context(), t, d, addUser(1), func(ctx context.Context, q *queries) error {
			return q.get(ctx, &seen, qCountUsers)
		})
		release()
		require.NoError(t, errors.Join(outcomes()...))
		require.Equal(t, 1, seen)
	})
}

func TestWriterFailures(t *testing.T) {
	t.Run("a change that fails is undone and takes nothing else with it", func(t *testing.T) {
		d := openTest(t)
		release := hold(t, d)
		refused := errors.New("refused")
		outcomes := queue(t.Context(), t, d, addUser(1), func(ctx context.Context, q *queries) error {
			return errors.Join(addUser(2)(ctx, q), refused)
		}, addUser(3))
		release()
		errs := outcomes()
		require.NoError(t, errs[0])
		require.ErrorIs(t, errs[1], refused)
		require.NoError(t, errs[2])
		require.Equal(t, 2, userCount(t, d))
		require.Equal(t, Stats{Writes: 4, Commits: 2}, d.Stats())
	})

	t.Run("a panic reaches its caller, is undone and takes nothing else with it", func(t *testing.T) {
		d := openTest(t)
		release := hold(t, d)
		outcomes := queue(t.Context(), t, d, addUser(1))
		release()
		require.PanicsWithValue(t, "boom", func() {
			_ = d.writer.do(t.Context(), func(ctx context.Context, q *queries) error {
				_ = addUser(2)(ctx, q)
				panic("boom")
			})
		})
		require.NoError(t, errors.Join(outcomes()...))
		require.NoError(t, d.writer.do(t.Context(), addUser(3)))
		require.Equal(t, 2, userCount(t, d))
	})

	t.Run("a commit that fails is told to the whole group, and nothing of it is kept", func(t *testing.T) {
		d := openTest(t)
		release := hold(t, d)
		refused := errors.New("refused, on the strength of changes that are lost")
		outcomes := queue(t.Context(), t, d, addUser(1), orphan, addUser(2), func(context.Context, *queries) error { return refused })
		release()
		for _, err := range outcomes() {
			require.ErrorIs(t, err, domain.ErrUnavailable)
			require.NotErrorIs(t, err, refused)
		}
		require.Zero(t, userCount(t, d))
		require.NoError(t, d.writer.do(t.Context(), addUser(1)), "the next group is not affected")
		require.Equal(t, 1, userCount(t, d))
	})

	t.Run("a full disk is told to everybody it concerns, and nothing of theirs is kept", func(t *testing.T) {
		d := openTest(t)
		var pages, limit int
		setLimit := func(query string) {
			require.NoError(t, d.writer.do(t.Context(), func(ctx context.Context, q *queries) error { return q.get(ctx, &limit, query) }))
		}
		require.NoError(t, d.reads.get(t.Context(), &pages, `PRAGMA page_count`))
		setLimit(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+2))
		release := hold(t, d)
		fill := func(ctx context.Context, q *queries) error {
			for n := 1000; n < 2000; n++ {
				if err := addUser(n)(ctx, q); err != nil {
					return err
				}
			}
			return nil
		}
		outcomes := queue(t.Context(), t, d, fill)
		release()
		require.ErrorIs(t, outcomes()[0], domain.ErrStorageFull)
		require.Zero(t, userCount(t, d))
		setLimit(`PRAGMA max_page_count = 1000000`)
		require.NoError(t, d.writer.do(t.Context(), fill))
		require.Equal(t, 1000, userCount(t, d))
	})
}

// TestWriterWhenTheMachineFails has the first statement of a change fail in ways in which SQLite gives up the
// transaction, or may have: nothing of the group is kept, whatever comes behind it, and all of it is told.
func TestWriterWhenTheMachineFails(t *testing.T) {
	rolledBack := func(then error) changeFunc {
		return func(ctx context.Context, q *queries) error {
			if _, err := q.exec(ctx, sqlRollback); err != nil { // as SQLite does by itself
				return err
			}
			q.writer.changed = false
			return then
		}
	}
	full := func(ctx context.Context, q *queries) error { // a row that is larger than what is left of the file
		_, err := q.exec(ctx, qInsertUser, "full", "full", "full", strings.Repeat("x", 1<<20), "full", "hash", moment{time.UnixMilli(1)})
		return err
	}
	for name, fails := range map[string]changeFunc{
		"a disk that fails":                        rolledBack(unavailable(errors.New("disk I/O error"))),
		"a disk that is full":                      rolledBack(marked(errors.New("full"), domain.ErrStorageFull)),
		"a failure without a name":                 rolledBack(errors.New("something")),
		"a statement that meets the end of a file": full,
		"one whose change passes over it":          func(ctx context.Context, q *queries) error { _ = full(ctx, q); return nil },
		"one whose change goes on": func(ctx context.Context, q *queries) error {
			_ = full(ctx, q)
			return addUser(9)(ctx, q)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := openTest(t)
			var pages int
			require.NoError(t, d.reads.get(t.Context(), &pages, `PRAGMA page_count`))
			limit := func(pages int) {
				require.NoError(t, d.writer.do(t.Context(), func(ctx context.Context, q *queries) error {
					return q.get(ctx, &pages, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
				}))
			}
			limit(pages + 100)
			release := hold(t, d)
			outcomes := queue(t.Context(), t, d, addUser(1), fails, addUser(2))
			release()
			for _, err := range outcomes() {
				var fault *domain.Fault
				require.ErrorAs(t, err, &fault)
				require.Equal(t, domain.KindUnavailable, fault.Kind)
			}
			require.Zero(t, userCount(t, d), "nothing is kept outside a transaction")
			limit(1 << 20)
			require.NoError(t, d.writer.do(t.Context(), addUser(3)))
		})
	}
}

// TestAMessageAboveTheCounterIsInNobodysWay: a full disk could leave one there, once.
func TestAMessageAboveTheCounterIsInNobodysWay(t *testing.T) {
	for name, tc := range map[string]struct {
		hasMore bool
		seq     domain.Seq
	}{"whole: it counts": {false, 3}, "without its body: it is removed": {true, 2}} {
		t.Run(name, func(t *testing.T) {
			d := openTest(t)
			users, ids := addRooms(t, d, 1)
			send := func(id string) (domain.Message, bool) {
				m, created, err := d.Append(t.Context(), domain.Draft{Conversation: ids[0], Sender: users[0], ClientMsgID: id, Body: "text " + id})
				require.NoError(t, err)
				return m, created
			}
			send("first")
			stranded := domain.Message{Pointer: domain.Pointer{
				Conversation: ids[0], Seq: 2, ID: "01HN8X00000000000000000000", Sender: users[0], ClientMsgID: "stranded",
				CreatedAt: domain.StoredTime(time.Now().Add(time.Hour)), Preview: "text stranded", HasMore: tc.hasMore, MembersVersion: 1,
			}, Body: "text stranded"}
			require.NoError(t, d.writer.do(t.Context(), func(ctx context.Context, q *queries) error {
				_, err := insertMessage(ctx, q, stranded, domain.Draft{Body: stranded.Body}.BodyHash())
				return err
			}))
			m, created := send("second")
			require.True(t, created)
			require.Equal(t, tc.seq, m.Seq)
			again, created := send("stranded")
			require.Equal(t, !tc.hasMore, !created, "whoever was told 503 and sends it again gets it once")
			entries, err := d.EntriesFrom(t.Context(), ids[0], 1, 10)
			require.NoError(t, err)
			require.Len(t, entries, 3)
			require.Equal(t, m.CreatedAt.Before(stranded.CreatedAt), tc.hasMore, "times do not go back")
			require.Contains(t, []domain.Seq{2, 3}, again.Seq)
			send("third")
		})
	}
}

func TestWriterFileLockedFromOutside(t *testing.T) {
	d := openTest(t)
	require.NoError(t, d.writer.do(t.Context(), func(ctx context.Context, q *queries) error {
		var ms int
		return q.get(ctx, &ms, `PRAGMA busy_timeout = 1`)
	}))
	outsider, err := d.pool.Connx(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, outsider.Close()) }()
	_, err = outsider.ExecContext(t.Context(), `PRAGMA query_only = 0`)
	require.NoError(t, err)
	_, err = outsider.ExecContext(t.Context(), `BEGIN IMMEDIATE`)
	require.NoError(t, err)
	require.ErrorIs(t, d.writer.do(t.Context(), addUser(1)), domain.ErrUnavailable)
	require.Zero(t, userCount(t, d), "reads go on")
	_, err = outsider.ExecContext(t.Context(), `ROLLBACK`)
	require.NoError(t, err)
	require.NoError(t, d.writer.do(t.Context(), addUser(1)))
}

func TestWriterContexts(t *testing.T) {
	t.Run("a context that ends in the queue leaves the change out", func(t *testing.T) {
		d := openTest(t)
		release := hold(t, d)
		ctx, cancel := context.WithCancel(t.Context())
		outcomes := queue(ctx, t, d, addUser(1))
		cancel()
		require.ErrorIs(t, outcomes()[0], context.Canceled)
		release()
		require.NoError(t, d.writer.do(t.Context(), addUser(2)))
		require.Equal(t, 1, userCount(t, d))
	})

	t.Run("a change that has started is finished and answered whatever becomes of its context", func(t *testing.T) {
		d := openTest(t)
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, d.writer.do(ctx, func(ctx context.Context, q *queries) error {
			cancel()
			return addUser(1)(ctx, q)
		}))
		require.Equal(t, 1, userCount(t, d))
	})

	t.Run("a full queue is waited for until the context ends", func(t *testing.T) {
		d := openTest(t)
		release := hold(t, d)
		outcomes := queue(t.Context(), t, d, users(0, queueLength)...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		require.ErrorIs(t, d.writer.do(ctx, addUser(-1)), context.DeadlineExceeded)
		release()
		require.NoError(t, errors.Join(outcomes()...))
		require.Equal(t, queueLength, userCount(t, d))
	})
}

func TestWriterClosing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	d, err := Open(t.Context(), Config{Path: path}, time.Now, nil)
	require.NoError(t, err)
	release := hold(t, d)
	outcomes := queue(t.Context(), t, d, users(0, 20)...)
	closed := make(chan error)
	go func() { closed <- d.Close() }()
	release()
	require.NoError(t, <-closed)
	require.NoError(t, errors.Join(outcomes()...), "what was queued is finished")
	require.ErrorIs(t, d.writer.do(t.Context(), addUser(99)), domain.ErrUnavailable, "what comes later is refused")
	require.NoError(t, d.Close(), "closing twice is once")

	d, err = Open(t.Context(), Config{Path: path}, time.Now, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	require.Equal(t, 20, userCount(t, d))
}
