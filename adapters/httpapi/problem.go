package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"chatsystem/domain"
)

// problem is the body of every error answer (RFC 9457).
type problem struct {
	Type   string              `json:"type"`
	Title  string              `json:"title"`
	Status int                 `json:"status"`
	Detail string              `json:"detail"`
	Code   string              `json:"code"`
	Errors []domain.FieldFault `json:"errors,omitempty"`
}

// statusOf is the only place where a kind of fault meets a status.
var statusOf = map[domain.Kind]int{
	domain.KindInternal:         http.StatusInternalServerError,
	domain.KindMalformed:        http.StatusBadRequest,
	domain.KindUnauthenticated:  http.StatusUnauthorized,
	domain.KindForbidden:        http.StatusForbidden,
	domain.KindNotFound:         http.StatusNotFound,
	domain.KindConflict:         http.StatusConflict,
	domain.KindGone:             http.StatusGone,
	domain.KindTooLarge:         http.StatusRequestEntityTooLarge,
	domain.KindUnsupportedMedia: http.StatusUnsupportedMediaType,
	domain.KindInvalid:          http.StatusUnprocessableEntity,
	domain.KindRateLimited:      http.StatusTooManyRequests,
	domain.KindUnavailable:      http.StatusServiceUnavailable,
}

// Faults of the transport.
var (
	errInternal         = &domain.Fault{Kind: domain.KindInternal, Code: "internal", Detail: "The server failed; the fault is logged under this answer's X-Request-Id."}
	errRouteNotFound    = &domain.Fault{Kind: domain.KindNotFound, Code: "route_not_found", Detail: "There is nothing at this path."}
	errMethodNotAllowed = &domain.Fault{Kind: domain.KindMalformed, Code: "method_not_allowed", Detail: "This path does not know the method; see the Allow header."}
	errMalformedQuery   = &domain.Fault{Kind: domain.KindMalformed, Code: "malformed_query", Detail: "The query string cannot be read."}
	errMissingBody      = &domain.Fault{Kind: domain.KindMalformed, Code: "missing_body", Detail: "The request needs a JSON body."}
	errBodyTooLarge     = &domain.Fault{Kind: domain.KindTooLarge, Code: "body_too_large", Detail: "The body is larger than this request may have."}
	errUnsupportedMedia = &domain.Fault{Kind: domain.KindUnsupportedMedia, Code: "unsupported_media_type", Detail: "The body must be application/json, in UTF-8 and not compressed."}
)

func malformedJSON(detail string) *domain.Fault {
	return &domain.Fault{Kind: domain.KindMalformed, Code: "malformed_json", Detail: detail}
}

// fail answers a request with the problem that err is. What a fault says is shown; anything else is a fault of ours,
// which is logged, here and only here, and not shown.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	fault := s.faultOf(r.Context(), err)
	if fault.Kind == domain.KindInternal || fault.Kind == domain.KindUnavailable {
		s.logFailure(r.Context(), fault, err)
	}
	s.answer(w, r, statusOf[fault.Kind], fault)
}

func (s *site) faultOf(ctx context.Context, err error) *domain.Fault {
	var fault *domain.Fault
	switch {
	case errors.As(err, &fault) && fault.Kind != domain.KindInternal:
		return fault
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return domain.ErrUnavailable
	}
	return errInternal
}

func (s *site) logFailure(ctx context.Context, fault *domain.Fault, err error) {
	level := slog.LevelError
	switch {
	case errors.Is(ctx.Err(), context.Canceled): // the client went away: nobody's fault
		level = slog.LevelDebug
	case fault.Kind == domain.KindUnavailable:
		level = slog.LevelWarn
	}
	s.log.LogAttrs(ctx, level, "request failed", slog.String("code", fault.Code), slog.Any("error", err))
}

// answer writes a fault as problem+json.
func (s *site) answer(w http.ResponseWriter, r *http.Request, status int, fault *domain.Fault) {
	exchangeOf(r.Context()).code = fault.Code
	h := w.Header()
	switch status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", challenge(r))
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", retryAfter(fault.RetryAfter))
	}
	body, err := json.Marshal(problem{"about:blank", http.StatusText(status), status, fault.Detail, fault.Code, fault.Fields})
	if err != nil {
		panic(err) // strings and numbers only
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away needs no answer
}

// challenge tells the client which token is wanted and, if it sent one, that it was not good (RFC 6750).
func challenge(r *http.Request) string {
	if r.Header.Get("Authorization") == "" {
		return "Bearer"
	}
	return `Bearer error="invalid_token"`
}

// retryAfter returns whole seconds, at least one: 0 would invite a loop.
func retryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
