package httpapi

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/go-chi/cors"
)

// crossOrigin lets the web app at the allowed origins call from its browser, with its cookie.
func crossOrigin(allowed []string) func(http.Handler) http.Handler {
	return cors.Handler(cors.Options{
		AllowOriginFunc:  func(_ *http.Request, origin string) bool { return slices.Contains(allowed, origin) },
		AllowedMethods:   []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowedHeaders:   []string{"Authorization", "Content-Type", requestIDHeader},
		ExposedHeaders:   []string{"Link", "Retry-After", requestIDHeader},
		AllowCredentials: true,
		MaxAge:           600,
	})
}

// foreignCookies returns a middleware that takes the cookies out of requests which a page of another origin made a
// browser send, unless the origin is an allowed one.
func foreignCookies(allowed []string) (func(http.Handler) http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range allowed {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("allowed origin: %w", err)
		}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if protection.Check(r) != nil {
				r.Header.Del("Cookie")
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

// secureHeaders are right for every answer; a page may set its own over them.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// dataHeaders are for answers that are data, not pages: nothing in them may be run or kept.
func dataHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
