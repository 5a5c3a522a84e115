// Package metrics measures what passes the ports: it wraps them, so that nothing in the middle knows of it. What a part
// alone knows of itself, such as how many connections there are, it tells by a method, which the wiring registers.
//
// Drives: nothing. Implements: the ports that it wraps, with their guarantees. Each wrapper registers its own metrics, so a
// program shows what it does and nothing else; wrapping the same port twice with one registry panics. No label is ever an
// id. docs/metrics.md says what each metric means and what to do when it is bad.
package metrics
