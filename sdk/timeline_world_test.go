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

		require.Len(rt, w.handed, len(w.log.Messages(0, w.log.Last()+1)))
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
