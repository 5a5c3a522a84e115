package fakechat

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// AddUser creates an account; its e-mail is name@example.com and its password "password". It returns the user's id.
func (s *Server) AddUser(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &user{id: s.newID("user"), email: name + "@example.com", password: "password", name: name}
	s.users[u.id] = u
	return u.id
}

// SetAccessTTL sets how long access tokens issued from now on live; whole seconds.
func (s *Server) SetAccessTTL(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessTTL = d
}

// RevokeSessions ends every session of a user and closes their sockets for good.
func (s *Server) RevokeSessions(userID string) {
	s.mu.Lock()
	for _, sess := range s.sessions {
		if sess.user.id == userID {
			sess.revoked = true
		}
	}
	var refused []*socket
	for k := range s.sockets {
		if k.userID == userID {
			refused = append(refused, k)
		}
	}
	s.mu.Unlock()
	for _, k := range refused {
		k.refuse("session_revoked")
	}
}

func (s *Server) authRoutes() {
	s.mux.HandleFunc("POST /api/users/auth/register", s.register)
	s.mux.HandleFunc("POST /api/users/auth/login", s.login)
	s.mux.HandleFunc("POST /api/users/auth/refresh", s.refresh)
	s.mux.HandleFunc("POST /api/users/auth/logout", s.logout)
	s.mux.HandleFunc("POST /api/users/auth/logout-all", s.as(func(w http.ResponseWriter, _ *http.Request, sess *session) {
		s.endOthers(sess.user, nil)
		answer(w, http.StatusNoContent, nil)
	}))
	s.mux.HandleFunc("GET /api/users/me", s.as(func(w http.ResponseWriter, _ *http.Request, sess *session) {
		answer(w, http.StatusOK, account(sess.user))
	}))
	s.mux.HandleFunc("PATCH /api/users/me", s.as(func(w http.ResponseWriter, r *http.Request, sess *session) {
		sess.user.name = text(read(r), "username")
		answer(w, http.StatusOK, account(sess.user))
	}))
	s.mux.HandleFunc("POST /api/users/me/password", s.as(s.changePassword))
	s.mux.HandleFunc("GET /api/users/me/sessions", s.as(s.listSessions))
	s.mux.HandleFunc("DELETE /api/users/me/sessions/{id}", s.as(s.revokeSession))
	s.mux.HandleFunc("GET /api/users", s.as(s.lookup))
	s.mux.HandleFunc("GET /api/users/search", s.as(s.search))
}

// as runs h, with the lock held, if the access token is good.
func (s *Server) as(h func(http.ResponseWriter, *http.Request, *session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		sess, _, code := s.verify(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if code != "" {
			problem(w, http.StatusUnauthorized, code)
			return
		}
		h(w, r, sess)
	}
}

// verify returns whose token it is and until when; REST accepts those of a revoked session until they expire.
func (s *Server) verify(token string) (*session, time.Time, string) {
	parts := strings.Split(token, ".")
	var claims struct {
		SID string `json:"sid"`
		Exp int64  `json:"exp"`
	}
	if len(parts) == 3 {
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(payload, &claims)
	}
	sess, expires := s.sessions[claims.SID], time.Unix(claims.Exp, 0)
	switch {
	case sess == nil:
		return nil, expires, "token_invalid"
	case !time.Now().Before(expires):
		return nil, expires, "token_expired"
	}
	return sess, expires, ""
}

// signIn answers with new tokens of the session; the lock is held.
func (s *Server) signIn(w http.ResponseWriter, status int, sess *session) {
	sess.used, sess.refresh = sess.refresh, s.newID("refresh")
	s.serial++
	now := time.Now()
	claims := fmt.Sprintf(`{"sub":%q,"sid":%q,"iat":%d,"exp":%d,"jti":"%d"}`, sess.user.id, sess.id, now.Unix(), now.Add(s.accessTTL).Unix(), s.serial)
	answer(w, status, map[string]any{
		"access_token":  "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln",
		"refresh_token": sess.refresh, "user": account(sess.user),
	})
}

func (s *Server) newSession(u *user, r *http.Request) *session {
	sess := &session{id: s.newID("session"), user: u, agent: r.UserAgent()}
	s.sessions[sess.id] = sess
	return sess
}

func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	in := read(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.email == text(in, "email") {
			problem(w, http.StatusConflict, "email_taken")
			return
		}
	}
	u := &user{id: s.newID("user"), email: text(in, "email"), password: text(in, "password"), name: text(in, "username")}
	s.users[u.id] = u
	s.signIn(w, http.StatusCreated, s.newSession(u, r))
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	in := read(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.email == text(in, "email") && u.password == text(in, "password") {
			s.signIn(w, http.StatusOK, s.newSession(u, r))
			return
		}
	}
	problem(w, http.StatusUnauthorized, "invalid_credentials")
}

