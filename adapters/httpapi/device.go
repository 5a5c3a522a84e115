package httpapi

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// A device cookie tells a browser in which an account has signed in before from a stranger: it holds a random name and
// a signature of the name and the account. It proves nothing else, and nobody is signed in by it.
const (
	deviceCookieName = "chat_device"
	deviceLife       = 400 * 24 * time.Hour // what browsers keep at most
	deviceNameBytes  = 16
)

// devices makes and checks device cookies. Without a key there are none.
type devices struct{ key []byte }

// of returns the name of the device that a request comes from, if the account has signed in there.
func (d devices) of(r *http.Request, account string) (string, bool) {
	c, err := r.Cookie(deviceCookieName + exchangeOf(r.Context()).cookieSuffix)
	if err != nil || d.key == nil {
		return "", false
	}
	value, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(value) != deviceNameBytes+sha256.Size {
		return "", false
	}
	name, signature := value[:deviceNameBytes], value[deviceNameBytes:]
	return "device:" + string(name), hmac.Equal(signature, d.sign(name, account))
}

// cookie returns the cookie of a new device of an account; nil without a key.
func (d devices) cookie(ctx context.Context, account string) *http.Cookie {
	if d.key == nil {
		return nil
	}
	name := make([]byte, deviceNameBytes)
	_, _ = rand.Read(name) // never fails
	return &http.Cookie{
		Name: deviceCookieName + exchangeOf(ctx).cookieSuffix, Value: base64.RawURLEncoding.EncodeToString(append(name, d.sign(name, account)...)),
		Path: refreshCookiePath, MaxAge: int(deviceLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: exchangeOf(ctx).https,
	}
}

func (d devices) sign(name []byte, account string) []byte {
	mac := hmac.New(sha256.New, d.key)
	mac.Write(name)
	mac.Write([]byte(account))
	return mac.Sum(nil)
}

// deviceKeepers are what operations that sign somebody in pass through.
func (s *site) deviceKeepers() map[string]func(http.Handler) http.Handler {
	return map[string]func(http.Handler) http.Handler{"login": s.remembersDevice, "registerUser": s.remembersDevice}
}

// remembersDevice adds the device cookie to the answer of a sign-in that succeeds.
func (s *site) remembersDevice(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		account := accountOf(r)
		if _, known := s.devices.of(r, account); known {
			next.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(&deviceWriter{ResponseWriter: w, cookie: s.devices.cookie(r.Context(), account)}, r)
	})
}

// deviceWriter adds a cookie to an answer that is a success.
type deviceWriter struct {
	http.ResponseWriter
	cookie *http.Cookie
}

// WriteHeader implements http.ResponseWriter.
func (w *deviceWriter) WriteHeader(status int) {
	if w.cookie != nil && status < http.StatusMultipleChoices {
		http.SetCookie(w.ResponseWriter, w.cookie)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *deviceWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
