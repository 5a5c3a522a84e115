package tokens

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.TokenVerifier = (*KeySet)(nil)

const (
	refreshEvery = 5 * time.Minute        // so long a withdrawn key is accepted, if the issuer answers
	firstRetry   = 500 * time.Millisecond // after a fetch that failed; doubles
	lastRetry    = 15 * time.Second
	fetchPause   = time.Second     // between fetches, whoever asks for them
	fetchWait    = 2 * time.Second // of a token whose key is not known: a pause and a quick fetch
	maxWaiting   = 128             // tokens that wait at a time: each of them keeps a request waiting
	maxAwaited   = 16              // keys that they wait for: the issuer changes one at a time
	absentFor    = 5 * time.Second // so long a key that the issuer did not know is not asked for again
	maxAbsent    = 1024            // of such keys
)

// KeySet checks access tokens with the public keys that their issuer publishes, which it keeps in memory: a token of a
// known key takes no network, and the keys outlive an outage of the issuer. Run keeps them up to date.
//
// A token of a key that is not known may be good: the issuer may have changed its key a moment ago. It waits for the
// next fetch, which all such tokens share, and is invalid only if the issuer then does not know the key either; if
// there is no answer within 2 s, VerifyAccess returns domain.ErrUnavailable, and the same token may be shown again; so
// it does at once if many wait already. A key that the issuer did not know is remembered for some seconds, and its
// tokens do not wait.
type KeySet struct {
	*rules
	source source
	log    *slog.Logger
	pause  time.Duration

	mu      sync.Mutex
	known   map[string]ed25519.PublicKey // by name; nil: never fetched
	absent  map[string]time.Time         // names that the issuer did not know, with when to ask again
	awaited map[string]int               // names that tokens wait for, with how many do
	waiting int                          // how many wait, for whatever
	next    *fetch                       // running or to come
	failed  error                        // why the latest fetch did
}

// fetch is one attempt to load the keys.
type fetch struct {
	wanted chan struct{} // holds a token while somebody waits
	done   chan struct{} // closed when it is over
	err    error         // once done
}

func newFetch() *fetch { return &fetch{wanted: make(chan struct{}, 1), done: make(chan struct{})} }

// NewKeySet returns a verifier without keys, which Run fetches.
func NewKeySet(cfg KeySetConfig, clock ports.Clock, log *slog.Logger) (*KeySet, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &KeySet{source: newSource(cfg), log: log, pause: fetchPause, next: newFetch(), awaited: map[string]int{}, absent: map[string]time.Time{}}
	s.rules = newRules(cfg.Issuer, cfg.Audience, clock, s.find)
	return s, nil
}

// Ready reports why no token can be checked; nil once keys are there.
func (s *KeySet) Ready(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.known != nil:
		return nil
	case s.failed != nil:
		return unavailable(s.failed)
	default:
		return unavailable(errors.New("not fetched yet"))
	}
}

// find returns a key by its name; it waits for a fetch if there is none.
func (s *KeySet) find(id string) (ed25519.PublicKey, error) {
	key, next := s.lookup(id)
	switch {
	case key != nil:
		return key, nil
	case next == nil:
		return nil, errUnknownKey
	}
	if !s.await(id) {
		return nil, unavailable(errors.New("many wait for keys already"))
	}
	defer s.leave(id)
	select {
	case next.wanted <- struct{}{}:
	default: // somebody else waits, too
	}
	select {
	case <-next.done:
	case <-time.After(fetchWait):
		return nil, unavailable(errors.New("no answer in time"))
	}
	if next.err != nil {
		return nil, unavailable(next.err)
	}
	if key, _ = s.lookup(id); key == nil {
		s.noteAbsent(id)
		return nil, errUnknownKey
	}
	return key, nil
}

// await counts a token that waits for a key; false if too many do.
func (s *KeySet) await(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting >= maxWaiting || (s.awaited[id] == 0 && len(s.awaited) >= maxAwaited) {
		return false
	}
	s.waiting++
	s.awaited[id]++
	return true
}

func (s *KeySet) leave(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting--
	if s.awaited[id]--; s.awaited[id] == 0 {
		delete(s.awaited, id)
	}
}

// lookup returns a key, or the fetch that may bring it; neither if the issuer did not know it a moment ago.
func (s *KeySet) lookup(id string) (ed25519.PublicKey, *fetch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key := s.known[id]; key != nil {
		return key, nil
	}
	if time.Now().Before(s.absent[id]) {
		return nil, nil
	}
	return nil, s.next
}

// noteAbsent remembers a key that the issuer does not know. When there are too many, all are forgotten: they are asked
// for again.
func (s *KeySet) noteAbsent(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.absent) >= maxAbsent {
		clear(s.absent)
	}
	s.absent[id] = time.Now().Add(absentFor)
}

// Run fetches the keys at once, then every few minutes and whenever a token of an unknown key is shown, until ctx ends;
// after a failure again soon. It makes one request at a time, and no more than one a second.
func (s *KeySet) Run(ctx context.Context) {
	var retry time.Duration
	for {
		keys, err := s.source.fetch(ctx)
		if ctx.Err() != nil {
			return
		}
		next := s.finish(keys, err)
		wait := refreshEvery
		if err != nil {
			retry = min(max(2*retry, firstRetry), lastRetry)
			wait = retry
		} else {
			retry = 0
		}
		sleep(ctx, s.pause)
		select {
		case <-time.After(wait/2 + rand.N(wait/2)):
		case <-next.wanted:
		case <-ctx.Done():
			return
		}
	}
}

// finish takes over what a fetch brought, tells those who wait for it, and returns the next one.
func (s *KeySet) finish(keys map[string]ed25519.PublicKey, err error) *fetch {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil && (s.failed != nil || s.known == nil):
		s.log.Info("token keys fetched", "keys", len(keys))
	case err != nil && s.failed == nil:
		s.log.Warn("token keys not fetched, will try again", "error", err)
	}
	if err == nil {
		s.known = keys
	}
	s.failed = err
	s.next.err = err
	close(s.next.done)
	s.next = newFetch()
	return s.next
}

func unavailable(err error) error {
	return fmt.Errorf("token keys: %w: %w", domain.ErrUnavailable, err)
}
