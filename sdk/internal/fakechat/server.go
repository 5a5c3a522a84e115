package fakechat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Server is the fake. Make it with New, serve it with any HTTP server, and steer it with its methods while clients are
// connected; all of it is safe for concurrent use.
type Server struct {
	mux *http.ServeMux

	mu            sync.Mutex
	serial        int
	users         map[string]*user // by id
	sessions      map[string]*session
	conversations map[string]*conversation
	sockets       map[*socket]struct{}
	polled        map[string]*socket // by session id
	fault         func(*http.Request) Fault
	accessTTL     time.Duration
	muted         bool // no message:new events
	deaf          int  // connections still to be ignored
	pageSize      int  // conversations in a list's page
	requests      map[string]int
	slowRoute     string // answers of this route travel for slowBy
	slowBy        time.Duration
}

type user struct{ id, email, password, name string }

type session struct {
	id      string
	user    *user
	agent   string
	refresh string // the one that works
	used    string // the one before, which may be exchanged again
	revoked bool
}

type conversation struct {
	id, kind, title string
	created         time.Time
	version         int64
	log             Log
	members         map[string]*member
	invites         map[string]string // invite id -> user id
	sent            map[string]Message
	bodies          map[string]string // by message id
}

type member struct {
	role         string
	joined, read int64
	since        time.Time
}

// Fault is what goes wrong with one request.
type Fault struct {
	Status     int  // answered instead of doing anything; 0: none
	RetryAfter int  // seconds, with Status
	Drop       bool // the connection is cut before the request has an effect
	LoseAnswer bool // the connection is cut after it has
}

// New returns a server without users.
func New() *Server {
	s := &Server{
		mux:   http.NewServeMux(),
		users: make(map[string]*user), sessions: make(map[string]*session), conversations: make(map[string]*conversation),
		sockets: make(map[*socket]struct{}), polled: make(map[string]*socket), requests: make(map[string]int),
		fault: func(*http.Request) Fault { return Fault{} }, accessTTL: 15 * time.Minute, pageSize: 2,
	}
	s.authRoutes()
	s.chatRoutes()
	s.messageRoutes()
	s.mux.HandleFunc("/ws/socket.io/", s.serveSocket)
	return s
}

// ServeHTTP answers a request, unless a fault is set for it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests[r.Method+" "+r.URL.Path]++
	fault := s.fault
	s.mu.Unlock()
	switch f := fault(r); {
	case f.Drop:
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(f.RetryAfter))
		}
		problem(w, f.Status, "unavailable")
	case f.LoseAnswer:
		s.mux.ServeHTTP(discard{}, r)
		panic(http.ErrAbortHandler)
	default:
		s.mux.ServeHTTP(w, r)
		s.travel(r)
	}
}

// travel has the answer to r, which is made, arrive later if that was asked for.
func (s *Server) travel(r *http.Request) {
	s.mu.Lock()
	slow, by := r.Method+" "+r.URL.Path == s.slowRoute, s.slowBy
	s.mu.Unlock()
	if slow {
		<-time.After(by)
	}
}

// SlowAnswers has the answers to requests of "METHOD /path" travel for d.
func (s *Server) SlowAnswers(route string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slowRoute, s.slowBy = route, d
}

// discard is the answer that is lost.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// SetFault has f decide what goes wrong with each request; nil: nothing.
func (s *Server) SetFault(f func(*http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f == nil {
		f = func(*http.Request) Fault { return Fault{} }
	}
	s.fault = f
}

// Requests returns how many requests there were for "METHOD /path".
func (s *Server) Requests(route string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[route]
}

// newID returns an id nobody has; the lock is held.
func (s *Server) newID(kind string) string {
	s.serial++
	return fmt.Sprintf("%s-%06d", kind, s.serial)
}

func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": code, "detail": "It is " + code + ".",
		"errors": []map[string]string{{"field": "field", "code": "rule", "detail": "The rule."}},
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_ = json.NewEncoder(w).Encode(body)
	}
}

// read decodes a request's JSON.
func read(r *http.Request) map[string]any {
	in := map[string]any{}
	_ = json.NewDecoder(r.Body).Decode(&in)
	return in
}

func text(in map[string]any, field string) string {
	v, _ := in[field].(string)
	return v
}
