package domain

// Seq is the place of a message in its conversation's log: 1, 2, 3, … without holes. 0 stands before the first.
type Seq int64

// MaxSeq is the largest seq there can be: a message id carries 40 bits of it.
const MaxSeq Seq = 1<<40 - 1

// Head is what bounds a reader's view of a conversation, all read in one snapshot.
type Head struct {
	// Floor is the lowest seq that is still pending, or LastSeq+1: everything below is settled.
	Floor Seq
	// LastSeq is the highest seq allocated.
	LastSeq Seq
}

// Settled is the highest seq up to which everything is a message or a void.
func (h Head) Settled() Seq { return h.Floor - 1 }
