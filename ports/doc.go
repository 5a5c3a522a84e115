// Package ports holds the driven ports only: what the application needs from the world, as interfaces that adapters
// implement. Driving adapters (HTTP, Socket.IO, the event consumer) call the use cases of package application
// directly and need no port. Every interface has one contract suite in portstest that runs against each adapter.
//
// What a context's work belongs to, a trace and a client's request, comes with the context (TraceOf, RequestIDOf).
//
// Unless a method says otherwise: it is safe for concurrent use, it ends when its context does, an absent thing is the
// domain's not-found fault, and times come back in UTC at millisecond precision.
package ports
