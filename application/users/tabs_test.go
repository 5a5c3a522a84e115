package users_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/adapters/sqlite"
	"chatsystem/adapters/tokens"
	"chatsystem/application/users"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// signInStore is what sessions need of a store.
type signInStore interface {
	ports.UserStore
	ports.SessionStore
}

// interleavings are ways in which requests to refresh one session can meet. A and B are tabs of a browser, which have its
// cookie in common; T has a copy of the cookie that the browser began with. "A-" is a request leaving with the cookie, "A>"
// its exchange by the server (it leaves just before, unless it has), "A<" its answer arriving, which sets the cookie, "A!"
// its answer getting lost, "+9s" time. In the end the browser refreshes once more.
var interleavings = map[string]struct {
	steps string
	ends  bool // the session is over
}{
	"a tab":                                  {"A> A< A> A<", false},
	"an answer is lost":                      {"A> A!", false},
	"answers are lost again and again":       {"A> A! A> A! A> A!", false},
	"an answer is lost, a day goes by":       {"A> A! +24h", false},
	"two tabs at once":                       {"A- B- A> B> A< B<", false},
	"two tabs at once, the answers cross":    {"A- B- A> B> B< A<", false},
	"two tabs at once, one answer is lost":   {"A- B- A> B> A! B<", false},
	"two tabs at once, both lose theirs":     {"A- B- A> B> A! B!", false},
	"two tabs take turns":                    {"A> A< B> B< A> A< B> B<", false},
	"a tab goes on, another's was slow":      {"A- B- A> A< A> A< +9s B> B<", false},
	"a tab goes on, another's was too slow":  {"A- B- A> A< A> A< +11s B>", true},
	"a tab goes on, a day later another's":   {"B- A> A< A> A< +24h B>", true},
	"a lost answer, then a slow other tab's": {"A- B- A> A! A> A< +24h B> B<", false},
	// The price of noticing theft: the browser sets a cookie that is stale already. It takes an answer that is still on its
	// way when another tab has refreshed twice, and so an access token's life.
	"an answer comes after another tab refreshed twice": {"A- B- A> B> A< A> A< B<", true},

	"a copy is used when the browser has gone on":   {"A> A< A> A< +1m T>", true},
	"a copy is used first, then the browser's":      {"T> T< A> A< T> T<", true},
	"a copy is used first and goes on":              {"T> T< T> T< +1m", true},
	"a copy is used once, the browser goes on":      {"T> T< A> A< A> A< T>", true},
	"a copy and the browser's lost answers":         {"A> A! T> T< A> A< T>", true},
	"a copy of a cookie that a week has ended":      {"A> A< +167h A> A< +2h T>", false},
	"two tabs and a copy at once, and nobody after": {"A- B- T- A> B> T> A< B<", false},
}

func TestTabs(t *testing.T) {
	for name, open := range map[string]func(*testing.T, ports.Clock) signInStore{
		"memory": func(_ *testing.T, clock ports.Clock) signInStore { return memory.NewStore(clock) },
		"sqlite": func(t *testing.T, clock ports.Clock) signInStore {
			entropy := func() domain.MessageIDEntropy { return domain.MessageIDEntropy{} }
			db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "chat.db")}, clock, entropy)
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })
			return db
		},
	} {
		t.Run(name, func(t *testing.T) { runTabs(t, open) })
	}
}

func runTabs(t *testing.T, open func(*testing.T, ports.Clock) signInStore) {
	clock := portstest.NewManualClock()
	store := open(t, clock.Now)
	for name, tc := range interleavings {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, store, clock)
			for step := range strings.FieldsSeq(tc.steps) {
				b.step(step)
			}
			_, err := b.refresh.Execute(t.Context(), b.cookie)
			if tc.ends {
				assert.Error(t, err)
				assert.Contains(t, b.announced, b.session, "its connections are closed")
				_, err := b.refresh.Execute(t.Context(), b.stolen)
				assert.Error(t, err, "for the thief, too")
				return
			}
			assert.NoError(t, err)
			assert.Empty(t, b.announced)
		})
	}
}

// browser is a session's cookie and the requests under way with it.
type browser struct {
	t         *testing.T
	clock     *portstest.ManualClock
	refresh   *users.Refresh
	session   domain.SessionID
	announced []domain.SessionID
	cookie    string
	stolen    string
	leaving   map[byte]string // by tab
	answers   map[byte]string
}

// AnnounceRevoked implements ports.RevocationAnnouncer.
func (b *browser) AnnounceRevoked(_ context.Context, ids []domain.SessionID, _ time.Duration) error {
	b.announced = append(b.announced, ids...)
	return nil
}

// IssueAccess implements ports.TokenIssuer.
func (b *browser) IssueAccess(c ports.AccessClaims) (string, error) {
	b.session = c.Session
	return "access token", nil
}

func newBrowser(t *testing.T, store signInStore, clock *portstest.ManualClock) *browser {
	t.Helper()
	b := &browser{t: t, clock: clock, leaving: map[byte]string{}, answers: map[byte]string{}}
	mint := users.NewTokenMint(b, tokens.NewRefreshTokens(), users.Lifetimes{Access: 15 * time.Minute, Refresh: 7 * 24 * time.Hour})
	b.refresh = users.NewRefresh(store, store, b, mint, clock.Now)
	name := "u" + strings.ReplaceAll(portstest.NewUUID(), "-", "")
	signedIn, err := users.NewRegister(store, &countingHasher{}, mint, portstest.NewUUID, clock.Now).
		Execute(t.Context(), users.RegisterInput{Email: name + "@example.org", Password: "correct horse", Username: name})
	require.NoError(t, err)
	b.cookie, b.stolen = signedIn.RefreshToken, signedIn.RefreshToken
	return b
}

func (b *browser) step(step string) {
	b.t.Helper()
	if wait, ok := strings.CutPrefix(step, "+"); ok {
		d, err := time.ParseDuration(wait)
		require.NoError(b.t, err)
		b.clock.Advance(d)
		return
	}
	tab, jar := step[0], &b.cookie
	if tab == 'T' {
		jar = &b.stolen
	}
	switch step[1] {
	case '-':
		b.leaving[tab] = *jar
	case '>':
		presented, left := b.leaving[tab]
		if !left {
			presented = *jar
		}
		delete(b.leaving, tab)
		answer, err := b.refresh.Execute(b.t.Context(), presented)
		if err != nil {
			require.True(b.t, errors.Is(err, domain.ErrRefreshInvalid) || errors.Is(err, domain.ErrRefreshReused), "%v", err)
			return
		}
		b.answers[tab] = answer.RefreshToken
	case '<':
		if answer, ok := b.answers[tab]; ok {
			*jar = answer
		}
		delete(b.answers, tab)
	case '!':
		delete(b.answers, tab)
	default:
		require.Fail(b.t, "no such step", step)
	}
}
