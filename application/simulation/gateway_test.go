package simulation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"chatsystem/application/gateway"
	"chatsystem/domain"
	"chatsystem/ports"
)

// gatewayService is one gateway with the connections it has.
type gatewayService struct {
	p            *process
	id           domain.GatewayID
	accept       *gateway.Accept
	authenticate *gateway.Authenticate
	disconnect   *gateway.Disconnect
	registry     ports.PresenceRegistry
	links        []*link
	draining     bool
}

// askOwner asks the user service which sessions ended, whichever instance answers.
type askOwner struct{ p *process }

func (a askOwner) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	return database{a.p.w.postgres, a.p}.Revoked(ctx, ids)
}

func newGatewayService(p *process) *gatewayService {
	g := &gatewayService{p: p, id: domain.GatewayID(p.uuid())}
	g.registry = wrap(p.w.bug.registry, p, ports.PresenceRegistry(redis{p}))
	connections := gateway.NewConnections(gateway.DefaultShare)
	revocations := gateway.NewRevocations(redis{p}, askOwner{p}, quiet)
	presence := gateway.NewPresence(g.id, connections, g.registry, revocations, encoder{}, quiet)
	deliver := gateway.NewDeliver(connections, presence, encoder{}, quiet)
	g.accept = gateway.NewAccept(connections, time.Now)
	g.authenticate = gateway.NewAuthenticate(connections, credentials{p}, presence, revocations, encoder{}, time.Now, quiet)
	g.disconnect = gateway.NewDisconnect(connections, presence)
	p.background(presence.Run)
	p.background(gateway.NewExpire(connections, encoder{}, time.Now, quiet).Run)
	p.background(func(ctx context.Context) { _ = redis{p}.Receive(ctx, g.id, deliver) })
	return g
}

// connect opens a connection of a client.
func (g *gatewayService) connect(c *client) *link {
	w := g.p.w
	w.connections++
	l := &link{w: w, id: domain.ConnectionID(fmt.Sprintf("%05d", w.connections)), client: c, gateway: g, token: c.access}
	g.links = append(g.links, l)
	w.links = append(w.links, l)
	go func() {
		g.accept.Execute(l)
		g.authenticate.Execute(withTag(g.p.ctx, string(l.id)), l, l.token)
	}()
	return l
}

// closed takes in that a connection has ended: the gateway forgets it.
func (g *gatewayService) closed(l *link) {
	l.gone = true
	g.links = slices.DeleteFunc(g.links, func(other *link) bool { return other == l })
	go g.disconnect.Execute(withTag(g.p.ctx, string(l.id)), l.id)
}

// letGo ends one connection of a gateway that is being stopped, as adapters/socketio does: the transport first, then its
// presence. False means that none is left.
func (g *gatewayService) letGo() bool {
	if len(g.links) == 0 {
		return false
	}
	l := g.links[0]
	if g.p.w.bug.leaveBeforeClose && !l.left {
		l.left = true
		lease := domain.Lease{User: claimsOf(l.token).User, Connection: l.id}
		go func() { _ = g.registry.Leave(withTag(g.p.ctx, string(l.id)), g.id, []domain.Lease{lease}) }()
		return true
	}
	l.Drop()
	return true
}

// vanish ends what a crash leaves of the connections: their clients notice.
func (g *gatewayService) vanish() {
	for _, l := range g.links {
		l.gone = true
		l.lost()
	}
	g.links = nil
}

// frame is what a connection carries.
type frame struct {
	name    string
	payload any
}

// encoder keeps what it is given: clients read the same values.
type encoder struct{}

var _ ports.FrameEncoder = encoder{}

// EncodeFrame implements ports.FrameEncoder.
func (encoder) EncodeFrame(name string, payload any) (ports.Frame, error) {
	return frame{name, payload}, nil
}

func compareStrings[T ~string](a, b T) int { return cmp.Compare(a, b) }
