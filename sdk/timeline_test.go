package sdk

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"chatsystem/sdk/internal/fakechat"
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

func TestBookStartsConversations(t *testing.T) {
	conv := Conversation{ConversationID: "c", LastSeq: 30, JoinedSeq: 20}
	tests := map[string]struct {
		from  Positions
		phase phase
		last  int64
	}{
		"a first run asks where the log ends":                {nil, opening, 0},
		"a stored position is where it goes on":              {Positions{"c": {Seq: 25}}, open, 25},
		"without one it is new since, and starts at joining": {Positions{}, open, 20},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBook(0, tc.from)
			b.listing()
			b.listed([]Conversation{conv})
			tl := b.known("c")
			require.Equal(t, tc.phase, tl.phase)
			require.Equal(t, tc.last, tl.last)
			require.Equal(t, int64(30), tl.heard)
			require.Equal(t, tc.phase == open, b.ready())
		})
	}
}

func TestBookStartsLaterConversationsAtJoining(t *testing.T) {
	b := newBook(0, nil)
	b.listing()
	b.listed(nil)

	b.introduced(Conversation{ConversationID: "c", LastSeq: 9, JoinedSeq: 4})

	require.Equal(t, int64(4), b.known("c").last)
	require.True(t, b.ready())
}

func seqs(messages []Message) []int64 {
	var s []int64
	for _, m := range messages {
		s = append(s, m.Seq)
	}
	return s
}

// world is one conversation of a server, and a timeline that follows it through a network which delays, repeats and
// loses everything.
type world struct {
	log     fakechat.Log
	clock   time.Time
	book    *book
	backlog int

	handed  []Message
	fetch   *fetchInFlight
	listing bool
	list    *Conversation // the list's answer, once the server has made it
	epoch   int           // how often the server was restored: part of message ids
}

type fetchInFlight struct {
	ask
	page *MessagePage // once the server has made it
}

const worldID = "c"

func newWorld(from Positions, backlog int) *world {
	return &world{book: newBook(backlog, from), backlog: backlog, clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func (w *world) allocate() { w.log.Allocate() }

// settle settles the n-th pending seq. Times do not fall within a conversation, whatever the order of settling.
func (w *world) settle(n int, void bool) {
	p := w.log.Pending()
	if len(p) == 0 {
		return
	}
	seq := p[n%len(p)]
	if void {
		w.log.Void(seq)
		return
	}
	w.log.Store(fakechat.Message{
		ConversationID: worldID, Seq: seq, MessageID: fmt.Sprintf("%d-%d", w.epoch, seq),
		CreatedAt: w.clock.Add(time.Duration(w.epoch)*time.Hour + time.Duration(seq)*time.Second),
	})
}

func (w *world) conversation() Conversation {
	return Conversation{ConversationID: worldID, LastSeq: w.log.Last()}
}

func (w *world) event(n int, room bool) {
	all := w.log.Messages(0, w.log.Last()+1)
	if t := w.book.known(worldID); t != nil && len(all) > 0 {
		if m := toMessage(all[n%len(all)]); t.event(m, room) {
			w.handed = append(w.handed, m)
		}
	}
}

func (w *world) askList() {
	if !w.listing {
		w.listing = true
		w.book.listing()
	}
}

func (w *world) makeList() {
	if w.listing && w.list == nil {
		c := w.conversation()
		w.list = &c
	}
}

func (w *world) arriveList() {
	if w.list != nil {
		w.book.listed([]Conversation{*w.list})
		w.listing, w.list = false, nil
	}
}

func (w *world) askFetch() {
	if t := w.book.known(worldID); t != nil {
		if a, ok := t.question(w.backlog); ok {
			w.fetch = &fetchInFlight{ask: a}
		}
	}
}

func (w *world) makePage(limit int) {
	if w.fetch == nil || w.fetch.page != nil {
		return
	}
	var p fakechat.Page
	if win := w.fetch.window; win.ascending() {
		after, _ := strconv.ParseInt(win.value, 10, 64)
		p = w.log.After(after, min(limit, win.limit))
	} else {
		p = w.log.Latest(win.limit)
	}
	w.fetch.page = &MessagePage{HasMore: p.HasMore, NextSeq: p.NextSeq, FirstSeq: p.FirstSeq}
	for _, m := range p.Messages {
		w.fetch.page.Messages = append(w.fetch.page.Messages, toMessage(m))
	}
}

func (w *world) arriveFetch(lost bool) {
	t := w.book.known(worldID)
	switch {
	case w.fetch == nil || w.fetch.page == nil:
		return
	case lost:
		t.failed()
	default:
		w.handed = append(w.handed, t.answer(w.fetch.ask, *w.fetch.page, w.backlog)...)
	}
	w.fetch = nil
}

// calm settles everything and lets the timeline catch up.
func (w *world) calm(rt *rapid.T) {
	for len(w.log.Pending()) > 0 {
		w.settle(0, false)
	}
	w.makeList()
	w.arriveList()
	w.askList()
	w.makeList()
	w.arriveList()
	for range 1000 {
		w.makePage(50)
		w.arriveFetch(false)
		if w.askFetch(); w.fetch == nil {
			break
		}
	}
	require.False(rt, w.book.known(worldID).behind(), "it catches up")
}

func toMessage(m fakechat.Message) Message {
	return Message{ConversationID: m.ConversationID, MessageID: m.MessageID, Seq: m.Seq, CreatedAt: m.CreatedAt}
}

func (w *world) actions(rt *rapid.T) map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"allocate": func(*rapid.T) { w.allocate() },
		"settle": func(rt *rapid.T) {
			w.settle(rapid.IntRange(0, 20).Draw(rt, "which"), rapid.IntRange(0, 3).Draw(rt, "void") == 0)
		},
		"event": func(rt *rapid.T) {
			w.event(rapid.IntRange(0, 200).Draw(rt, "which"), rapid.IntRange(0, 4).Draw(rt, "room") > 0)
		},
		"ask for the list": func(*rapid.T) { w.askList() },
		"list is made":     func(*rapid.T) { w.makeList() },
		"list arrives":     func(*rapid.T) { w.arriveList() },
		"ask for a page":   func(*rapid.T) { w.askFetch() },
		"page is made":     func(rt *rapid.T) { w.makePage(rapid.IntRange(1, 5).Draw(rt, "limit")) },
		"page arrives":     func(rt *rapid.T) { w.arriveFetch(rapid.IntRange(0, 4).Draw(rt, "lost") == 0) },
		"":                 func(rt *rapid.T) { w.check(rt) },
	}
}

