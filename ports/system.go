package ports

import (
	"time"

	"chatsystem/domain"
)

// Clock returns the present time.
type Clock func() time.Time

// UUIDs returns a new UUIDv7 in canonical form.
type UUIDs func() string

// Jitter returns a random time of at least 0 and less than d: who failed together does not try again together.
type Jitter func(d time.Duration) time.Duration

// Entropy returns fresh random bits for a message id.
type Entropy func() domain.MessageIDEntropy
