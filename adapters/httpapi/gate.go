package httpapi

import (
	"context"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"chatsystem/domain"
)

// Beyond what a service can do, some requests are refused at once, so that the others are answered soon: without a bound
// all of them would wait, and be given up by their clients after the work was done.
const (
	// gateWait is how long a request may wait for its turn; it adds to the time of requests that are answered.
	gateWait = 500 * time.Millisecond
	// Requests at a time that are worked on, and that wait. The groups have gates of their own: what takes long of one
	// kind must not keep the others out.
	gatePlaces, gateQueue = 128, 384 // of clients, and as many of services
	signInPlaces          = 32       // hashing passwords takes a core for a quarter of a second
	signInQueue           = 32
)

var errOverloaded = &domain.Fault{
	Kind: domain.KindUnavailable, Code: "overloaded", Detail: "The server has more to do than it can; try again.", RetryAfter: time.Second,
}

// gates are the bounds of one server's requests.
type gates struct {
	signIn, clients, services *gate
	decoding                  *gate // reading what bodies say takes the processor
	shed                      *prometheus.CounterVec
}

func newGates() gates {
	shed := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "http_requests_shed_total", Help: "Requests refused because too many others were under way, by kind.",
	}, []string{"kind"})
	return gates{
		signIn:   newGate(signInPlaces, signInQueue, shed.WithLabelValues("sign-in")),
		clients:  newGate(gatePlaces, gateQueue, shed.WithLabelValues("client")),
		services: newGate(gatePlaces, gateQueue, shed.WithLabelValues("service")),
		decoding: newGate(max(2, runtime.GOMAXPROCS(0)), gateQueue, shed.WithLabelValues("decode")),
		shed:     shed,
	}
}

// of returns the gate of an operation.
func (g gates) of(op *operation) *gate {
	switch op.id {
	case "registerUser", "login", "changePassword":
		return g.signIn
	}
	return g.clients
}

// gate lets a number of requests through at a time; more wait in line for a while.
type gate struct {
	places chan struct{}
	queue  int64
	shed   prometheus.Counter

	waiting atomic.Int64
	looking atomic.Int64 // requests on their way to the line: their tokens are checked, which takes time as well
}

func newGate(places, queue int, shed prometheus.Counter) *gate {
	return &gate{places: make(chan struct{}, places), queue: int64(queue), shed: shed}
}

// look counts a request that is on its way, until looked; false if there would be no room for it.
func (g *gate) look() bool {
	if g.looking.Add(1)+g.waiting.Load()+int64(len(g.places)) > g.queue+int64(cap(g.places)) {
		g.looking.Add(-1)
		return false
	}
	return true
}

// enter takes a place, which leave gives back; false if none came free in time.
func (g *gate) enter(ctx context.Context) bool {
	select {
	case g.places <- struct{}{}:
		return true
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.queue {
		return false
	}
	late := time.NewTimer(gateWait)
	defer late.Stop()
	select {
	case g.places <- struct{}{}:
		return true
	case <-late.C:
	case <-ctx.Done():
	}
	return false
}

func (g *gate) leave() { <-g.places }

// shedEarly refuses a request that would find no room, before anything is done for it: who is refused must cost little.
func (s *site) shedEarly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g := s.gates.of(s.operationOf(r))
		if !g.look() {
			s.refuseOverload(w, r, g)
			return
		}
		x := exchangeOf(r.Context())
		x.lookedAt = g
		defer x.looked()
		next.ServeHTTP(w, r)
	})
}

// looked ends that a request counts as on its way to its gate.
func (x *exchange) looked() {
	if x.lookedAt != nil {
		x.lookedAt.looking.Add(-1)
		x.lookedAt = nil
	}
}

// admit lets a request pass its gate. It comes after the body was read: a client that sends slowly holds no place.
func (s *site) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).looked()
		s.through(s.gates.of(s.operationOf(r)), w, r, next)
	})
}

// admitService lets a call of another service pass.
func (s *site) admitService(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.through(s.gates.services, w, r, next) })
}

func (s *site) through(g *gate, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !g.enter(r.Context()) {
		s.refuseOverload(w, r, g)
		return
	}
	defer g.leave()
	next.ServeHTTP(w, r)
}

// refuseOverload logs nothing but the access: there are many of these at a time.
func (s *site) refuseOverload(w http.ResponseWriter, r *http.Request, g *gate) {
	g.shed.Inc()
	s.answer(w, r, http.StatusServiceUnavailable, errOverloaded)
}
