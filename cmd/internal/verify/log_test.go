package verify

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"chatsystem/domain"
)

const conversation = domain.ConversationID("01900000-0000-7000-8000-000000000001")

// at is a message whose id is that of its seq.
func at(seq domain.Seq, clientMsgID string) domain.Entry {
	return domain.MessageEntry(domain.Pointer{
		Conversation: conversation, Seq: seq, Sender: "ada", ClientMsgID: clientMsgID, Preview: "text",
		ID: domain.NewMessageID(time.Unix(0, 0), domain.MessageIDEntropy{}, seq),
	})
}

func TestEveryEntryIsChecked(t *testing.T) {
	foreign := at(2, "b")
	foreign.Pointer.ID = at(7, "").Pointer.ID
	for name, tc := range map[string]struct {
		entries []domain.Entry
		settled domain.Seq
		want    []string
	}{
		"messages and voids":            {[]domain.Entry{at(1, "a"), domain.VoidEntry(2), at(3, "c")}, 3, nil},
		"an empty log":                  {nil, 0, nil},
		"a hole":                        {[]domain.Entry{at(1, "a"), at(4, "d")}, 4, []string{"I3 2"}},
		"two holes":                     {[]domain.Entry{at(2, "b"), at(4, "d")}, 4, []string{"I3 1", "I3 3"}},
		"an end that is missing":        {[]domain.Entry{at(1, "a")}, 3, []string{"I3 2"}},
		"nothing at all":                {nil, 5, []string{"I3 1"}},
		"an end that is not settled":    {[]domain.Entry{at(1, "a"), at(2, "b")}, 1, nil},
		"an entry out of order":         {[]domain.Entry{at(1, "a"), at(2, "b"), at(2, "c")}, 2, []string{"I3 2"}},
		"a client_msg_id used again":    {[]domain.Entry{at(1, "a"), at(2, "b"), at(3, "a")}, 3, []string{"I2 3"}},
		"an id that carries another":    {[]domain.Entry{at(1, "a"), foreign}, 2, []string{"I1 2"}},
		"a kind that is not known here": {[]domain.Entry{at(1, "a"), {Seq: 2, Kind: domain.EntryUnknown}}, 2, nil},
	} {
		var r Report
		log := NewLog(&r, conversation, 0)
		for _, e := range tc.entries {
			log.Add(e)
		}
		log.End(tc.settled)
		var got []string
		for _, v := range r.Violations {
			got = append(got, v.Promise+" "+string(rune('0'+v.Seq)))
		}
		assert.Equal(t, tc.want, got, name)
	}
}

func TestMessagesBetweenAreCounted(t *testing.T) {
	log := NewLog(&Report{}, conversation, 0)
	for _, e := range []domain.Entry{at(1, "a"), domain.VoidEntry(2), at(3, "c"), at(4, "d")} {
		log.Add(e)
	}
	for _, tc := range []struct{ above, to, want int64 }{{0, 4, 3}, {1, 4, 2}, {2, 3, 1}, {4, 4, 0}, {9, 4, 0}, {0, 0, 0}} {
		assert.Equal(t, tc.want, log.Between(domain.Seq(tc.above), domain.Seq(tc.to)), "%+v", tc)
	}
}

func TestTheNewestLongMessagesAreKept(t *testing.T) {
	for keep, want := range map[int][]domain.Seq{0: nil, 2: {3, 4}, -1: {1, 2, 3, 4}} {
		var r Report
		log := NewLog(&r, conversation, keep)
		for seq := domain.Seq(1); seq <= 4; seq++ {
			e := at(seq, string(rune('a'+seq)))
			e.Pointer.HasMore = true
			log.Add(e)
		}
		var got []domain.Seq
		for _, p := range log.Long() {
			got = append(got, p.Seq)
		}
		assert.Equal(t, want, got)
	}
}