// check holds what was handed out against the log: ascending, none twice, none left out.
func (w *world) check(rt *rapid.T) {
	if w.epoch > 0 || len(w.handed) == 0 {
		return
	}
	first, last := w.handed[0].Seq, w.handed[len(w.handed)-1].Seq
	var want []int64
	for _, m := range w.log.Messages(first-1, last+1) {
		want = append(want, m.Seq)
	}
	require.Equal(rt, want, seqs(w.handed))
}

func TestTimelineHandsOutEveryMessageOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(Positions{}, 0) // everything from the beginning
		rt.Repeat(w.actions(rt))

		w.calm(rt)

		require.Equal(rt, len(w.log.Messages(0, w.log.Last()+1)), len(w.handed))
		w.check(rt)
	})
}

func TestTimelineOfAFirstRunBeginsWithTheBacklog(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(nil, rapid.IntRange(0, 3).Draw(rt, "backlog"))
		for range rapid.IntRange(0, 10).Draw(rt, "before") {
			w.allocate()
			w.settle(0, rapid.Bool().Draw(rt, "void"))
		}
		w.askList()
		w.makeList()
		w.arriveList()
		w.askFetch()
		w.makePage(200)
		settled := w.log.Settled()
		w.allocate()
		w.arriveFetch(false)
		require.True(rt, w.book.ready())
		start := w.book.known(worldID).last
		require.Len(rt, w.log.Messages(start, settled+1), min(w.backlog, len(w.log.Messages(0, settled+1))))

		rt.Repeat(w.actions(rt))
		w.calm(rt)

		require.Len(rt, w.handed, len(w.log.Messages(start, w.log.Last()+1)))
		w.check(rt)
	})
}

func TestTimelineSurvivesARestoredServer(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(Positions{}, 0)
		rt.Repeat(w.actions(rt))
		w.askList()
		w.makeList()
		w.arriveList()
		heard := w.book.known(worldID).heard
		if heard == 0 {
			return
		}
		// The backup is older than what the timeline has heard of, and so is the log when the next list is made.
		kept := rapid.Int64Range(0, min(heard, w.log.Last())-1).Draw(rt, "kept")
		w.log.Restore(kept)
		w.epoch++
		if w.fetch != nil && w.fetch.page == nil {
			w.makePage(5)
		}
		for range rapid.Int64Range(0, heard-kept-1).Draw(rt, "new") {
			w.allocate()
		}
		for range rapid.IntRange(0, 5).Draw(rt, "settled") {
			w.settle(rapid.IntRange(0, 20).Draw(rt, "which"), rapid.Bool().Draw(rt, "void"))
		}

		w.calm(rt)
		w.allocate()
		w.calm(rt)

		ids := make(map[string]bool)
		for _, m := range w.handed {
			require.False(rt, ids[m.MessageID], "%s was handed out twice", m.MessageID)
			ids[m.MessageID] = true
		}
		current := slices.DeleteFunc(slices.Clone(w.handed), func(m Message) bool {
			all := w.log.Messages(m.Seq-1, m.Seq+1)
			return len(all) == 0 || all[0].MessageID != m.MessageID // lost with the restore
		})
		var want []int64
		for _, m := range w.log.Messages(0, w.log.Last()+1) {
			want = append(want, m.Seq)
		}
		require.Equal(rt, want, seqs(current))
	})
}
