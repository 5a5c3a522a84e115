package gateway

import (
	"sync"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Connections is the index of the connections this gateway serves.
type Connections struct {
	mu        sync.RWMutex
	byID      map[domain.ConnectionID]*connection
	byUser    map[domain.UserID][]*connection
	bySession map[domain.SessionID][]*connection
	bound     int            // connections that have a user
	strangers map[string]int // connections that have none, by client; none of a client: no entry
	share     Share
	earliest  time.Time // no deadline is before it
}

// connection is one socket; everything but the socket is guarded by Connections.mu.
type connection struct {
	socket   ports.Socket
	client   string
	user     domain.UserID // empty until a token was accepted
	session  domain.SessionID
	deadline time.Time // when it must have authenticated, then when its token expires
	open     bool      // authenticated was sent: events may follow
}

// Share is how many connections of one client may wait to say whose they are; 0 is as many as of all.
type Share int

// DefaultShare leaves room for many people behind one address who come back at once, and for those at other addresses.
const DefaultShare Share = 512

// NewConnections returns an empty index.
func NewConnections(share Share) *Connections {
	return &Connections{
		share: share, strangers: map[string]int{},
		byID: map[domain.ConnectionID]*connection{}, byUser: map[domain.UserID][]*connection{},
		bySession: map[domain.SessionID][]*connection{}, earliest: farAway,
	}
}

// Count returns how many connections there are, authenticated or not.
func (c *Connections) Count() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.byID)
}

// Authenticated returns how many connections are some user's.
func (c *Connections) Authenticated() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.bound
}

// add takes in a connection that has until deadline to authenticate; false if too many others have not yet, of its
// client or of all.
func (c *Connections) add(s ports.Socket, deadline time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.byID)-c.bound >= maxUnauthenticated {
		return false
	}
	client := s.Client()
	if c.share > 0 && c.strangers[client] >= int(c.share) {
		return false
	}
	c.strangers[client]++
	c.byID[s.ID()] = &connection{socket: s, client: client}
	c.setDeadline(c.byID[s.ID()], deadline)
	return true
}

// setDeadline gives a connection its deadline. mu is held.
func (c *Connections) setDeadline(conn *connection, deadline time.Time) {
	conn.deadline = deadline
	if deadline.Before(c.earliest) {
		c.earliest = deadline
	}
}

// bindResult says what became of a token.
type bindResult int

const (
	boundNow   bindResult = iota // the connection is the user's from now on
	rebound                      // it was already; the new token's expiry counts
	otherUser                    // it is another user's
	oneTooMany                   // the user has as many as one may have
	gone                         // it has been closed
)

// bind makes the connection the claims' user's.
func (c *Connections) bind(id domain.ConnectionID, claims ports.AccessClaims) bindResult {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn, ok := c.byID[id]
	switch {
	case !ok:
		return gone
	case conn.user == "" && len(c.byUser[claims.User]) >= domain.MaxConnectionsPerUser:
		return oneTooMany
	case conn.user == "":
		conn.user = claims.User
		c.known(conn)
		c.bound++
		c.byUser[conn.user] = append(c.byUser[conn.user], conn)
	case conn.user != claims.User:
		return otherUser
	default:
		remove(c.bySession, conn.session, conn)
	}
	result := boundNow
	if conn.session != "" {
		result = rebound
	}
	conn.session = claims.Session
	c.setDeadline(conn, claims.ExpiresAt)
	c.bySession[conn.session] = append(c.bySession[conn.session], conn)
	return result
}

// known ends that a connection counts as a stranger's. mu is held.
func (c *Connections) known(conn *connection) {
	if c.strangers[conn.client]--; c.strangers[conn.client] == 0 {
		delete(c.strangers, conn.client)
	}
}

// openWith sends the first frame and lets events follow it; false if the connection has been closed.
func (c *Connections) openWith(id domain.ConnectionID, f ports.Frame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn, ok := c.byID[id]
	if ok {
		conn.open = true
		conn.socket.Send(f)
	}
	return ok
}

// remove forgets a connection and returns its lease, if it had one.
func (c *Connections) remove(id domain.ConnectionID) (domain.Lease, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn, ok := c.byID[id]
	if !ok {
		return domain.Lease{}, false
	}
	delete(c.byID, id)
	if conn.user == "" {
		c.known(conn)
		return domain.Lease{}, false
	}
	c.bound--
	remove(c.byUser, conn.user, conn)
	remove(c.bySession, conn.session, conn)
	return domain.Lease{User: conn.user, Connection: id}, true
}

// sendToUsers hands a frame to every open connection of the users.
func (c *Connections) sendToUsers(users []domain.UserID, f ports.Frame) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, u := range users {
		for _, conn := range c.byUser[u] {
			if conn.open {
				conn.socket.Send(f)
			}
		}
	}
}

// send hands a frame to one open connection.
func (c *Connections) send(id domain.ConnectionID, f ports.Frame) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if conn, ok := c.byID[id]; ok && conn.open {
		conn.socket.Send(f)
	}
}

// leases returns the leases of all authenticated connections.
func (c *Connections) leases() []domain.Lease {
	c.mu.RLock()
	defer c.mu.RUnlock()
	leases := make([]domain.Lease, 0, len(c.byID))
	for id, conn := range c.byID {
		if conn.user != "" {
			leases = append(leases, domain.Lease{User: conn.user, Connection: id})
		}
	}
	return leases
}

// closed returns those leases whose connection is gone.
func (c *Connections) closed(leases []domain.Lease) []domain.Lease {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var gone []domain.Lease
	for _, l := range leases {
		if _, ok := c.byID[l.Connection]; !ok {
			gone = append(gone, l)
		}
	}
	return gone
}

// sessions returns the sessions that have a connection here.
func (c *Connections) sessions() []domain.SessionID {
	c.mu.RLock()
	defer c.mu.RUnlock()
	ids := make([]domain.SessionID, 0, len(c.bySession))
	for id := range c.bySession {
		ids = append(ids, id)
	}
	return ids
}

// ofSessions returns the sockets of sessions.
func (c *Connections) ofSessions(ids []domain.SessionID) []ports.Socket {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var sockets []ports.Socket
	for _, id := range ids {
		for _, conn := range c.bySession[id] {
			sockets = append(sockets, conn.socket)
		}
	}
	return sockets
}

// farAway is later than any deadline.
var farAway = time.Unix(1<<40, 0)

// overdue returns the sockets whose deadline has passed, those that never authenticated and those whose token expired.
func (c *Connections) overdue(now time.Time) (unauthenticated, expired []ports.Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Before(c.earliest) {
		return nil, nil
	}
	c.earliest = farAway
	for _, conn := range c.byID {
		if conn.deadline.Before(c.earliest) {
			c.earliest = conn.deadline
		}
		switch {
		case now.Before(conn.deadline):
		case conn.user == "":
			unauthenticated = append(unauthenticated, conn.socket)
		default:
			expired = append(expired, conn.socket)
		}
	}
	return unauthenticated, expired
}

// remove takes conn out of an index; an entry without connections goes.
func remove[K comparable](index map[K][]*connection, k K, conn *connection) {
	kept := index[k][:0]
	for _, other := range index[k] {
		if other != conn {
			kept = append(kept, other)
		}
	}
	if len(kept) == 0 {
		delete(index, k)
		return
	}
	clear(index[k][len(kept):])
	index[k] = kept
}
