package messages_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// fixedHead is the head of every conversation.
type fixedHead domain.Head

func (h fixedHead) Head(context.Context, domain.UserID, domain.ConversationID) (domain.Head, error) {
	return domain.Head(h), nil
}

// logOf stores a log drawn as text, seq 1 first: m is a message, v a void, a dot a seq at which nothing is stored.
func logOf(t *testing.T, drawn string) (*memory.MessageStore, domain.ConversationID) {
	t.Helper()
	store, id := memory.NewMessageStore(), domain.ConversationID(portstest.NewUUID())
	for i, kind := range drawn {
		seq := domain.Seq(i + 1)
		var err error
		switch kind {
		case 'm':
			d := domain.Draft{Conversation: id, Sender: "s", ClientMsgID: fmt.Sprint(seq), Body: fmt.Sprint("text ", seq)}
			a := domain.Allocation{Seq: seq, MessageID: domain.NewMessageID(time.Unix(0, 0), domain.MessageIDEntropy{}, seq)}
			_, err = store.Put(t.Context(), domain.PostMessage(d, a))
		case 'v':
			_, err = store.Bury(t.Context(), id, seq)
		}
		require.NoError(t, err)
	}
	return store, id
}

func TestHistory(t *testing.T) {
	num := func(n int64) *int64 { return &n }
	latest, newest := true, messages.HistoryInput{}
	newest.Latest = &latest
	after := func(seq int64) messages.HistoryInput { return messages.HistoryInput{AfterSeq: num(seq)} }
	before := func(seq int64) messages.HistoryInput { return messages.HistoryInput{BeforeSeq: num(seq)} }

	type page struct {
		seqs        []domain.Seq
		first, next domain.Seq
		more        bool
	}
	for name, tc := range map[string]struct {
		log   string
		floor domain.Seq // 0: everything is settled
		last  domain.Seq // 0: as long as the log
		ask   messages.HistoryInput
		limit int
		want  page
	}{
		"an empty log":                                          {log: "", ask: after(0), want: page{nil, 1, 1, false}},
		"an empty log, latest":                                  {log: "", ask: newest, want: page{nil, 1, 1, false}},
		"an empty log, before":                                  {log: "", ask: before(7), want: page{nil, 7, 7, false}},
		"without a place it begins at the beginning":            {log: "mmm", ask: messages.HistoryInput{}, want: page{[]domain.Seq{1, 2, 3}, 1, 4, false}},
		"after is exclusive":                                    {log: "mmm", ask: after(1), want: page{[]domain.Seq{2, 3}, 2, 4, false}},
		"after everything":                                      {log: "mmm", ask: after(3), want: page{nil, 4, 4, false}},
		"after what does not exist yet":                         {log: "mmm", ask: after(9), want: page{nil, 10, 10, false}},
		"the limit counts messages":                             {log: "mvvmm", ask: after(0), limit: 2, want: page{[]domain.Seq{1, 4}, 1, 5, true}},
		"voids behind the last message are covered":             {log: "mmvv", ask: after(0), limit: 2, want: page{[]domain.Seq{1, 2}, 1, 5, false}},
		"nothing but voids follows: they are covered":           {log: "mvv", ask: after(1), want: page{nil, 2, 4, false}},
		"more is more messages, not more voids":                 {log: "mmvvm", ask: after(0), limit: 2, want: page{[]domain.Seq{1, 2}, 1, 5, true}},
		"nothing is shown above a pending seq":                  {log: "m.m", floor: 2, ask: after(0), want: page{[]domain.Seq{1}, 1, 2, false}},
		"resuming behind a pending seq shows nothing":           {log: "m.mm", floor: 2, ask: after(2), want: page{nil, 3, 3, false}},
		"stored and not yet settled is shown while unbroken":    {log: "mmm", floor: 2, ask: after(0), want: page{[]domain.Seq{1, 2, 3}, 1, 4, false}},
		"resuming above the floor needs the run to reach it":    {log: "mmmm", floor: 2, ask: after(2), want: page{[]domain.Seq{3, 4}, 3, 5, false}},
		"unbroken up to the next hole only":                     {log: "mmm.m", floor: 2, ask: after(0), want: page{[]domain.Seq{1, 2, 3}, 1, 4, false}},
		"never above the last_seq that was read with the floor": {log: "mmmm", last: 2, ask: after(0), want: page{[]domain.Seq{1, 2}, 1, 3, false}},
		"has_more is false where only unsettled follows":        {log: "mm.m", floor: 3, ask: after(0), limit: 2, want: page{[]domain.Seq{1, 2}, 1, 3, false}},
		"latest, nothing settled yet: the beginning":            {log: ".mm", floor: 1, ask: newest, want: page{nil, 1, 1, false}},
		"latest is the end, ascending":                          {log: "mmmm", ask: newest, limit: 2, want: page{[]domain.Seq{3, 4}, 3, 5, true}},
		"latest stops at the settled head":                      {log: "mmm.m", floor: 4, ask: newest, limit: 2, want: page{[]domain.Seq{2, 3}, 2, 4, true}},
		"latest goes over the floor while unbroken":             {log: "mmmm", floor: 2, ask: newest, limit: 1, want: page{[]domain.Seq{4}, 4, 5, true}},
		"latest of all there is":                                {log: "mvm", ask: newest, limit: 2, want: page{[]domain.Seq{1, 3}, 1, 4, false}},
		"before is exclusive":                                   {log: "mmmm", ask: before(3), want: page{[]domain.Seq{1, 2}, 1, 3, false}},
		"before, the newest of them":                            {log: "mmmm", ask: before(4), limit: 2, want: page{[]domain.Seq{2, 3}, 2, 4, true}},
		"before the first":                                      {log: "mmm", ask: before(1), want: page{nil, 1, 1, false}},
		"before what is unsettled stops at the settled head":    {log: "mm.mm", floor: 3, ask: before(5), want: page{[]domain.Seq{1, 2}, 1, 3, false}},
		"before, voids below the page are covered":              {log: "vvmm", ask: before(5), limit: 2, want: page{[]domain.Seq{3, 4}, 1, 5, false}},
		"before, many voids between":                            {log: "mvvvvvvm", ask: before(8), limit: 1, want: page{[]domain.Seq{1}, 1, 8, false}},
	} {
		t.Run(name, func(t *testing.T) {
			store, id := logOf(t, tc.log)
			head := domain.Head{LastSeq: domain.Seq(len(tc.log)), Floor: tc.floor}
			if tc.last > 0 {
				head.LastSeq = tc.last
			}
			if head.Floor == 0 {
				head.Floor = head.LastSeq + 1
			}
			if tc.limit > 0 {
				tc.ask.Limit = &tc.limit
			}
			tc.ask.Conversation = string(id)
			got, err := messages.NewHistory(fixedHead(head), store).Execute(t.Context(), tc.ask)
			require.NoError(t, err)
			var seqs []domain.Seq
			for _, p := range got.Messages {
				seqs = append(seqs, p.Seq)
			}
			assert.Equal(t, tc.want, page{seqs, got.First, got.Next, got.HasMore})
		})
	}
}

