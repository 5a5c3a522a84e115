package ports

import (
	"time"

	"chatsystem/domain"
)

// Clock returns the present time.
type Clock func() time.Time

// UUIDs returns a new UUIDv7 in canonical form.
type UUIDs func() string

// Entropy returns fresh random bits for a message id.
type Entropy func() domain.MessageIDEntropy
