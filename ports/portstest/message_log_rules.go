package portstest

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func runAppendRefusals(t *testing.T, open Open) {
	outsiders := map[string]func(*testing.T, room) domain.Draft{
		"a stranger": func(t *testing.T, r room) domain.Draft {
			return r.draft(r.AddUser(t, "mallory"), "new", "let me in")
		},
		"a removed member": func(t *testing.T, r room) domain.Draft {
			r.Remove(t, r.id, r.alice, r.bob)
			return r.draft(r.bob, "new", "one more word")
		},
		"a member who left, with a retry": func(t *testing.T, r room) domain.Draft {
			r.Remove(t, r.id, r.bob, r.bob)
			return r.draft(r.bob, "bob's first", "Hello")
		},
		"anybody in a conversation that does not exist": func(_ *testing.T, r room) domain.Draft {
			d := r.draft(r.alice, "new", "Hello")
			d.Conversation = domain.ConversationID(NewUUID())
			return d
		},
	}
	for name, who := range outsiders {
		t.Run(name+" cannot post, and no seq is used up", func(t *testing.T) {
			r := newRoom(t, open)
			first, _ := r.appendDraft(t, r.draft(r.bob, "bob's first", "Hello"))
			d := who(t, r)
			for range 3 {
				_, created, err := r.Log.Append(t.Context(), d)
				require.ErrorIs(t, err, domain.ErrConversationNotFound)
				require.False(t, created)
			}
			require.EqualValues(t, 1, r.state(t, r.id).LastSeq)
			next := r.Post(t, r.alice, r.id, "next")
			require.EqualValues(t, 2, next.Seq)
			r.requireLog(t, r.id, first, next)
		})
	}

	t.Run("a context that has ended posts nothing", func(t *testing.T) {
		r := newRoom(t, open)
		_, created, err := r.Log.Append(cancelled(t), r.draft(r.alice, "late", "Hello"))
		require.Error(t, err)
		require.False(t, created)
		m, created := r.appendDraft(t, r.draft(r.alice, "late", "Hello"))
		require.True(t, created)
		require.EqualValues(t, 1, m.Seq)
	})
}

func runAppendMarks(t *testing.T, open Open) {
	t.Run("a sender has read what they sent, everybody else has one more unread", func(t *testing.T) {
		r := newRoom(t, open)
		for range 3 {
			r.Post(t, r.alice, r.id, "Hello")
		}
		r.awaitRead(t, r.alice, domain.ReadMark{LastRead: 3, Settled: 3})
		r.awaitRead(t, r.bob, domain.ReadMark{Unread: 3, Settled: 3})
		r.Post(t, r.bob, r.id, "Hi")
		r.awaitRead(t, r.bob, domain.ReadMark{LastRead: 4, Settled: 4})
		r.awaitRead(t, r.alice, domain.ReadMark{LastRead: 3, Unread: 1, Settled: 4})
	})

	t.Run("a retry marks nothing as read or unread", func(t *testing.T) {
		r := newRoom(t, open)
		d := r.draft(r.alice, "once", "Hello")
		r.appendDraft(t, d)
		r.Post(t, r.bob, r.id, "Hi")
		r.awaitRead(t, r.alice, domain.ReadMark{LastRead: 1, Unread: 1, Settled: 2})
		r.appendDraft(t, d)
		r.awaitRead(t, r.alice, domain.ReadMark{LastRead: 1, Unread: 1, Settled: 2})
		r.awaitRead(t, r.bob, domain.ReadMark{LastRead: 2, Settled: 2})
	})

	t.Run("lists show the latest message, not one that was sent again", func(t *testing.T) {
		r := newRoom(t, open)
		d := r.draft(r.alice, "once", "Hello")
		r.appendDraft(t, d)
		last := r.Say(t, r.bob, r.id, "Hi")
		r.appendDraft(t, d)
		want := &domain.LastMessage{ID: last.ID, Seq: 2, Sender: r.bob.ID, At: last.CreatedAt, Preview: "Hi"}
		require.Eventually(t, func() bool {
			v, err := r.Reader.ViewConversation(t.Context(), r.alice.ID, r.id)
			return err == nil && v.Last != nil && *v.Last == *want
		}, patience, 2*time.Millisecond)
	})
}

// awaitRead waits until a member's counters are as wanted.
func (r room) awaitRead(t testing.TB, user domain.User, want domain.ReadMark) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		v, err := r.Reader.ViewConversation(t.Context(), user.ID, r.id)
		require.NoError(c, err)
		require.Equal(c, want, v.Read, user.Username)
	}, patience, 2*time.Millisecond)
}