// countedReader counts the reads of a log.
type countedReader struct {
	ports.MessageReader
	reads int
}

func (r *countedReader) EntriesFrom(ctx context.Context, c domain.ConversationID, from domain.Seq, limit int) ([]domain.Entry, error) {
	r.reads++
	return r.MessageReader.EntriesFrom(ctx, c, from, limit)
}

func (r *countedReader) EntriesBelow(ctx context.Context, c domain.ConversationID, below domain.Seq, limit int) ([]domain.Entry, error) {
	r.reads++
	return r.MessageReader.EntriesBelow(ctx, c, below, limit)
}

func TestAPageOfASettledLogIsOneRead(t *testing.T) {
	store, id := logOf(t, strings.Repeat("m", 2*domain.MaxPageLimit))
	head := fixedHead{LastSeq: 2 * domain.MaxPageLimit, Floor: 2*domain.MaxPageLimit + 1}
	limit, middle, newest := domain.MaxPageLimit, int64(domain.MaxPageLimit), true
	for name, ask := range map[string]messages.HistoryInput{
		"the first":    {},
		"the last":     {AfterSeq: &middle},
		"before a seq": {BeforeSeq: &middle},
		"the newest":   {Latest: &newest},
	} {
		t.Run(name, func(t *testing.T) {
			log := &countedReader{MessageReader: store}
			ask.Conversation, ask.Limit = string(id), &limit
			page, err := messages.NewHistory(head, log).Execute(t.Context(), ask)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, len(page.Messages), limit-1, "all but the seq itself")
			assert.Equal(t, 1, log.reads)
		})
	}
}

func TestHistoryRefuses(t *testing.T) {
	num, limit := int64(1), func(n int) *int { return &n }
	huge, negative, zero, yes, no := int64(domain.MaxSeq)+1, int64(-1), int64(0), true, false
	for name, tc := range map[string]struct {
		ask   messages.HistoryInput
		field string
	}{
		"two places":          {messages.HistoryInput{AfterSeq: &num, BeforeSeq: &num}, "after_seq"},
		"a place and latest":  {messages.HistoryInput{BeforeSeq: &num, Latest: &yes}, "after_seq"},
		"latest=false":        {messages.HistoryInput{Latest: &no}, "latest"},
		"a negative after":    {messages.HistoryInput{AfterSeq: &negative}, "after_seq"},
		"an impossible after": {messages.HistoryInput{AfterSeq: &huge}, "after_seq"},
		"before zero":         {messages.HistoryInput{BeforeSeq: &zero}, "before_seq"},
		"no messages":         {messages.HistoryInput{Limit: limit(0)}, "limit"},
		"too many messages":   {messages.HistoryInput{Limit: limit(201)}, "limit"},
	} {
		t.Run(name, func(t *testing.T) {
			store, id := logOf(t, "m")
			tc.ask.Conversation = string(id)
			_, err := messages.NewHistory(fixedHead{LastSeq: 1, Floor: 2}, store).Execute(t.Context(), tc.ask)
			var fault *domain.Fault
			require.ErrorAs(t, err, &fault)
			require.Len(t, fault.Fields, 1)
			assert.Equal(t, tc.field, fault.Fields[0].Field)
		})
	}
}
