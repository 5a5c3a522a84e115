package domain

// EntryKind says what holds a seq of the log.
type EntryKind int

// The kinds of entries. A reader skips kinds it does not know but counts their seq: edits and deletions will be
// entries one day.
const (
	EntryMessage EntryKind = iota + 1
	EntryVoid              // a tombstone: the seq will never be a message
	EntryUnknown
)

// Entry is what holds one seq of a conversation's log.
type Entry struct {
	Seq     Seq
	Kind    EntryKind
	Pointer Pointer // for EntryMessage only
}

// MessageEntry returns the entry of a message.
func MessageEntry(p Pointer) Entry { return Entry{Seq: p.Seq, Kind: EntryMessage, Pointer: p} }

// VoidEntry returns the tombstone at seq.
func VoidEntry(seq Seq) Entry { return Entry{Seq: seq, Kind: EntryVoid} }

// Holds tells whether the entry is the message with this id.
func (e Entry) Holds(id MessageID) bool { return e.Kind == EntryMessage && e.Pointer.ID == id }
