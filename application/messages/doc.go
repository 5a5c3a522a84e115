// Package messages holds the use cases of the message service, and the message log that stands on an allocator of seqs and
// a store of entries.
//
// # The log
//
// Every seq of a conversation becomes a message or a void; none is left out and none is used twice. Sending allocates a
// seq, stores the message at it, and announces and settles it in the background. Whatever is left half-way by a crash
// is found by Reconcile, which reads the store and settles the seq as what it finds there, or closes it with a
// tombstone. A store never replaces what holds a seq, so whoever comes second sees the other's entry and yields to it:
// that is why voiding is safe at any time, racing the slowest put.
package messages
