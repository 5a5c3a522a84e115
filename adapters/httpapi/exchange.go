package httpapi

import (
	"context"
	"crypto/rand"
	"net/http"

	"chatsystem/adapters/internal/serviceapi"
	"chatsystem/ports"
)

// exchange is what the middleware has learnt about one request so far, for handlers and the access log. It belongs to
// the request's goroutine.
type exchange struct {
	https        bool               // whether the client came by HTTPS, perhaps to a proxy
	cookieSuffix string             // of the names of this server's cookies
	caller       ports.AccessClaims // zero until the token was verified
	code         string             // of the problem answered, if any
	lookedAt     *gate              // that the request is on its way to, if it counts there
}

type exchangeKey struct{}

// exchangeOf returns the exchange of a request that came through NewHandler.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// callerOf returns whose token a request carries; only operations that need one have it.
func callerOf(ctx context.Context) ports.AccessClaims { return exchangeOf(ctx).caller }

const (
	requestIDHeader = serviceapi.RequestIDHeader
	maxRequestID    = 64
)

// beginExchange gives every request an id, its own or that of a proxy, and returns it to the client.
func beginExchange(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !isRequestID(id) {
			id = rand.Text()
		}
		w.Header().Set(requestIDHeader, id)
		ctx := context.WithValue(r.Context(), exchangeKey{}, &exchange{})
		next.ServeHTTP(w, r.WithContext(ports.WithRequestID(ctx, id)))
	})
}

// isRequestID keeps what a client sends short and harmless in logs.
func isRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
