package tokens

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func TestKeySet(t *testing.T) {
	portstest.RunTokens(t, func(t testing.TB, clock ports.Clock) (ports.TokenIssuer, ports.TokenVerifier) {
		a := newAuthority(t, clock)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(a.JWKS()) }))
		t.Cleanup(server.Close)
		s, err := NewKeySet(KeySetConfig{URL: server.URL, Issuer: "chat", Audience: "chat-clients"}, clock, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		s.pause = time.Millisecond // the suite shows many tokens of unknown keys
		run(t, s)
		return a, s
	})
}

func TestANewKeyIsAcceptedWithinAMoment(t *testing.T) {
	inBubble(t, func(t *testing.T, s keySetTest) {
		before, after := newAuthority(t, time.Now), newAuthority(t, time.Now)
		s.publisher.publish(before)
		run(t, s.KeySet)
		require.NoError(t, s.verify(tokenOf(t, before)))

		s.publisher.publish(after)
		asked := time.Now()
		require.NoError(t, s.verify(tokenOf(t, after)))
		require.LessOrEqual(t, time.Since(asked), fetchPause)
		require.ErrorIs(t, s.verify(tokenOf(t, before)), domain.ErrTokenInvalid, "the old one is withdrawn")
	})
}

func TestAWithdrawnKeyIsRefusedAfterTheNextRefresh(t *testing.T) {
	inBubble(t, func(t *testing.T, s keySetTest) {
		stays, goes := newAuthority(t, time.Now), newAuthority(t, time.Now)
		s.publisher.publish(stays, goes)
		run(t, s.KeySet)
		require.NoError(t, s.verify(tokenOf(t, goes)))
		s.publisher.publish(stays)
		require.NoError(t, s.verify(tokenOf(t, goes)), "not yet")
		pass(refreshEvery + fetchPause)
		require.ErrorIs(t, s.verify(tokenOf(t, goes)), domain.ErrTokenInvalid)
		require.NoError(t, s.verify(tokenOf(t, stays)))
	})
}

func TestUntilKeysAreThereNothingIsKnownOfATokenAndItIsAskedAgainAndAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, s keySetTest) {
		a := newAuthority(t, time.Now)
		require.ErrorIs(t, s.Ready(t.Context()), domain.ErrUnavailable)
		s.publisher.fall()
		run(t, s.KeySet)
		pass(time.Minute)
		require.ErrorIs(t, s.verify(tokenOf(t, a)), domain.ErrUnavailable)
		require.ErrorContains(t, s.Ready(t.Context()), "connection refused")
		require.ErrorIs(t, s.verify("no token"), domain.ErrTokenInvalid, "which needs no key")
		require.Equal(t, 1, strings.Count(s.log.String(), "level=WARN"), s.log)

		s.publisher.publish(a)
		pass(lastRetry + fetchPause)
		require.NoError(t, s.Ready(t.Context()))
		require.NoError(t, s.verify(tokenOf(t, a)))
	})
}

func TestTheFirstTokenWaitsForTheFirstKeys(t *testing.T) {
	inBubble(t, func(t *testing.T, s keySetTest) {
		a := newAuthority(t, time.Now)
		s.publisher.publish(a)
		verified := make(chan error, 1)
		token := tokenOf(t, a)
		go func() { verified <- s.verify(token) }()
		synctest.Wait()
		run(t, s.KeySet)
		require.NoError(t, <-verified)
	})
}

func TestKeysOutliveAnOutageOfTheirIssuer(t *testing.T) {
	inBubble(t, func(t *testing.T, s keySetTest) {
		known, unknown := newAuthority(t, time.Now), newAuthority(t, time.Now)
		s.publisher.publish(known)
		run(t, s.KeySet)
		pass(time.Minute)
		s.publisher.fall()
		pass(12 * time.Hour)
		require.NoError(t, s.verify(tokenOf(t, known)))
		require.NoError(t, s.Ready(t.Context()))
		require.ErrorIs(t, s.verify(tokenOf(t, unknown)), domain.ErrUnavailable, "it may be good")
		require.Equal(t, 1, strings.Count(s.log.String(), "level=WARN"), "one outage is one line: %s", s.log)

		s.publisher.publish(known)
		require.ErrorIs(t, s.verify(tokenOf(t, unknown)), domain.ErrTokenInvalid, "the issuer does not know it")
		synctest.Wait()
		require.Equal(t, 2, strings.Count(s.log.String(), "level=INFO"), "the first keys, and the end of the outage: %s", s.log)
	})
}

