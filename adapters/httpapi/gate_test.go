package httpapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func me() *http.Request {
	r := request(http.MethodGet, "/api/users/me", "")
	r.Header.Set("Authorization", "Bearer user:ada")
	return r
}

// stuck is a handler that answers once release is called.
type stuck struct {
	free chan struct{}
	done sync.WaitGroup
}

func newStuck() *stuck { return &stuck{free: make(chan struct{})} }

func (s *stuck) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	<-s.free
	w.WriteHeader(http.StatusNoContent)
}

// ask makes n requests at once and returns where their answers will be, once all wait for something.
func (s *stuck) ask(site testSite, n int, newRequest func() *http.Request) []*httptest.ResponseRecorder {
	answers := make([]*httptest.ResponseRecorder, n)
	for i := range answers {
		s.done.Go(func() { answers[i] = site.do(newRequest()) })
	}
	synctest.Wait()
	return answers
}

func (s *stuck) release() {
	close(s.free)
	s.done.Wait()
}

func TestMoreThanTheLineHoldsIsRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newStuck()
		s := newTestSite(t, Config{}, operationRoute(http.MethodGet, "/api/users/me", h.ServeHTTP))
		inside := h.ask(s, gatePlaces, me)
		h.ask(s, gateQueue, me)
		began := time.Now()
		w := s.do(request(http.MethodGet, "/api/users/me", "")) // has no token: nothing is looked at
		requireProblem(t, w, http.StatusServiceUnavailable, "overloaded")
		assert.Equal(t, "1", w.Header().Get("Retry-After"))
		assert.Zero(t, time.Since(began))
		h.release()
		for _, a := range inside {
			require.Equal(t, http.StatusNoContent, a.Code)
		}
		require.Equal(t, http.StatusNoContent, s.do(me()).Code, "there is room again")
	})
}

func TestWhoWaitsTooLongIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newStuck()
		s := newTestSite(t, Config{}, operationRoute(http.MethodGet, "/api/users/me", h.ServeHTTP))
		h.ask(s, gatePlaces, me)
		began := time.Now()
		requireProblem(t, s.do(me()), http.StatusServiceUnavailable, "overloaded")
		assert.Equal(t, gateWait, time.Since(began))
		h.release()
	})
}

func TestWhoWaitsGetsThePlaceThatComesFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newStuck()
		s := newTestSite(t, Config{}, operationRoute(http.MethodGet, "/api/users/me", h.ServeHTTP))
		h.ask(s, gatePlaces, me)
		late := h.ask(s, 10, me)
		h.release()
		for _, a := range late {
			require.Equal(t, http.StatusNoContent, a.Code)
		}
	})
}

func TestSignInsAndServicesHaveGatesOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newStuck()
		s := newTestSite(t, Config{},
			operationRoute(http.MethodPost, "/api/users/auth/login", h.ServeHTTP),
			operationRoute(http.MethodGet, "/api/users/me", noContent),
			func(m *mount) { m.internalRouter([]string{"secret"}).Post("/internal/test", h.ServeHTTP) },
		)
		signIn := func() *http.Request { return login("192.0.2.1:1000") }
		service := func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/internal/test", strings.NewReader("{}"))
			r.Header.Set("X-Service-Credential", "secret")
			return r
		}
		h.ask(s, signInPlaces, signIn)
		h.ask(s, gatePlaces, service)
		requireProblem(t, s.do(signIn()), http.StatusServiceUnavailable, "overloaded")
		requireProblem(t, s.do(service()), http.StatusServiceUnavailable, "overloaded")
		require.Equal(t, http.StatusNoContent, s.do(me()).Code)
		h.release()
	})
}

func TestRequestsOnTheirWayToTheLineCount(t *testing.T) {
	g := newGates().clients
	for range gatePlaces + gateQueue - 1 {
		require.True(t, g.look())
	}
	require.True(t, g.enter(t.Context()))
	require.False(t, g.look(), "all of the others may come to the line")
	g.leave()
	require.True(t, g.look())
}

func TestWhoSendsSlowlyIsInNobodysWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newStuck()
		s := newTestSite(t, Config{}, operationRoute(http.MethodPatch, "/api/users/me", noContent))
		rename := func(body io.Reader) *http.Request {
			r := httptest.NewRequest(http.MethodPatch, "/api/users/me", body)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer user:ada")
			return r
		}
		h.ask(s, 2*(gatePlaces+gateQueue), func() *http.Request { return rename(slowBody{h.free}) })
		require.Equal(t, http.StatusNoContent, s.do(rename(strings.NewReader(`{"username":"ada"}`))).Code)
		h.release()
	})
}

// slowBody is a body that does not come.
type slowBody struct{ free chan struct{} }

func (b slowBody) Read([]byte) (int, error) {
	<-b.free
	return 0, io.ErrUnexpectedEOF
}
