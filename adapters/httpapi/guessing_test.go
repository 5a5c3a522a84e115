package httpapi

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// door is a sign-in where "right" is the password of every account.
type door struct{ testSite }

func newDoor(t *testing.T, limits Limits) door {
	t.Helper()
	cfg := Config{Limits: limits, DeviceKey: []byte("key")}
	answer := func(w http.ResponseWriter, r *http.Request) {
		if body := r.Body.(decodedBody); body.members["password"] != "right" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Set-Cookie", "refresh_token=x")
		w.WriteHeader(http.StatusOK)
	}
	return door{newTestSite(t, cfg,
		operationRoute(http.MethodPost, "/api/users/auth/login", answer), operationRoute(http.MethodPost, "/api/users/auth/register", answer))}
}

func (d door) try(from, email, password string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := request(http.MethodPost, "/api/users/auth/login", `{"email":"`+email+`","password":"`+password+`"}`)
	r.RemoteAddr = from + ":1000"
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return d.do(r)
}

func (d door) code(from, email, password string, cookies ...*http.Cookie) int {
	return d.try(from, email, password, cookies...).Code
}

func deviceCookie(t *testing.T, w *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	for _, c := range w.Result().Cookies() {
		if c.Name == deviceCookieName {
			return c
		}
	}
	require.Fail(t, "no device cookie")
	return nil
}

const ann = "ann@example.org"

func TestGuessingIsCountedByAccountAndAddress(t *testing.T) {
	d := newDoor(t, Limits{"guess": {2, time.Minute}})
	require.Equal(t, http.StatusUnauthorized, d.code("192.0.2.1", ann, "a"))
	require.Equal(t, http.StatusUnauthorized, d.code("192.0.2.1", "ANN@example.org", "b"))
	require.Equal(t, http.StatusTooManyRequests, d.code("192.0.2.1", " ann@example.org", "right"), "the guesser does not get in any more")
	require.Equal(t, http.StatusOK, d.code("192.0.2.2", ann, "right"), "the owner does")
	require.Equal(t, http.StatusUnauthorized, d.code("192.0.2.1", "ben@example.org", "a"))
}

func TestRightPasswordsAreNotCounted(t *testing.T) {
	d := newDoor(t, Limits{"guess": {2, time.Minute}, "account": {2, time.Minute}})
	for range 20 {
		require.Equal(t, http.StatusOK, d.code("192.0.2.1", ann, "right"))
	}
}

func TestAnAccountHasOnlySoManyGuessesFromWherever(t *testing.T) {
	d := newDoor(t, Limits{"account": {2, time.Minute}})
	for _, from := range []string{"192.0.2.1", "192.0.2.2"} {
		require.Equal(t, http.StatusUnauthorized, d.code(from, ann, "a"))
	}
	require.Equal(t, http.StatusTooManyRequests, d.code("192.0.2.3", ann, "a"))
}

func TestWhoIsNotLetTryHasNotTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, Limits{"guess": {3, time.Hour}, "account": {2, time.Second}})
		for range 2 {
			require.Equal(t, http.StatusUnauthorized, d.code("192.0.2.1", ann, "a"))
		}
		for range 10 {
			require.Equal(t, http.StatusTooManyRequests, d.code("192.0.2.2", ann, "right"))
		}
		<-time.After(2 * time.Second)
		require.Equal(t, http.StatusOK, d.code("192.0.2.2", ann, "right"))
	})
}

func TestADeviceThatSignedInBeforeHasItsOwnAllowance(t *testing.T) {
	d := newDoor(t, Limits{"guess": {2, time.Minute}, "account": {2, time.Minute}})
	answer := d.try("192.0.2.1", ann, "right")
	device := deviceCookie(t, answer)
	require.True(t, device.HttpOnly)
	require.Equal(t, "/api/users/auth", device.Path)
	require.Equal(t, http.SameSiteStrictMode, device.SameSite)
	require.Len(t, answer.Result().Cookies(), 2, "beside the session's")
	for range 2 {
		require.Equal(t, http.StatusUnauthorized, d.code("192.0.2.1", ann, "a"), "a neighbour behind the same address guesses")
	}
	require.Equal(t, http.StatusTooManyRequests, d.code("192.0.2.1", ann, "right"))
	require.Equal(t, http.StatusUnauthorized, d.code("192.0.2.1", ann, "tpyo", device))
	known := d.try("192.0.2.1", ann, "right", device)
	require.Equal(t, http.StatusOK, known.Code, "the owner's browser is not kept out")
	require.Len(t, known.Result().Cookies(), 1, "it keeps its name")

	require.Equal(t, http.StatusUnauthorized, d.code("192.0.2.9", ann, "b", device))
	require.Equal(t, http.StatusTooManyRequests, d.code("192.0.2.9", ann, "c", device), "a device that was taken away gets no more than its own")
}

func TestADeviceCookieIsOfOneAccountAndOfThisServer(t *testing.T) {
	d := newDoor(t, Limits{"guess": {1, time.Minute}})
	device := deviceCookie(t, d.try("192.0.2.1", ann, "right"))
	require.Equal(t, http.StatusUnauthorized, d.code("192.0.2.1", ann, "a"))
	forged := *device
	forged.Value = base64.RawURLEncoding.EncodeToString(make([]byte, deviceNameBytes+32))
	for name, c := range map[string]*http.Cookie{"forged": &forged, "cut": {Name: deviceCookieName, Value: "AAAA"}, "noise": {Name: deviceCookieName, Value: "%"}} {
		require.Equal(t, http.StatusTooManyRequests, d.code("192.0.2.1", ann, "right", c), name)
	}
	require.Equal(t, http.StatusUnauthorized, d.code("192.0.2.1", "ben@example.org", "a", device))
	require.Equal(t, http.StatusTooManyRequests, d.code("192.0.2.1", "ben@example.org", "right", device))
}

func TestAnAccountThatIsNewRemembersItsDevice(t *testing.T) {
	d := newDoor(t, Limits{})
	w := d.do(request(http.MethodPost, "/api/users/auth/register", `{"email":"ann@example.org","password":"right","username":"ann"}`))
	device := deviceCookie(t, w)
	r := request(http.MethodPost, "/api/users/auth/login", "")
	r.AddCookie(device)
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, &exchange{}))
	_, known := devices{[]byte("key")}.of(r, domain.EmailKey(ann))
	require.True(t, known)
	_, known = devices{[]byte("other")}.of(r, domain.EmailKey(ann))
	require.False(t, known)
}

func TestARefusedSignInRemembersNoDevice(t *testing.T) {
	require.Empty(t, newDoor(t, Limits{}).try("192.0.2.1", ann, "a").Result().Cookies())
}

// TestManyGuessesAtOnceAreCounted before any of them is known to be wrong.
func TestManyGuessesAtOnceAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		s := newTestSite(t, Config{Limits: Limits{"guess": {3, time.Minute}}},
			operationRoute(http.MethodPost, "/api/users/auth/login", func(w http.ResponseWriter, _ *http.Request) {
				<-free
				w.WriteHeader(http.StatusUnauthorized)
			}))
		codes := make([]int, 10)
		var guessing sync.WaitGroup
		for i := range codes {
			guessing.Go(func() { codes[i] = s.do(login("192.0.2.1:1")).Code })
		}
		synctest.Wait()
		close(free)
		guessing.Wait()
		tried := 0
		for _, code := range codes {
			if code == http.StatusUnauthorized {
				tried++
			}
		}
		require.Equal(t, 3, tried)
	})
}
