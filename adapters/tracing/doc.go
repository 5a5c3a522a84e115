// Package tracing records what became of a request and of a message, step by step and over all services, and sends it to
// an OpenTelemetry collector.
//
// Drives: nothing. Implements: no port of its own. It wraps the ports that a message passes (MessageLog, MessageStore,
// EventPublisher, EventSource, GatewayInbox), the server's requests (Tracer.ServeRequest) and the client's (Transport), so
// that nothing in the middle knows of it. What must be carried on is a domain.Trace, in the context or beside an event.
//
// Recording is on nobody's way: spans wait in a bounded queue, and what does not fit or cannot be sent is counted and gone.
// Without an endpoint nothing is wrapped and nothing runs.
package tracing
