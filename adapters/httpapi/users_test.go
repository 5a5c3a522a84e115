package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRegisteringSignsIn(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	require.Equal(t, object{
		"user_id": ann.id, "email": "ann@example.com", "username": "ann", "created_at": "2026-01-07T12:34:56Z",
	}, into[object](t, ann.get("/api/users/me"), http.StatusOK))
}

func TestAnAccountIsRegisteredOnce(t *testing.T) {
	w := newWorld(t)
	w.register("ann")
	for name, tc := range map[string]struct{ email, username, code string }{
		"the e-mail in other letters":   {"Ann@Example.com", "other", "email_taken"},
		"the username in other letters": {"other@example.com", "ANN", "username_taken"},
	} {
		t.Run(name, func(t *testing.T) {
			body := object{"email": tc.email, "password": password, "username": tc.username}
			w.send("POST", "/api/users/auth/register", "", body).requireProblem(t, http.StatusConflict, tc.code)
		})
	}
}

func TestWhoIsUnknownAndWhoIsWrongGetTheSameAnswer(t *testing.T) {
	w := newWorld(t)
	w.register("ann")
	wrong := w.send("POST", "/api/users/auth/login", "", object{"email": "ann@example.com", "password": "wrong horse"})
	unknown := w.send("POST", "/api/users/auth/login", "", object{"email": "bob@example.com", "password": password})
	wrong.requireProblem(t, http.StatusUnauthorized, "invalid_credentials")
	require.Equal(t, wrong.body, unknown.body)
}

func TestSigningInIgnoresTheCaseOfTheEmail(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	a := w.send("POST", "/api/users/auth/login", "", object{"email": "ANN@example.com", "password": password})
	require.Equal(t, ann.id, w.signedIn(a, http.StatusOK).id)
}

func TestAnAccessTokenExpires(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	w.clock.advance(accessLife)
	ann.get("/api/users/me").requireProblem(t, http.StatusUnauthorized, "token_expired")
}

func TestTheUsernameCanBeChanged(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	w.register("bob")
	me := into[object](t, ann.patch("/api/users/me", object{"username": " Ännchen "}), http.StatusOK)
	require.Equal(t, "Ännchen", me["username"])
	ann.patch("/api/users/me", object{"username": "Bob"}).requireProblem(t, http.StatusConflict, "username_taken")
	require.Equal(t, me, into[object](t, ann.get("/api/users/me"), http.StatusOK))
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	w := newWorld(t)
	other := w.register("ann")
	ann := w.login("ann")
	const path = "/api/users/me/password"
	ann.post(path, object{"old_password": "wrong horse", "new_password": "battery staple"}).
		requireProblem(t, http.StatusUnauthorized, "invalid_credentials")
	require.Equal(t, http.StatusNoContent, ann.post(path, object{"old_password": password, "new_password": "battery staple"}).status)

	refresh(w, other.refresh).requireProblem(t, http.StatusUnauthorized, "refresh_invalid")
	require.Equal(t, http.StatusOK, refresh(w, ann.refresh).status)
	w.send("POST", "/api/users/auth/login", "", object{"email": "ann@example.com", "password": password}).
		requireProblem(t, http.StatusUnauthorized, "invalid_credentials")
}

func TestSessionsSayWhereOneIsSignedIn(t *testing.T) {
	w := newWorld(t)
	w.register("ann")
	w.clock.advance(time.Minute)
	ann := w.login("ann", func(r *http.Request) { r.Header.Set("User-Agent", "Phone\u0301\t1\xff") })

	sessions := into[[]object](t, ann.get("/api/users/me/sessions"), http.StatusOK)
	require.Len(t, sessions, 2)
	require.Equal(t, true, sessions[0]["current"], "the latest active comes first")
	require.Equal(t, "Phone\u03011", sessions[0]["user_agent"])
	require.Equal(t, "2026-01-07T12:35:56Z", sessions[0]["created_at"])
	require.Equal(t, false, sessions[1]["current"])
}

func TestASessionCanBeEnded(t *testing.T) {
	w := newWorld(t)
	lost, bob := w.register("ann"), w.register("bob")
	w.clock.advance(time.Minute)
	ann := w.login("ann")
	sessions := into[[]object](t, ann.get("/api/users/me/sessions"), http.StatusOK)
	path := "/api/users/me/sessions/" + sessions[1].text("session_id")

	bob.delete(path).requireProblem(t, http.StatusNotFound, "session_not_found")
	require.Equal(t, http.StatusNoContent, ann.delete(path).status)
	refresh(w, lost.refresh).requireProblem(t, http.StatusUnauthorized, "refresh_invalid")
	ann.delete(path).requireProblem(t, http.StatusNotFound, "session_not_found")
	ann.delete("/api/users/me/sessions/nonsense").requireProblem(t, http.StatusNotFound, "session_not_found")
	require.Len(t, into[[]object](t, ann.get("/api/users/me/sessions"), http.StatusOK), 1)
}

func TestSigningOutEverywhereEndsEverySession(t *testing.T) {
	w := newWorld(t)
	first := w.register("ann")
	second := w.login("ann")
	a := second.post("/api/users/auth/logout-all", nil)
	require.Equal(t, http.StatusNoContent, a.status)
	require.Contains(t, a.header.Get("Set-Cookie"), "Max-Age=0")
	for _, s := range []account{first, second} {
		refresh(w, s.refresh).requireProblem(t, http.StatusUnauthorized, "refresh_invalid")
	}
}

func TestPeopleAreFoundByNameOrEmail(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	w.register("bob")
	anton := w.register("Anton")
	cases := map[string]struct {
		q    string
		want []object
	}{
		"the beginning of a name": {"AN", []object{{"user_id": ann.id, "username": "ann"}, {"user_id": anton.id, "username": "Anton"}}},
		"a whole e-mail":          {"anton%40example.com", []object{{"user_id": anton.id, "username": "Anton"}}},
		"part of an e-mail":       {"anton%40example", []object{}},
		"nobody":                  {"zoe", []object{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			found := into[[]object](t, ann.get("/api/users/search?q="+tc.q), http.StatusOK)
			require.NotNil(t, found, "an empty list is [], not null")
			require.Equal(t, tc.want, found)
		})
	}
}

func TestNamesAreShownOfPeopleOneKnows(t *testing.T) {
	w := newWorld(t)
	ann, bob, eve := w.register("ann"), w.register("bob"), w.register("eve")
	ann.dm(bob)
	ids := strings.Join([]string{bob.id, eve.id, newUUID()}, ",")
	require.Equal(t, []object{{"user_id": bob.id, "username": "bob"}}, into[[]object](t, ann.get("/api/users?ids="+ids), http.StatusOK))
}