func runAppendRaces(t *testing.T, open Open) {
	t.Run("50 requests with one id at once make one message", func(t *testing.T) {
		r := newRoom(t, open)
		messages := make([]domain.Message, 50)
		var created atomic.Int32
		require.NoError(t, errors.Join(race(len(messages), func(i int) error {
			m, made, err := r.Log.Append(t.Context(), r.draft(r.alice, "once", "Hello"))
			if messages[i] = m; made {
				created.Add(1)
			}
			return err
		})...))
		require.EqualValues(t, 1, created.Load())
		for _, m := range messages {
			require.Equal(t, messages[0], m)
		}
		r.requireLog(t, r.id, messages[0])
	})

	t.Run("100 messages at once get the seqs 1 to 100, with times that do not go back", func(t *testing.T) {
		r := newRoom(t, open)
		messages := make([]domain.Message, 100)
		require.NoError(t, errors.Join(race(len(messages), func(i int) error {
			r.clock.Advance(time.Millisecond)
			sender := []domain.User{r.alice, r.bob}[i%2]
			m, made, err := r.Log.Append(t.Context(), r.draft(sender, fmt.Sprint(i), fmt.Sprintf("message %d", i)))
			if messages[i] = m; err == nil && !made {
				err = fmt.Errorf("message %d is new but was not created", i)
			}
			return err
		})...))
		slices.SortFunc(messages, func(a, b domain.Message) int { return int(a.Seq - b.Seq) })
		for i, m := range messages {
			require.EqualValues(t, i+1, m.Seq)
			require.False(t, i > 0 && m.CreatedAt.Before(messages[i-1].CreatedAt), "seq %d is older than the one before", m.Seq)
		}
		r.requireLog(t, r.id, messages...)
		r.awaitRead(t, r.bob, r.lastOwn(messages, r.bob))
	})

	t.Run("below the floor nothing is ever missing while messages come in", func(t *testing.T) {
		r := newRoom(t, open)
		require.NoError(t, errors.Join(race(8, func(i int) error {
			for n := range 10 {
				if i%2 == 0 {
					if err := r.checkSettled(t); err != nil {
						return err
					}
				}
				if _, _, err := r.Log.Append(t.Context(), r.draft(r.alice, fmt.Sprintf("%d-%d", i, n), "Hello")); err != nil {
					return err
				}
			}
			return nil
		})...))
		require.NoError(t, r.checkSettled(t))
	})

	t.Run("nothing of a member is posted after the removal has returned", func(t *testing.T) {
		r := newRoom(t, open)
		var removed atomic.Bool
		errs := race(16, func(i int) error {
			if i == 0 {
				_, err := r.Conversations.ChangeConversation(t.Context(), r.id, func(c *domain.Conversation) error {
					return c.Remove(r.alice.ID, r.bob.ID)
				})
				removed.Store(true)
				return err
			}
			late := removed.Load()
			_, _, err := r.Log.Append(t.Context(), r.draft(r.bob, fmt.Sprint(i), "Hello"))
			if late && err == nil {
				return fmt.Errorf("message %d was posted after the removal", i)
			}
			return err
		})
		accepted := countErrors(errs[1:], nil)
		require.Equal(t, 15-accepted, countErrors(errs, domain.ErrConversationNotFound))
		require.Len(t, r.entries(t, r.id), accepted)
		require.EqualValues(t, accepted+1, r.Post(t, r.alice, r.id, "alone").Seq)
	})
}

// lastOwn returns the counters of a member who read nothing but what they sent.
func (r room) lastOwn(messages []domain.Message, user domain.User) domain.ReadMark {
	mark := domain.ReadMark{Settled: domain.Seq(len(messages))}
	for _, m := range messages {
		if m.Sender == user.ID {
			mark.LastRead = m.Seq
		}
	}
	mark.Unread = int64(mark.Settled - mark.LastRead)
	return mark
}

// checkSettled returns an error if an entry below the floor is missing. It asks for the head first, as every reader must.
func (r room) checkSettled(t testing.TB) error {
	head, err := r.Heads.Head(t.Context(), r.bob.ID, r.id)
	if err != nil {
		return err
	}
	if head.Floor > head.LastSeq+1 {
		return fmt.Errorf("the floor %d is above last_seq %d", head.Floor, head.LastSeq)
	}
	entries, err := r.Messages.EntriesFrom(t.Context(), r.id, 1, domain.MaxPageLimit)
	if err != nil {
		return err
	}
	for seq := domain.Seq(1); seq <= head.Settled(); seq++ {
		if int(seq) > len(entries) || entries[seq-1].Seq != seq {
			return fmt.Errorf("seq %d is missing below the floor %d", seq, head.Floor)
		}
	}
	return nil
}
