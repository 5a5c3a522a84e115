package domain_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"chatsystem/domain"
)

// offered is an event as a test follows it through a window.
type offered struct {
	conversation domain.ConversationID
	seq          domain.Seq
	number       int // tells a repeated event from the first
	at           time.Time
}

func offer(w *domain.ReorderWindow[offered], e offered) []offered {
	return w.Offer(e.conversation, e.seq, e, e.at)
}

func seqsOf(events []offered) []domain.Seq {
	var seqs []domain.Seq
	for _, e := range events {
		seqs = append(seqs, e.seq)
	}
	return seqs
}

func TestEventsInOrderPassAtOnce(t *testing.T) {
	w := domain.NewReorderWindow[offered]()
	for seq := domain.Seq(41); seq <= 45; seq++ {
		require.Equal(t, []domain.Seq{seq}, seqsOf(offer(w, offered{conversation: "c", seq: seq, at: founded})))
	}
	_, waiting := w.NextDue()
	require.False(t, waiting)
}

func TestAnEventWaitsForTheOneBeforeIt(t *testing.T) {
	w := domain.NewReorderWindow[offered]()
	offer(w, offered{conversation: "c", seq: 1, at: founded})
	require.Empty(t, offer(w, offered{conversation: "c", seq: 4, at: founded}))
	require.Empty(t, offer(w, offered{conversation: "c", seq: 3, at: founded.Add(time.Millisecond)}))
	require.Equal(t, []domain.Seq{9}, seqsOf(offer(w, offered{conversation: "other", seq: 9, at: founded})), "others do not wait")
	require.Equal(t, []domain.Seq{2, 3, 4}, seqsOf(offer(w, offered{conversation: "c", seq: 2, at: founded})))
}

func TestAnEventWaitsOnlySoLong(t *testing.T) {
	w := domain.NewReorderWindow[offered]()
	offer(w, offered{conversation: "c", seq: 1, at: founded})
	offer(w, offered{conversation: "c", seq: 3, at: founded})
	offer(w, offered{conversation: "c", seq: 5, at: founded.Add(50 * time.Millisecond)})
	due, waiting := w.NextDue()
	require.True(t, waiting)
	require.Equal(t, founded.Add(domain.ReorderDelay), due)
	require.Empty(t, w.Due(due.Add(-time.Nanosecond)))
	require.Equal(t, []domain.Seq{3}, seqsOf(w.Due(due)))
	require.Equal(t, []domain.Seq{2}, seqsOf(offer(w, offered{conversation: "c", seq: 2, at: due})), "late, but not dropped")
	require.Equal(t, []domain.Seq{4, 5}, seqsOf(offer(w, offered{conversation: "c", seq: 4, at: due})))
}

func TestWhatIsForgottenDoesNotComeOut(t *testing.T) {
	w := domain.NewReorderWindow[offered]()
	offer(w, offered{conversation: "c", seq: 1, at: founded})
	offer(w, offered{conversation: "c", seq: 3, at: founded})
	w.Forget()
	_, waiting := w.NextDue()
	require.False(t, waiting)
	require.Empty(t, w.Due(founded.Add(time.Hour)))
	require.Equal(t, []domain.Seq{7}, seqsOf(offer(w, offered{conversation: "c", seq: 7, at: founded})), "it begins anew")
}

func TestAQuietConversationBeginsAnew(t *testing.T) {
	cases := map[string]struct {
		spoke  time.Duration // when seq 2 came
		quiet  time.Duration // when seq 5 came
		passes bool
	}{
		"not after some seconds":                      {0, 5 * time.Second, false},
		"not a conversation that just said something": {9 * time.Second, 12 * time.Second, false},
		"after a minute":                              {0, time.Minute, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := domain.NewReorderWindow[offered]()
			offer(w, offered{conversation: "c", seq: 1, at: founded})
			offer(w, offered{conversation: "c", seq: 2, at: founded.Add(tc.spoke)})
			got := offer(w, offered{conversation: "c", seq: 5, at: founded.Add(tc.quiet)})
			require.Equal(t, tc.passes, len(got) == 1)
		})
	}
}

func TestWhatIsHeldIsKeptHoweverLateItIsAskedFor(t *testing.T) {
	w := domain.NewReorderWindow[offered]()
	offer(w, offered{conversation: "c", seq: 1, at: founded})
	offer(w, offered{conversation: "c", seq: 3, at: founded})
	offer(w, offered{conversation: "other", seq: 1, at: founded.Add(time.Hour)})
	require.Equal(t, []domain.Seq{3}, seqsOf(w.Due(founded.Add(time.Hour))))
}

func TestAWindowHoldsOnlySoMuch(t *testing.T) {
	const most = 10_000
	w := domain.NewReorderWindow[offered]()
	offer(w, offered{conversation: "c", seq: 1, at: founded})
	for i := range most {
		require.Empty(t, offer(w, offered{conversation: "c", seq: domain.Seq(3 + 2*i), at: founded}))
	}
	require.Equal(t, []domain.Seq{3}, seqsOf(offer(w, offered{conversation: "c", seq: 2*most + 3, at: founded})), "the oldest goes early")
	require.Len(t, w.Due(founded.Add(time.Second)), most)
}

func TestAWindowDelaysButNeverDropsNorDoubles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := domain.NewReorderWindow[offered]()
		now := founded
		var in, out []offered
		take := func(events []offered) {
			for _, e := range events {
				require.False(t, now.After(e.at.Add(domain.ReorderDelay)), "seq %d waited too long", e.seq)
			}
			out = append(out, events...)
		}
		pass := func(until time.Time) {
			for due, waiting := w.NextDue(); waiting && !due.After(until); due, waiting = w.NextDue() {
				require.False(t, due.Before(now))
				now = due
				ready := w.Due(now)
				require.NotEmpty(t, ready, "what NextDue promised")
				take(ready)
			}
			now = until
		}
		for i := range rapid.IntRange(0, 60).Draw(t, "events") {
			pass(now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 30, 70, 100, 11_000}).Draw(t, "ms")) * time.Millisecond))
			e := offered{
				conversation: rapid.SampledFrom([]domain.ConversationID{"a", "b"}).Draw(t, "conversation"),
				seq:          domain.Seq(rapid.IntRange(1, 15).Draw(t, "seq")), number: i, at: now,
			}
			in = append(in, e)
			take(offer(w, e))
		}
		pass(now.Add(time.Second))
		require.ElementsMatch(t, in, out)
	})
}

func TestEventsThatArriveWithinTheWindowComeOutInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := domain.NewReorderWindow[offered]()
		n := rapid.IntRange(1, 30).Draw(t, "events")
		var rest []domain.Seq
		for seq := 2; seq <= n; seq++ {
			rest = append(rest, domain.Seq(seq))
		}
		out := offer(w, offered{conversation: "c", seq: 1, at: founded})
		now := founded
		for _, seq := range rapid.Permutation(rest).Draw(t, "order") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "ms")) * time.Millisecond)
			out = append(out, w.Due(now)...)
			out = append(out, offer(w, offered{conversation: "c", seq: seq, at: now})...)
		}
		_, waiting := w.NextDue()
		require.False(t, waiting, "the last gap is closed")
		require.Len(t, out, n)
		require.True(t, slices.IsSorted(seqsOf(out)))
	})
}
