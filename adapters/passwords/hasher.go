// Package passwords hashes passwords with bcrypt. Implements: ports.PasswordHasher.
package passwords

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/crypto/bcrypt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Config says how slow and how wide hashing is.
type Config struct {
	Cost       int // bcrypt's; each step doubles the time
	Concurrent int // hashes at a time; 0: half the processors, so that a flood of sign-ins leaves the rest for everybody else
}

// Validate reports every fault of the settings.
func (c Config) Validate() error {
	var faults []error
	if c.Cost < bcrypt.MinCost || c.Cost > bcrypt.MaxCost {
		faults = append(faults, fmt.Errorf("passwords: cost %d is not within %d and %d", c.Cost, bcrypt.MinCost, bcrypt.MaxCost))
	}
	if c.Concurrent < 0 {
		faults = append(faults, fmt.Errorf("passwords: concurrent must not be negative, is %d", c.Concurrent))
	}
	return errors.Join(faults...)
}

// Hasher hashes a bounded number of passwords at a time.
type Hasher struct {
	cost   int
	places chan struct{}
	nobody []byte // what the password for an unknown account is compared with

	compare func(hash, password []byte) error
}

var _ ports.PasswordHasher = (*Hasher)(nil)

// New returns a hasher. It takes as long as one hash.
func New(cfg Config) (*Hasher, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	places := cfg.Concurrent
	if places == 0 {
		places = max(1, runtime.GOMAXPROCS(0)/2)
	}
	nobody, err := bcrypt.GenerateFromPassword([]byte("nobody"), cfg.Cost)
	if err != nil {
		return nil, fmt.Errorf("passwords: %w", err)
	}
	return &Hasher{cost: cfg.Cost, places: make(chan struct{}, places), nobody: nobody, compare: bcrypt.CompareHashAndPassword}, nil
}

// HashPassword implements ports.PasswordHasher.
func (h *Hasher) HashPassword(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), h.cost)
	if err != nil {
		return "", fmt.Errorf("bcrypt: %w", err)
	}
	return string(hash), nil
}

// MatchPassword implements ports.PasswordHasher.
func (h *Hasher) MatchPassword(ctx context.Context, hash, password string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	known := hash != ""
	stored := []byte(hash)
	if !known {
		stored = h.nobody
	}
	// bcrypt reads 72 bytes and passes over the rest; a longer password never was one.
	given := []byte(password)[:min(len(password), domain.MaxPasswordBytes)]
	err := h.compare(stored, given)
	if err != nil && !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, fmt.Errorf("bcrypt: %w", err)
	}
	if err == nil && known && len(password) <= domain.MaxPasswordBytes {
		return true, nil
	}
	h.makeUpFor(stored, given)
	return false, nil
}

// makeUpFor spends what a hash of a lower cost took less than one of today's: its account would be known by its
// answers. Each cost takes twice the time of the one below, so one comparison of every cost between the two is just
// that.
func (h *Hasher) makeUpFor(stored, given []byte) {
	for cost := costOf(stored); cost < h.cost; cost++ {
		cheaper := fmt.Appendf(nil, "$2a$%02d%s", cost, h.nobody[len("$2a$00"):])
		_ = h.compare(cheaper, given)
	}
}

// Outdated implements ports.PasswordHasher.
func (h *Hasher) Outdated(hash string) bool { return costOf([]byte(hash)) != h.cost }

// costOf returns the cost of a hash; 0 of what is none.
func costOf(hash []byte) int {
	cost, err := bcrypt.Cost(hash)
	if err != nil {
		return 0
	}
	return cost
}

// enter waits for a place.
func (h *Hasher) enter(ctx context.Context) error {
	if ctx.Err() == nil {
		select {
		case h.places <- struct{}{}:
			return nil
		case <-ctx.Done():
		}
	}
	return fmt.Errorf("wait to hash: %w: %w", domain.ErrUnavailable, ctx.Err())
}

func (h *Hasher) leave() { <-h.places }
