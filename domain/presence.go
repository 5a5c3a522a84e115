package domain

import "time"

// LeaseTTL is how long a connection counts as present without being renewed; LeaseRenewal is how often its gateway
// renews it.
const (
	LeaseTTL     = 60 * time.Second
	LeaseRenewal = 20 * time.Second
)

// Lease says that a user's connection is served by a gateway.
type Lease struct {
	User       UserID
	Connection ConnectionID
}
