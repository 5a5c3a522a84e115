// Package dynamo keeps the entries of conversations' logs in one DynamoDB table.
//
// Drives: nothing. Implements: MessageStore.
//
// What holds a seq is the head item under (conversation_id, seq): a message with its preview, or a tombstone. It is
// put once, on the condition that nothing is there, and never changes. A text longer than its preview is an item of
// its own under (conversation_id + "#body", seq), so that reading history never drags texts along: DynamoDB bills and
// pages by whole items. Every read is strongly consistent.
//
// The body item is written first and means nothing by itself: only a head item says whose seq it is, and a body
// counts only if it carries that message's id. See MessageStore.Put for what that makes of a body whose head never
// came.
//
// Whatever keeps the table from answering matches domain.ErrUnavailable; a request that DynamoDB calls invalid is a bug
// and a plain error.
package dynamo
