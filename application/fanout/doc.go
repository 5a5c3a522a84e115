// Package fanout holds the use case of the fan-out worker: from an event to the gateways that serve its receivers.
package fanout
