package httpapi

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"chatsystem/domain"
)

// How long a body may be. Every character of a text may be escaped as two surrogates, which takes 12 bytes; what stands
// around the texts needs some more.
const (
	maxBodyBytes         = 16 << 10                        // the longest is a group with its members: 8 KB
	maxMessageBytes      = 12*domain.MaxBodyChars + 16<<10 // a message of domain.MaxBodyChars
	maxServiceBytes      = 2 << 20                         // a call of another service
	firstBodyBytes       = 2 << 10                         // read at first; doubles while more comes
	bodyBytesUnderWay    = 64 << 20                        // of all requests together
	bodyBytesOfOneCaller = bodyBytesUnderWay >> 3          // a user, or without a token an address
)

// bodyLimit returns how many bytes an operation reads.
func (op *operation) bodyLimit() int {
	if op.id == "sendMessage" {
		return maxMessageBytes
	}
	return maxBodyBytes
}

// bodyBudget bounds the memory that bodies take while they are read and worked on, of all requests and of each caller.
// A body counts with what of it has come, so that one who sends slowly holds no more than that.
type bodyBudget struct {
	shed prometheus.Counter

	mu    sync.Mutex
	taken int
	of    map[string]int // by caller; who has nothing under way is not in it
}

func newBodyBudget(shed prometheus.Counter) *bodyBudget {
	return &bodyBudget{shed: shed, of: map[string]int{}}
}

// take reserves bytes; false if there would be too many.
func (b *bodyBudget) take(caller string, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken+n > bodyBytesUnderWay || b.of[caller]+n > bodyBytesOfOneCaller {
		b.shed.Inc()
		return false
	}
	b.taken += n
	b.of[caller] += n
	return true
}

// give returns bytes that were taken.
func (b *bodyBudget) give(caller string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken -= n
	if b.of[caller] -= n; b.of[caller] == 0 {
		delete(b.of, caller)
	}
}

// bodyAccount is what the body of one request has taken of a budget.
type bodyAccount struct {
	budget *bodyBudget
	caller string
	taken  int
}

func (a *bodyAccount) take(n int) bool {
	if !a.budget.take(a.caller, n) {
		return false
	}
	a.taken += n
	return true
}

func (a *bodyAccount) close() { a.budget.give(a.caller, a.taken) }

// callerKey names who answers for a request: its user, or without a token the client's address.
func callerKey(r *http.Request) string {
	if user := callerOf(r.Context()).User; user != "" {
		return string(user)
	}
	return clientAddress(r)
}

// readBody reads a JSON body of at most limit bytes. Before it takes memory it asks for it.
func readBody(w http.ResponseWriter, r *http.Request, limit int, take func(n int) bool) ([]byte, error) {
	switch {
	case r.ContentLength == 0:
		return nil, nil
	case !isPlainJSON(r.Header):
		return nil, errUnsupportedMedia
	case r.ContentLength > int64(limit):
		return nil, errBodyTooLarge
	}
	body := http.MaxBytesReader(w, r.Body, int64(limit))
	var data []byte
	for {
		if len(data) == cap(data) {
			grown := max(firstBodyBytes, 2*cap(data))
			if r.ContentLength > 0 {
				grown = min(grown, int(r.ContentLength)+1) // one more, so that the end is seen without room for more
			}
			if !take(grown - cap(data)) {
				return nil, errOverloaded
			}
			data = append(make([]byte, 0, grown), data...)
		}
		n, err := body.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			return nil, errBodyTooLarge
		case errors.Is(err, io.EOF):
			return data, nil
		case err != nil:
			return nil, malformedJSON("The body could not be read to its end.")
		}
	}
}

func isPlainJSON(h http.Header) bool {
	mediaType, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return false
	}
	charset, given := params["charset"]
	return (!given || strings.EqualFold(charset, "utf-8")) && h.Get("Content-Encoding") == ""
}

// strictBody reads and checks the JSON body of an operation and hands the decoded members on. The standard decoder lets
// duplicate names, invalid UTF-8, lone surrogates and names in another case through; none of them gets past here.
func (s *site) strictBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op := s.operationOf(r)
		if op.body == nil {
			next.ServeHTTP(w, r)
			return
		}
		exchangeOf(r.Context()).looked() // a client that sends slowly is in nobody's way
		memory := &bodyAccount{budget: s.bodies, caller: callerKey(r)}
		defer memory.close()
		data, err := readBody(w, r, op.bodyLimit(), memory.take)
		switch {
		case errors.Is(err, errOverloaded):
			s.answer(w, r, http.StatusServiceUnavailable, errOverloaded)
			return
		case err != nil:
			s.fail(w, r, err)
			return
		case len(data) == 0 && op.body.required:
			s.fail(w, r, errMissingBody)
			return
		case len(data) == 0:
			r.Body = http.NoBody
		default:
			if !s.gates.decoding.enter(r.Context()) {
				s.refuseOverload(w, r, s.gates.decoding)
				return
			}
			members, err := decodeMembers(data, op.body)
			s.gates.decoding.leave()
			if err != nil {
				s.fail(w, r, err)
				return
			}
			r.Body = decodedBody{http.NoBody, members}
		}
		next.ServeHTTP(w, r)
	})
}

// decodedBody carries decoded members to the generated code, which asks bodies for ValidatedValue and binds that, by
// exact names, instead of decoding once more.
type decodedBody struct {
	io.ReadCloser
	members map[string]any
}

// ValidatedValue returns the members: strings, json.Numbers that fit an int64, and lists of strings.
func (b decodedBody) ValidatedValue() any { return b.members }
