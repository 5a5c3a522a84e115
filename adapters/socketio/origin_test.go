package socketio_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
)

// TestPagesElsewhereMayNotConnect: a page makes the browser send what it likes but for the Origin. Namespaces are joined
// on a connection that has passed.
func TestPagesElsewhereMayNotConnect(t *testing.T) {
	allow := socketio.AllowOrigins([]string{"https://app.example.com"})
	for origin, want := range map[string]bool{
		"":                                   true, // no page
		"http://chat.example.com":            true,
		"https://CHAT.example.com":           true,
		"https://app.example.com":            true,
		"http://app.example.com":             false,
		"https://app.example.com:8443":       false,
		"https://app.example.com.evil.org":   false,
		"http://chat.example.com.evil.org":   false,
		"http://chat.example.com:8080":       false,
		"http://other.chat.example.com":      false,
		"http://evil.org/chat.example.com":   false,
		"http://evil.org#chat.example.com":   false,
		"http://chat.example.com@evil.org":   false,
		"http://chat.example.com, http://ev": false,
		"null":                               false,
		"file://":                            false,
		"%zz":                                false,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://chat.example.com/socket.io/", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		require.Equal(t, want, allow(r), origin)
	}
}