func TestAnIssuerThatHangsKeepsNobodyWaitingForLong(t *testing.T) {
	inBubble(t, func(t *testing.T, s keySetTest) {
		a := newAuthority(t, time.Now)
		run(t, s.KeySet) // the publisher never answers
		for range 5 {
			asked := time.Now()
			require.ErrorIs(t, s.verify(tokenOf(t, a)), domain.ErrUnavailable)
			require.LessOrEqual(t, time.Since(asked), fetchWait)
		}
	})
}

func TestManyTokensOfAnUnknownKeyTakeOneFetch(t *testing.T) {
	inBubble(t, func(t *testing.T, s keySetTest) {
		before, after := newAuthority(t, time.Now), newAuthority(t, time.Now)
		s.publisher.publish(before)
		run(t, s.KeySet)
		pass(time.Minute)
		s.publisher.publish(after)
		s.publisher.slow = 100 * time.Millisecond
		token, fetched := tokenOf(t, after), s.publisher.count()
		var asking sync.WaitGroup
		for range 4 { // three of the bursts while it is fetched
			for range 25 {
				asking.Go(func() { assert.NoError(t, s.verify(token)) })
			}
			pass(30 * time.Millisecond)
		}
		asking.Wait()
		pass(10 * fetchPause)
		require.Equal(t, fetched+1, s.publisher.count())
	})
}

func TestAFloodOfForgedKeyNamesTakesOneFetchASecond(t *testing.T) {
	inBubble(t, func(t *testing.T, s keySetTest) {
		known, forger := newAuthority(t, time.Now), newAuthority(t, time.Now)
		s.publisher.publish(known)
		run(t, s.KeySet)
		pass(time.Minute)
		fetched, token := s.publisher.count(), tokenOf(t, forger)
		var asking sync.WaitGroup
		for end := time.Now().Add(time.Minute); time.Now().Before(end); pass(100 * time.Millisecond) {
			asking.Go(func() { assert.ErrorIs(t, s.verify(token), domain.ErrTokenInvalid) })
			require.NoError(t, s.verify(tokenOf(t, known)), "good ones do not wait")
		}
		asking.Wait()
		require.LessOrEqual(t, s.publisher.count()-fetched, 61)
	})
}

// TestAKeyTheIssuerDoesNotKnowIsRememberedAWhile: its tokens are refused at once, and the key may still come.
func TestAKeyTheIssuerDoesNotKnowIsRememberedAWhile(t *testing.T) {
	inBubble(t, func(t *testing.T, s keySetTest) {
		known, other := newAuthority(t, time.Now), newAuthority(t, time.Now)
		s.publisher.publish(known)
		run(t, s.KeySet)
		pass(time.Minute)
		token := tokenOf(t, other)
		require.ErrorIs(t, s.verify(token), domain.ErrTokenInvalid)
		fetched := s.publisher.count()
		for range 100 {
			asked := time.Now()
			require.ErrorIs(t, s.verify(token), domain.ErrTokenInvalid)
			require.Zero(t, time.Since(asked))
		}
		require.Equal(t, fetched, s.publisher.count())
		s.publisher.publish(known, other)
		pass(absentFor)
		require.NoError(t, s.verify(token))
	})
}

// TestFewWaitForKeys: a flood of invented names leaves room, and so do many tokens of one name.
func TestFewWaitForKeys(t *testing.T) {
	inBubble(t, func(t *testing.T, s keySetTest) {
		run(t, s.KeySet) // the publisher never answers
		pass(time.Minute)
		outcomes := func(n int, token func(i int) string) (atOnce, later int) {
			var mu sync.Mutex
			var asking sync.WaitGroup
			for i := range n {
				asking.Go(func() {
					asked := time.Now()
					assert.ErrorIs(t, s.verify(token(i)), domain.ErrUnavailable)
					mu.Lock()
					defer mu.Unlock()
					if time.Since(asked) == 0 {
						atOnce++
					} else {
						later++
					}
				})
			}
			asking.Wait()
			return atOnce, later
		}
		forgers := make([]string, 40)
		for i := range forgers {
			forgers[i] = tokenOf(t, newAuthority(t, time.Now))
		}
		atOnce, later := outcomes(len(forgers), func(i int) string { return forgers[i] })
		require.Equal(t, maxAwaited, later)
		require.Equal(t, len(forgers)-maxAwaited, atOnce)
		atOnce, later = outcomes(2*maxWaiting, func(int) string { return forgers[0] })
		require.Equal(t, maxWaiting, later)
		require.Equal(t, maxWaiting, atOnce)
		require.Empty(t, s.awaited)
	})
}

