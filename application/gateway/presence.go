package gateway

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

const (
	renewTimeout  = 5 * time.Second
	retryRenewal  = time.Second     // after a renewal that failed
	resyncSpread  = 5 * time.Second // all clients of a gateway catch up within this time, not at once
	resyncStep    = 20 * time.Millisecond
	leaveTimeout  = 2 * time.Second
	registerAgain = 200 * time.Millisecond
)

// Presence keeps the leases of this gateway's connections and notices when events may have passed one by.
type Presence struct {
	gateway     domain.GatewayID
	connections *Connections
	registry    ports.PresenceRegistry
	revocations ports.RevocationReader
	frames      frames
	log         *slog.Logger
	hurry       chan struct{} // a lease could not be registered: renew soon
	interrupted chan struct{} // the subscription was: renew, then everybody catches up
	unchecked   atomic.Bool   // sessions may have ended unheard
	spreading   sync.WaitGroup
	resyncs     map[string]*atomic.Int64 // connections told to catch up, by reason; no reason is ever added

	mu     sync.Mutex
	unsure map[domain.Lease]bool // a renewal failed, or seemed to: events may have passed these by
}

// NewPresence returns the use case; Run does its work.
func NewPresence(gw domain.GatewayID, c *Connections, r ports.PresenceRegistry, rev ports.RevocationReader, e ports.FrameEncoder, log *slog.Logger) *Presence {
	return &Presence{
		gateway: gw, connections: c, registry: r, revocations: rev, frames: frames{e}, log: log,
		hurry: make(chan struct{}, 1), interrupted: make(chan struct{}, 1), unsure: map[domain.Lease]bool{},
		resyncs: map[string]*atomic.Int64{ResyncPresenceLost: {}, ResyncInterrupted: {}},
	}
}

// Resyncs returns how many times a connection was told to catch up for a reason, one of the constants Resync….
func (p *Presence) Resyncs(reason string) int64 { return p.resyncs[reason].Load() }

// register adds the lease of a new connection. If that fails the connection is served all the same: it is registered as
// soon as possible, and told to catch up then.
func (p *Presence) register(ctx context.Context, l domain.Lease) {
	ctx, cancel := context.WithTimeout(ctx, registryTimeout)
	defer cancel()
	if _, err := p.registry.Renew(ctx, p.gateway, []domain.Lease{l}); err != nil {
		p.log.Warn("presence not registered, will try again", "connection_id", l.Connection, "error", err)
		p.doubt([]domain.Lease{l})
		signal(p.hurry)
	}
}

// leave takes the leases of closed connections back; if that fails they run out.
func (p *Presence) leave(ctx context.Context, closed ...domain.Lease) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := p.registry.Leave(ctx, p.gateway, closed); err != nil {
		p.log.Debug("presence not left, it will run out", "connections", len(closed), "error", err)
	}
}

// Run renews the leases by its own timer until ctx ends.
func (p *Presence) Run(ctx context.Context) {
	defer p.spreading.Wait()
	wait := domain.LeaseRenewal
	for {
		everybody, goOn := p.due(ctx, wait)
		if !goOn {
			return
		}
		wait = domain.LeaseRenewal
		if err := p.renew(ctx, everybody); err != nil {
			p.log.Warn("presence not renewed, will try again", "error", err)
			wait = retryRenewal
			if everybody {
				signal(p.interrupted)
				sleep(ctx, retryRenewal)
			}
		}
	}
}

// due waits until the leases are to be renewed and tells whether everybody is to catch up then; goOn is false when ctx
// ends. An interruption goes before everything else that is due.
func (p *Presence) due(ctx context.Context, wait time.Duration) (everybody, goOn bool) {
	select {
	case <-p.interrupted:
		return true, ctx.Err() == nil
	default:
	}
	select {
	case <-time.After(wait):
	case <-p.hurry:
		sleep(ctx, registerAgain)
	case <-p.interrupted:
		everybody = true
	case <-ctx.Done():
		return false, false
	}
	return everybody, true
}

// renew puts every lease back first; only then those whose connections may have missed something are told so: what
// is sent from then on finds them.
func (p *Presence) renew(ctx context.Context, everybody bool) error {
	lost := p.takeDoubts() // first: a registration that fails from here on may not be part of this renewal
	leases := p.connections.leases()
	missing, err := p.renewAll(ctx, leases)
	if err != nil {
		p.doubt(leases)
		return err
	}
	if gone := p.connections.closed(leases); len(gone) > 0 { // while they were renewed
		p.leave(ctx, gone...)
	}
	if p.unchecked.Swap(false) || everybody {
		p.dismissEnded(ctx)
	}
	if everybody {
		p.resync(ctx, leases, ResyncInterrupted)
		return nil
	}
	for _, l := range missing {
		lost[l] = true
	}
	p.resync(ctx, slices.Collect(maps.Keys(lost)), ResyncPresenceLost)
	return nil
}

func (p *Presence) renewAll(ctx context.Context, leases []domain.Lease) (missing []domain.Lease, err error) {
	ctx, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	return p.registry.Renew(ctx, p.gateway, leases)
}

// doubt remembers leases that a failed call may have put in place late, or not at all: that one of them is found there
// next time does not mean that it was there all the time.
func (p *Presence) doubt(leases []domain.Lease) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range leases {
		p.unsure[l] = true
	}
}

// takeDoubts returns the doubted leases and forgets the doubts.
func (p *Presence) takeDoubts() map[domain.Lease]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.unsure
	p.unsure = map[domain.Lease]bool{}
	return taken
}

// dismissEnded closes the connections of sessions that ended while nobody could tell this gateway. If nobody can tell now,
// the next renewal asks again: who has to catch up does not wait for it.
func (p *Presence) dismissEnded(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	ended, err := p.revocations.Revoked(ctx, p.connections.sessions())
	p.dismiss(ended)
	if err != nil {
		p.log.Warn("ended sessions not all known, will ask again", "error", err)
		p.checkLater()
	}
}

// checkLater has the next renewal ask which sessions ended.
func (p *Presence) checkLater() { p.unchecked.Store(true) }

// resync tells the connections to catch up, spread over a few seconds.
func (p *Presence) resync(ctx context.Context, leases []domain.Lease, reason string) {
	if len(leases) == 0 {
		return
	}
	p.log.Info("resync", "reason", reason, "connections", len(leases))
	f, err := p.frames.resync(reason)
	if err != nil {
		p.log.Error("encode resync", "error", err)
		return
	}
	p.resyncs[reason].Add(int64(len(leases)))
	step := min(resyncStep, resyncSpread/time.Duration(len(leases)))
	// Connection ids are random: in their order, no client is always the last.
	slices.SortFunc(leases, func(a, b domain.Lease) int { return cmp.Compare(a.Connection, b.Connection) })
	p.spreading.Go(func() {
		for _, l := range leases {
			p.connections.send(l.Connection, f)
			sleep(ctx, step)
		}
	})
}

// dismiss closes the connections of ended sessions for good.
func (p *Presence) dismiss(ended []domain.SessionID) {
	for _, s := range p.connections.ofSessions(ended) {
		p.frames.dismiss(s, domain.ErrSessionRevoked, p.log)
	}
}

// signal leaves a note for a loop that may be busy.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
