// Package domain holds the facts and rules of the chat system: who may do what, how a
// conversation's log is numbered, what a message looks like. It is pure: no I/O, no clock,
// no randomness; time and entropy come in as arguments. It imports the standard library and
// text libraries only.
package domain
