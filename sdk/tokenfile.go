package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"chatsystem/sdk/internal/journal"
)

// TokenStore keeps a session's tokens outside the client, so that programs started one after the other, or at the same
// time, share one session: see [WithTokenStore].
type TokenStore interface {
	// Load returns what is stored, the zero Tokens if nothing is.
	Load() (Tokens, error)
	// Update stores what change makes of what is stored, unless change fails. No other program, and no other call,
	// changes or reads the tokens for an Update meanwhile: a refresh token is good for one exchange only.
	Update(ctx context.Context, change func(stored Tokens) (Tokens, error)) error
}

// TokenFile stores tokens in a file of mode 0600, whose folder must exist. It locks a second file, path + ".lock".
func TokenFile(path string) TokenStore { return tokenFile(path) }

type tokenFile string

// lockPoll is how often a lock that somebody else has is tried again.
const lockPoll = 20 * time.Millisecond

// Load implements TokenStore.
func (f tokenFile) Load() (Tokens, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, os.ErrNotExist) {
		return Tokens{}, nil
	}
	if err != nil {
		return Tokens{}, fmt.Errorf("load tokens: %w", err)
	}
	var t Tokens
	if err := json.Unmarshal(data, &t); err != nil {
		return Tokens{}, fmt.Errorf("load tokens: %s: %w", string(f), err)
	}
	return t, nil
}

// Update implements TokenStore.
func (f tokenFile) Update(ctx context.Context, change func(Tokens) (Tokens, error)) error {
	lock, err := f.lock(ctx)
	if err != nil {
		return fmt.Errorf("lock tokens: %w", err)
	}
	defer lock.Close()
	stored, err := f.Load()
	if err != nil {
		return err
	}
	t, err := change(stored)
	if err != nil || t == stored {
		return err
	}
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("store tokens: %w", err)
	}
	if err := journal.Install(string(f), append(data, '\n')); err != nil {
		return fmt.Errorf("store tokens: %w", err)
	}
	return nil
}

func (f tokenFile) lock(ctx context.Context) (*os.File, error) {
	for {
		lock, err := journal.Lock(string(f) + ".lock")
		if !errors.Is(err, journal.ErrInUse) {
			return lock, err
		}
		if err := sleep(ctx, lockPoll); err != nil {
			return nil, err
		}
	}
}

// tokenMemory is the store of a client that has no other.
type tokenMemory struct {
	tokens Tokens
}

func (m *tokenMemory) Load() (Tokens, error) { return m.tokens, nil }

// Update is not guarded: a keyring makes one change at a time.
func (m *tokenMemory) Update(_ context.Context, change func(Tokens) (Tokens, error)) error {
	t, err := change(m.tokens)
	if err == nil {
		m.tokens = t
	}
	return err
}
