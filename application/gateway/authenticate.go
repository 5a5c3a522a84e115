package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

const (
	authenticateWithin = 10 * time.Second // then a connection without a user is dropped
	registryTimeout    = time.Second      // for presence and revocations, while a client waits
	// maxUnauthenticated connections may wait at a time; the next one is dropped, and its client comes back.
	maxUnauthenticated = 4096
)

// Accept takes in connections that have not said yet whose they are.
type Accept struct {
	connections *Connections
	clock       ports.Clock
}

// NewAccept returns the use case.
func NewAccept(c *Connections, clock ports.Clock) *Accept {
	return &Accept{connections: c, clock: clock}
}

// Execute takes in a connection, which has a little time to authenticate, or drops it if too many have not yet.
func (uc *Accept) Execute(s ports.Socket) {
	if !uc.connections.add(s, uc.clock().Add(authenticateWithin)) {
		s.Drop()
	}
}

// Authenticate binds a connection to the user of an access token.
type Authenticate struct {
	connections *Connections
	tokens      ports.TokenVerifier
	presence    *Presence
	revocations ports.RevocationReader
	frames      frames
	clock       ports.Clock
	log         *slog.Logger
}

// NewAuthenticate returns the use case.
func NewAuthenticate(c *Connections, t ports.TokenVerifier, p *Presence, r ports.RevocationReader, e ports.FrameEncoder, clock ports.Clock, log *slog.Logger) *Authenticate {
	return &Authenticate{c, t, p, r, frames{e}, clock, log}
}

// Execute checks the token and answers on the socket: with authenticated, after which events follow; or with error and
// a disconnect. On a connection that is authenticated already it takes over the expiry of a fresh token of the same user.
// While nobody can tell whether the token is good it drops the connection: the client comes back with it.
func (uc *Authenticate) Execute(ctx context.Context, s ports.Socket, token string) {
	claims, err := uc.tokens.VerifyAccess(token)
	if err == nil && !uc.clock().Before(claims.ExpiresAt) {
		err = domain.ErrTokenExpired // the leeway that a request gets is no use to a connection
	}
	switch {
	case err == nil:
	case errors.Is(err, domain.ErrTokenInvalid), errors.Is(err, domain.ErrTokenExpired):
		uc.refuse(s, err)
		return
	default:
		uc.log.Warn("token not checked", "connection_id", s.ID(), "error", err)
		s.Drop()
		return
	}
	switch uc.connections.bind(s.ID(), claims) {
	case gone:
		return
	case otherUser:
		uc.refuse(s, domain.ErrTokenInvalid)
		return
	case oneTooMany:
		uc.refuse(s, domain.ErrTooManyConnections)
		return
	case boundNow:
		uc.presence.register(ctx, domain.Lease{User: claims.User, Connection: s.ID()})
	case rebound:
	}
	// Registered first, checked second: a revocation from now on finds the connection.
	if uc.revoked(ctx, claims.Session) {
		uc.refuse(s, domain.ErrSessionRevoked)
		return
	}
	if err := uc.open(s, claims.User); err != nil {
		uc.log.Error("authenticate", "error", err)
		s.Drop()
	}
}

func (uc *Authenticate) open(s ports.Socket, user domain.UserID) error {
	f, err := uc.frames.authenticated(user)
	if err != nil {
		return fmt.Errorf("encode authenticated: %w", err)
	}
	uc.connections.openWith(s.ID(), f)
	return nil
}

// revoked tells whether the session has ended. While nobody can tell, the token counts; the next renewal asks again.
func (uc *Authenticate) revoked(ctx context.Context, id domain.SessionID) bool {
	ctx, cancel := context.WithTimeout(ctx, registryTimeout)
	defer cancel()
	ended, err := uc.revocations.Revoked(ctx, []domain.SessionID{id})
	if err != nil {
		uc.log.Warn("revocation not checked, will ask again", "session_id", id, "error", err)
		uc.presence.checkLater()
	}
	return len(ended) > 0
}

// Dismiss ends a connection whose client asks for too much.
func (uc *Authenticate) Dismiss(s ports.Socket) { uc.refuse(s, domain.ErrRateLimited) }

// refuse says why, and ends the connection so that a stock client does not come back in a loop.
func (uc *Authenticate) refuse(s ports.Socket, why error) {
	uc.frames.dismiss(s, why, uc.log)
}

// dismiss sends an error event, then disconnects for good.
func (f frames) dismiss(s ports.Socket, why error, log *slog.Logger) {
	if frame, err := f.fault(why); err != nil {
		log.Error("encode error event", "error", err)
	} else {
		s.Send(frame)
	}
	s.Disconnect()
}
