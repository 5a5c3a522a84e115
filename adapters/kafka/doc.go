// Package kafka carries events from their publishers to fan-out over Kafka.
//
// Drives: nothing. Implements: EventPublisher (Producer) and EventSource (Consumer).
//
// Messages travel on the topic message.new, every other event on message.fanout. Both are keyed by conversation with the hash
// the clients of other languages use, so the events of a conversation on one topic keep their order; between the two
// topics there is none. A producer that fails may have written: whoever consumes knows a repeated message by its seq.
//
// The header traceparent, where there is one, says which trace a message belongs to.
//
// The consumers of a group share the partitions. Each event is delivered at least once: a consumer commits only the
// run of events, per partition, before which everything is done, and whoever gets the partition next resumes there.
// What cannot be read is put on the topic message.parked, with the reason in a header, and passed by.
package kafka
