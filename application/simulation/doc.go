// Package simulation runs the use cases of all five services on the memory adapters, under a virtual clock and a
// scheduler that a seed drives, through everything that can go wrong, and holds the promises of the system against what
// happened. It is made of tests only: docs/simulation.md says what it does and how to run it.
//
// Every call of a port is an await point: the goroutine that makes it stops until the scheduler says what becomes of it.
// While it does, every other goroutine waits too, for a verdict, for a message or for the clock. So nothing but the
// seed decides what happens next, and a run is replayed by its seed.
package simulation
