package httpapi

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	strict "github.com/go-json-experiment/json"

	"chatsystem/adapters/internal/serviceapi"
	"chatsystem/domain"
)

const (
	credentialLabel = "service credential"
	minSecretBytes  = 32
)

// ServiceCredential derives from the secret that services share what they show each other. The secret must have at least
// 32 bytes. Other keys are derived from it under labels of their own, so what travels here opens nothing else.
func ServiceCredential(secret []byte) (string, error) {
	if len(secret) < minSecretBytes {
		return "", fmt.Errorf("service secret: %d bytes are needed, has %d", minSecretBytes, len(secret))
	}
	key, err := hkdf.Key(sha256.New, secret, nil, credentialLabel, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("service credential: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(key), nil
}

// internalRouter returns where the calls of other services go: no token of a user, but a credential, is asked for.
func (m *mount) internalRouter(credentials []string) chi.Router {
	return m.data.With(deadline, m.site.requireService(credentials), m.site.admitService)
}

// requireService lets a request with one of the credentials pass, and none with an empty one.
func (s *site) requireService(credentials []string) func(http.Handler) http.Handler {
	var accepted [][sha256.Size]byte // of one length, so that the time to compare tells nothing
	for _, c := range credentials {
		if c != "" {
			accepted = append(accepted, sha256.Sum256([]byte(c)))
		}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got, matches := sha256.Sum256([]byte(r.Header.Get(serviceapi.CredentialHeader))), 0
			for _, want := range accepted {
				matches += subtle.ConstantTimeCompare(got[:], want[:])
			}
			if matches == 0 {
				s.log.LogAttrs(r.Context(), slog.LevelError, "service credential refused",
					slog.String("client", middleware.GetClientIP(r.Context())), slog.String("route", routeOf(r)))
				s.fail(w, r, domain.ErrForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// errInternalBody is shown to services only.
var errInternalBody = malformedJSON("The body is not of the form that this call takes.")

// internalCall is the handler of a call: it decodes the body strictly, but for members it does not know, runs the call and
// encodes what it returns; a nil answer is 204.
func internalCall[In any](s *site, call func(r *http.Request, in In) (status int, answer any, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := decodeInternal[In](w, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		status, answer, err := call(r, in)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if answer == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		body, err := strict.Marshal(answer)
		if err != nil {
			s.fail(w, r, fmt.Errorf("encode answer: %w", err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body) // a service that gave up needs no answer
	}
}

func decodeInternal[In any](w http.ResponseWriter, r *http.Request) (in In, err error) {
	data, err := readBody(w, r, maxServiceBytes, func(int) bool { return true })
	switch {
	case err != nil:
		return in, err
	case len(data) == 0:
		return in, errMissingBody
	}
	var semantic *strict.SemanticError
	switch err := strict.Unmarshal(data, &in); {
	case errors.As(err, &semantic):
		return in, errInternalBody
	case err != nil:
		return in, explainJSON(err)
	}
	return in, nil
}

// conversationOf returns the conversation of a call's path.
func conversationOf(r *http.Request) (domain.ConversationID, error) {
	return domain.ParseConversationID(chi.URLParamFromCtx(r.Context(), serviceapi.ConversationParam))
}
