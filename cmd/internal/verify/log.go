package verify

import (
	"slices"
	"unicode/utf8"

	"chatsystem/domain"
)

// Log checks the entries of one conversation's log, which come ascending from seq 1.
type Log struct {
	report       *Report
	conversation domain.ConversationID
	keep         int // long messages to remember

	last     domain.Seq
	messages []domain.Seq // ascending
	voids    []domain.Seq
	holes    []domain.Seq
	ids      map[clientID]domain.Seq
	long     []domain.Pointer // the newest ones that go on beyond their preview
	tail     domain.Pointer   // the newest message
}

// clientID is what makes repeats of a message one message.
type clientID struct {
	sender domain.UserID
	id     string
}

// maxHoles bounds what is remembered and reported of a log that has lost its beginning, for example.
const maxHoles = 100_000

// NewLog begins a log. Of the messages that go on beyond their preview it remembers the newest, at most keep, or all if keep
// is negative.
func NewLog(report *Report, c domain.ConversationID, keep int) *Log {
	report.Conversations++
	return &Log{report: report, conversation: c, keep: keep, ids: map[clientID]domain.Seq{}}
}

// Add checks the next entry.
func (l *Log) Add(e domain.Entry) {
	if e.Seq <= l.last {
		l.report.Found("I3", l.conversation, e.Seq, "comes after seq %d", l.last)
		return
	}
	l.missing(e.Seq - 1)
	l.last = e.Seq
	switch e.Kind {
	case domain.EntryMessage:
		l.message(e.Pointer)
	case domain.EntryVoid:
		l.voids = append(l.voids, e.Seq)
		l.report.Voids++
	case domain.EntryUnknown: // of a later version: it counts, and that is all that is known of it
		l.messages = append(l.messages, e.Seq)
	}
}

func (l *Log) message(p domain.Pointer) {
	l.messages = append(l.messages, p.Seq)
	l.report.Messages++
	l.tail = p
	if p.ID.Seq() != p.Seq {
		l.report.Found("I1", l.conversation, p.Seq, "message %s was given seq %d", p.ID, p.ID.Seq())
	}
	key := clientID{p.Sender, p.ClientMsgID}
	if first, twice := l.ids[key]; twice {
		l.report.Found("I2", l.conversation, p.Seq, "has the client_msg_id of seq %d, of the same sender", first)
	} else {
		l.ids[key] = p.Seq
	}
	if n := utf8.RuneCountInString(p.Preview); n > domain.PreviewChars {
		l.report.Found("I1", l.conversation, p.Seq, "the preview has %d characters, more than %d", n, domain.PreviewChars)
	}
	if !p.HasMore || l.keep == 0 {
		return
	}
	if l.keep > 0 && len(l.long) == l.keep {
		l.long = l.long[1:]
	}
	l.long = append(l.long, p)
}

// missing notes that nothing was found from the last entry to a seq.
func (l *Log) missing(to domain.Seq) {
	for seq := l.last + 1; seq <= to && len(l.holes) < maxHoles; seq++ {
		l.holes = append(l.holes, seq)
	}
	l.last = max(l.last, to)
}

// End tells up to where everything must be there, settled, and reports the holes.
func (l *Log) End(settled domain.Seq) {
	l.missing(settled)
	for i := 0; i < len(l.holes); {
		j := i
		for j+1 < len(l.holes) && l.holes[j+1] == l.holes[j]+1 {
			j++
		}
		l.report.Found("I3", l.conversation, l.holes[i], "neither a message nor a void up to seq %d", l.holes[j])
		i = j + 1
	}
}

// Between returns how many messages there are above one seq, up to another.
func (l *Log) Between(above, to domain.Seq) int64 {
	return int64(max(0, position(l.messages, to)-position(l.messages, above)))
}

// position returns how many of the ascending seqs are at most s.
func position(seqs []domain.Seq, s domain.Seq) int {
	i, _ := slices.BinarySearch(seqs, s+1)
	return i
}

// Long returns the messages whose whole texts are to be checked.
func (l *Log) Long() []domain.Pointer { return l.long }

// Text checks a message's whole text against its preview.
func (l *Log) Text(p domain.Pointer, body string) {
	l.report.Texts++
	preview, more := domain.PreviewOf(body)
	if preview != p.Preview || more != p.HasMore {
		l.report.Found("I1", l.conversation, p.Seq, "the preview is not the beginning of the text")
	}
}
