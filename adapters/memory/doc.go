// Package memory keeps everything in memory: every port, first-class and deterministic. Store stands for the relational
// database, MessageStore for the message table; the buses, the presence registry and the membership cache also serve
// the program that runs the whole system in one process. Nothing survives the process. Values are copied in and out.
//
// Implements: every driven port of package ports but the log itself, which the application builds on an allocator and a
// store, and what signs, hashes, or answers from another service's store.
package memory
