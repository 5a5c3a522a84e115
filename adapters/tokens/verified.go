package tokens

import (
	"crypto/ed25519"
	"crypto/sha256"
	"sync"
	"time"

	"chatsystem/ports"
)

// verifiedTokens remembers tokens that were found good, for a client shows its token with every request and a signature takes
// longer to check than most requests to answer. It keeps hashes, no tokens, and at most two generations of them: the older
// one goes when the younger is full.
type verifiedTokens struct {
	mu           sync.Mutex
	young, older map[tokenHash]verifiedToken
}

type tokenHash [sha256.Size]byte

// verifiedToken is what a good token says, and what made it good.
type verifiedToken struct {
	claims ports.AccessClaims
	keyID  string
	key    ed25519.PublicKey
	since  time.Time // when its claims were checked
}

// generation is how many tokens there are in one: 16,384 take about 5 MB.
const generation = 16384

func newVerifiedTokens() *verifiedTokens {
	return &verifiedTokens{young: map[tokenHash]verifiedToken{}}
}

// find returns what is known of a token; whether that still holds is the caller's to check.
func (t *verifiedTokens) find(h tokenHash) (verifiedToken, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, known := t.young[h]
	if known {
		return v, true
	}
	if v, known = t.older[h]; known {
		t.put(h, v) // it is in use: it stays
	}
	return v, known
}

func (t *verifiedTokens) add(h tokenHash, v verifiedToken) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.put(h, v)
}

func (t *verifiedTokens) put(h tokenHash, v verifiedToken) {
	if len(t.young) >= generation {
		t.older, t.young = t.young, make(map[tokenHash]verifiedToken, generation)
	}
	t.young[h] = v
}