func TestAnAnswerThatIsNoKeySetChangesNothing(t *testing.T) {
	const other = `{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"o","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	const rsa = `{"kty":"RSA","use":"sig","alg":"RS256","kid":"r","n":"AQAB","e":"AQAB"}`
	answers := map[string]struct {
		status int
		body   string
	}{
		"an error":            {http.StatusInternalServerError, `{"keys":[` + other + `]}`},
		"a redirect":          {http.StatusFound, `{"keys":[` + other + `]}`},
		"no answer":           {0, ``},
		"an empty answer":     {http.StatusOK, ``},
		"a page":              {http.StatusOK, `<html>sign in</html>`},
		"another object":      {http.StatusOK, `{"status":"ok"}`},
		"no keys":             {http.StatusOK, `{"keys":[]}`},
		"keys of other kinds": {http.StatusOK, `{"keys":[` + rsa + `,7,null,{"kid":[]}]}`},
		"a set without end":   {http.StatusOK, `{"keys":[` + other + strings.Repeat(" ", maxKeySet) + `]}`},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s keySetTest) {
				known, unknown := newAuthority(t, time.Now), newAuthority(t, time.Now)
				s.publisher.publish(known)
				run(t, s.KeySet)
				pass(time.Minute)
				s.publisher.serve(answer.status, []byte(answer.body))
				require.ErrorIs(t, s.verify(tokenOf(t, unknown)), domain.ErrUnavailable)
				require.NoError(t, s.verify(tokenOf(t, known)))
			})
		})
	}
}

func TestKeySetConfigNamesEveryFault(t *testing.T) {
	_, err := NewKeySet(KeySetConfig{}, time.Now, slog.New(slog.DiscardHandler))
	for _, fault := range []string{"issuer", "audience", "URL"} {
		require.ErrorContains(t, err, fault)
	}
	for _, url := range []string{"user-service/keys", "file:///keys", "http://", "http://a b/"} {
		require.Error(t, KeySetConfig{URL: url, Issuer: "chat", Audience: "chat"}.Validate(), url)
	}
	require.NoError(t, KeySetConfig{URL: "http://user-service:8080/.well-known/jwks.json", Issuer: "chat", Audience: "chat"}.Validate())
}

// TestASigningKeyIsChangedWhileTokensLive goes the way of docs/operations.md with two instances that are restarted one after
// the other: at no step is a token refused that has not expired.
func TestASigningKeyIsChangedWhileTokensLive(t *testing.T) {
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before.pem"), filepath.Join(dir, "after.pem")
	newIssuer := func(t *testing.T, file string, others ...string) *Authority {
		a, err := NewAuthority(Config{KeyFile: file, OtherKeyFiles: others, Issuer: "chat", Audience: "chat-clients"}, time.Now)
		require.NoError(t, err)
		return a
	}
	newIssuer(t, before)
	newIssuer(t, after)
	inBubble(t, func(t *testing.T, s keySetTest) {
		var issued []string
		// Each step is what one instance, then the other one, is restarted with; the keys may be fetched of either.
		steps := [][]string{{before}, {before, after}, {after, before}}
		instances := []*Authority{newIssuer(t, before), newIssuer(t, before)}
		s.publisher.publish(instances[0])
		run(t, s.KeySet)
		for _, files := range steps {
			for i := range instances {
				instances[i] = newIssuer(t, files[0], files[1:]...)
				for _, asked := range instances {
					s.publisher.publish(asked)
					pass(refreshEvery)
					for _, a := range instances {
						issued = append(issued, tokenOf(t, a))
					}
					for _, token := range issued {
						require.NoError(t, s.verify(token))
						for _, a := range instances {
							_, err := a.VerifyAccess(token)
							require.NoError(t, err)
						}
					}
				}
			}
		}
		old := issued[0]
		s.publisher.publish(newIssuer(t, after)) // its tokens have expired: it is retired
		pass(refreshEvery)
		require.ErrorIs(t, s.verify(old), domain.ErrTokenInvalid)
	})
}
