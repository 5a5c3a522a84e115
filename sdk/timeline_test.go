package sdk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func message(seq int64) Message { return Message{ConversationID: "c", Seq: seq} }

func opened(last int64) *timeline { return &timeline{phase: open, last: last, heard: last} }

func TestTimelineHandsOutEvents(t *testing.T) {
	tests := map[string]struct {
		seq    int64
		noRoom bool
		handed bool
		last   int64
		heard  int64
	}{
		"the next one is handed out":                 {seq: 6, handed: true, last: 6, heard: 6},
		"a repeat is dropped":                        {seq: 5, last: 5, heard: 5},
		"one beyond a gap is only heard of":          {seq: 8, last: 5, heard: 8},
		"without room the next is only heard of":     {seq: 6, noRoom: true, last: 5, heard: 6},
		"one that was handed out long ago is old":    {seq: 1, last: 5, heard: 5},
		"a seq far ahead does not move the timeline": {seq: 1 << 40, last: 5, heard: 1 << 40},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tl := opened(5)
			require.Equal(t, tc.handed, tl.event(message(tc.seq), !tc.noRoom))
			require.Equal(t, tc.last, tl.last)
			require.Equal(t, tc.heard, tl.heard)
		})
	}
}

func TestTimelineTakesAnswers(t *testing.T) {
	tests := map[string]struct {
		page MessagePage
		want []int64
		last int64
	}{
		"the messages above last":               {MessagePage{Messages: []Message{message(6), message(7)}, NextSeq: 8}, []int64{6, 7}, 7},
		"what arrived by event meanwhile not":   {MessagePage{Messages: []Message{message(4), message(5), message(6)}, NextSeq: 7}, []int64{6}, 6},
		"voids at the end are passed":           {MessagePage{Messages: []Message{message(6)}, NextSeq: 9}, []int64{6}, 8},
		"an empty answer moves nothing":         {MessagePage{NextSeq: 6}, nil, 5},
		"an answer from the past moves nothing": {MessagePage{Messages: []Message{message(3)}, NextSeq: 4}, nil, 5},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tl := opened(5)
			tl.hear(9)
			a, ok := tl.question(0)
			require.True(t, ok)

			got := tl.answer(a, tc.page, 0)

			require.Equal(t, tc.want, seqs(got))
			require.Equal(t, tc.last, tl.last)
			require.Equal(t, int64(9), tl.heard)
		})
	}
}

func TestTimelineFetchesOneAtATime(t *testing.T) {
	tl := opened(5)
	_, ok := tl.question(0)
	require.False(t, ok, "nothing is missing")

	tl.hear(7)
	a, ok := tl.question(0)
	require.True(t, ok)
	require.Equal(t, After(5).Limit(fetchLimit), a.window)
	_, ok = tl.question(0)
	require.False(t, ok, "one is in flight")

	tl.failed()
	_, ok = tl.question(0)
	require.True(t, ok, "still missing")
}

func TestTimelineOpens(t *testing.T) {
	page := MessagePage{Messages: []Message{message(8), message(9)}, FirstSeq: 8, NextSeq: 11}
	tests := map[string]struct {
		backlog int
		window  Window
		last    int64
	}{
		"at the end of the log":             {0, Latest().Limit(1), 10},
		"before the backlog it begins with": {2, Latest().Limit(2), 7},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tl := &timeline{}
			require.False(t, tl.event(message(9), true), "nothing is handed out before the beginning is known")
			a, ok := tl.question(tc.backlog)
			require.True(t, ok)
			require.Equal(t, tc.window, a.window)

			require.Empty(t, tl.answer(a, page, tc.backlog))

			require.Equal(t, tc.last, tl.last)
			require.Equal(t, int64(10), tl.heard)
		})
	}
}

func TestTimelineIsDroppedUntilListed(t *testing.T) {
	tl := opened(5)
	tl.hear(7)
	a, _ := tl.question(0)

	tl.dismissed(a)
	require.False(t, tl.behind())
	require.False(t, tl.event(message(6), true))

	tl.listing()
	tl.listed(Conversation{LastSeq: 20, JoinedSeq: 18})
	require.Equal(t, open, tl.phase)
	require.Equal(t, int64(18), tl.last, "it starts where the user joined again")
	require.True(t, tl.behind())
}

func TestTimelineDroppedByMistakeRepeatsNothing(t *testing.T) {
	tl := opened(5)
	tl.hear(7)
	a, _ := tl.question(0)
	tl.dismissed(a)

	tl.listing()
	tl.listed(Conversation{LastSeq: 7, JoinedSeq: 0})

	require.Equal(t, int64(5), tl.last)
}

func TestTimelineOfARestoredServer(t *testing.T) {
	seen := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(seq int64, when time.Time) Message { return Message{Seq: seq, CreatedAt: when} }
	tl := &timeline{phase: open, last: 10, heard: 10, newest: seen}
	tl.hear(11)
	stale, _ := tl.question(0)

	tl.listing()
	tl.listed(Conversation{LastSeq: 9})
	require.Equal(t, reopening, tl.phase)
	require.Empty(t, tl.answer(stale, MessagePage{Messages: []Message{message(11)}, NextSeq: 12}, 0), "an answer to a question of before is void")

	a, ok := tl.question(0)
	require.True(t, ok)
	require.Equal(t, Latest().Limit(reopenLimit), a.window)
	page := MessagePage{FirstSeq: 7, NextSeq: 10, Messages: []Message{at(7, seen.Add(-time.Second)), at(8, seen.Add(time.Second)), at(9, seen.Add(time.Minute))}}
	require.Empty(t, tl.answer(a, page, 0))
	require.Equal(t, int64(7), tl.last, "8 and 9 are new messages under old numbers")
	require.True(t, tl.behind())
}

func TestTimelineOfARestoredServerIgnoresWhatWasBeforeJoining(t *testing.T) {
	tl := &timeline{phase: open, last: 10, heard: 10}
	tl.listing()
	tl.listed(Conversation{LastSeq: 9, JoinedSeq: 8})
	a, _ := tl.question(0)
	before := Message{Seq: 7, CreatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}

	tl.answer(a, MessagePage{Messages: []Message{before}, FirstSeq: 7, NextSeq: 10}, 0)

	require.Equal(t, int64(8), tl.last)
}

func TestTimelineThatStartedAnewIsNotDroppedByAnOldAnswer(t *testing.T) {
	tl := opened(10)
	tl.hear(11)
	stale, _ := tl.question(0)
	tl.listing()
	tl.listed(Conversation{LastSeq: 9})

	tl.dismissed(stale)

	_, ok := tl.question(0)
	require.True(t, ok)
}

func TestTimelineIsNotRestoredByAListAskedBefore(t *testing.T) {
	tl := opened(10)
	tl.listing()
	tl.event(message(11), true) // arrives while the list is on its way

	tl.listed(Conversation{LastSeq: 10})

	require.Equal(t, open, tl.phase)
	require.Equal(t, int64(11), tl.last)
}

func seqs(messages []Message) []int64 {
	var s []int64
	for _, m := range messages {
		s = append(s, m.Seq)
	}
	return s
}