func (s *Server) refresh(w http.ResponseWriter, r *http.Request) {
	token := text(read(r), "refresh_token")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sess := range s.sessions {
		if !sess.revoked && token != "" && (token == sess.refresh || token == sess.used) {
			s.signIn(w, http.StatusOK, sess)
			return
		}
	}
	problem(w, http.StatusUnauthorized, "refresh_invalid")
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	token := text(read(r), "refresh_token")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sess := range s.sessions {
		if sess.refresh == token {
			sess.revoked = true
		}
	}
	answer(w, http.StatusNoContent, nil)
}

// endOthers revokes the user's sessions but one; the lock is held.
func (s *Server) endOthers(u *user, but *session) {
	for _, sess := range s.sessions {
		if sess.user == u && sess != but {
			sess.revoked = true
		}
	}
}

func (s *Server) changePassword(w http.ResponseWriter, r *http.Request, sess *session) {
	in := read(r)
	if text(in, "old_password") != sess.user.password {
		problem(w, http.StatusUnauthorized, "invalid_credentials")
		return
	}
	sess.user.password = text(in, "new_password")
	s.endOthers(sess.user, sess)
	answer(w, http.StatusNoContent, nil)
}

func (s *Server) listSessions(w http.ResponseWriter, _ *http.Request, sess *session) {
	out := []map[string]any{}
	for _, other := range s.sessions {
		if other.user == sess.user && !other.revoked {
			out = append(out, map[string]any{
				"session_id": other.id, "user_agent": other.agent, "created_at": time.Now().UTC(),
				"last_active_at": time.Now().UTC(), "current": other == sess,
			})
		}
	}
	answer(w, http.StatusOK, out)
}

func (s *Server) revokeSession(w http.ResponseWriter, r *http.Request, sess *session) {
	other := s.sessions[r.PathValue("id")]
	if other == nil || other.revoked || other.user != sess.user {
		problem(w, http.StatusNotFound, "session_not_found")
		return
	}
	other.revoked = true
	answer(w, http.StatusNoContent, nil)
}

func (s *Server) lookup(w http.ResponseWriter, r *http.Request, _ *session) {
	ids := strings.Split(r.URL.Query().Get("ids"), ",")
	if len(ids) > 100 {
		problem(w, http.StatusUnprocessableEntity, "validation_failed")
		return
	}
	s.answerNames(w, func(u *user) bool { return slices.Contains(ids, u.id) })
}

func (s *Server) search(w http.ResponseWriter, r *http.Request, _ *session) {
	q := r.URL.Query().Get("q")
	s.answerNames(w, func(u *user) bool { return u.email == q || strings.HasPrefix(u.name, q) })
}

func (s *Server) answerNames(w http.ResponseWriter, match func(*user) bool) {
	out := []map[string]string{}
	for _, u := range s.users {
		if match(u) {
			out = append(out, nameOf(u))
		}
	}
	answer(w, http.StatusOK, out)
}

func nameOf(u *user) map[string]string { return map[string]string{"user_id": u.id, "username": u.name} }

func account(u *user) map[string]any {
	return map[string]any{"user_id": u.id, "username": u.name, "email": u.email, "created_at": "2026-01-07T12:34:56.789Z"}
}
