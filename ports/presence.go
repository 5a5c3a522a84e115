package ports

import (
	"context"

	"chatsystem/domain"
)

// PresenceReader knows where users are connected.
type PresenceReader interface {
	// Gateways returns, for each of users with a live connection, the gateways that serve one.
	Gateways(ctx context.Context, users []domain.UserID) (map[domain.UserID][]domain.GatewayID, error)
	// Online returns those of users that have a live connection.
	Online(ctx context.Context, users []domain.UserID) (map[domain.UserID]bool, error)
}

// PresenceRegistry also lets gateways say whom they serve. A lease that is not renewed runs out after
// domain.LeaseTTL.
type PresenceRegistry interface {
	PresenceReader
	// Renew adds or renews the leases of a gateway and returns those that were not there any more: events may have passed
	// them by. After an error any of them may have been renewed, so that a later call does not find it missing: the caller
	// remembers its doubts.
	Renew(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) (missing []domain.Lease, err error)
	// Leave takes leases back.
	Leave(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) error
}
