package domain

// ReadMark is how far a member has read, and what is unread above it, from one snapshot.
type ReadMark struct {
	LastRead Seq
	Unread   int64
	Settled  Seq // the seq up to which Unread counts
}

// UnreadCount is the number of messages above lastRead up to settled; voids is how many of those seqs are voids.
func UnreadCount(settled, lastRead Seq, voids int64) int64 {
	return max(0, int64(settled-lastRead)-voids)
}
