// Package redis is what services tell each other at once and may forget: who is connected where, what goes to which
// gateway, who the members are, which sessions ended, how many requests a client made. Losing all of it loses no message.
//
// Drives: nothing. Implements: PresenceRegistry, MembershipCache, GatewayPublisher, GatewayInbox, RevocationAnnouncer and
// RevocationReader; RateCounter is no port of ours but what limiters of HTTP requests count with.
//
// Keys that are written together share a hash tag, and no command or script spans slots. Batches go in pipelines. Time is
// the server's: scripts read TIME, so gateways with different clocks agree. A command is never repeated by the client:
// callers know what may be. Every failure matches domain.ErrUnavailable.
package redis
