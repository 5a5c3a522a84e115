// Package sqlite keeps everything on one SQLite file: the durable set of a program that runs as one process.
//
// Drives: nothing. Implements: UserStore, UserDirectory, SessionStore, RevocationReader, ConversationStore, InviteStore,
// ConversationReader, ReadMarks, MembershipReader, HeadReader, MessageReader, MessageLog, Settler and UnfinishedLeases,
// all on DB; their methods are grouped by file.
//
// Reads go to a pool of connections, writes to one goroutine that commits whatever is waiting as a group (see writer), and the
// write-ahead log is copied into the file beside it (see checkpointer).
// A write that was answered survives the death of the process and of the machine: WAL with synchronous=FULL. A
// write that failed left nothing behind, or, if the disk failed at the commit itself, may be found there after the
// next start; either way it matches domain.ErrUnavailable and may be repeated. The same fault stands for an I/O
// error and a file locked from outside, domain.ErrStorageFull for a full disk; everything else unforeseen is a plain error.
//
// One process owns the file: it holds LockDir on the folder before it calls Open.
package sqlite
