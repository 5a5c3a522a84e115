package httpapi

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

const webApp = "https://app.example.com"

func preflight(origin string) *http.Request {
	r := request(http.MethodOptions, "/api/users/me", "")
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", http.MethodPatch)
	r.Header.Set("Access-Control-Request-Headers", "authorization, content-type")
	return r
}

func TestAllowedOriginsMayCall(t *testing.T) {
	s := newTestSite(t, Config{CORS: true, AllowedOrigins: []string{webApp}}, operationRoute(http.MethodGet, "/api/users/me", noContent))

	h := s.do(preflight(webApp)).Header()
	require.Equal(t, webApp, h.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "true", h.Get("Access-Control-Allow-Credentials"))
	require.Equal(t, http.MethodPatch, h.Get("Access-Control-Allow-Methods"))
	require.NotEmpty(t, h.Get("Access-Control-Allow-Headers"))

	r := request(http.MethodGet, "/api/users/me", "")
	r.Header.Set("Origin", webApp)
	h = s.do(r).Header()
	require.Equal(t, webApp, h.Get("Access-Control-Allow-Origin"), "errors can be read, too")
	require.Contains(t, h.Get("Access-Control-Expose-Headers"), "Link")
}

func TestOtherOriginsMayNot(t *testing.T) {
	for name, cfg := range map[string]Config{
		"an origin that is not allowed":    {CORS: true, AllowedOrigins: []string{webApp}},
		"any, if none is allowed":          {CORS: true},
		"any, behind a proxy that does it": {AllowedOrigins: []string{webApp, "https://evil.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestSite(t, cfg, operationRoute(http.MethodGet, "/api/users/me", noContent))
			require.Empty(t, s.do(preflight("https://evil.example")).Header().Get("Access-Control-Allow-Origin"))
		})
	}
}

func TestCookiesCountOnlyForPagesThatMayUseThem(t *testing.T) {
	cases := map[string]struct {
		headers map[string]string
		keeps   bool
	}{
		"the server's own page":               {map[string]string{"Origin": "http://chat.example.com"}, true},
		"the server's own page, as it says":   {map[string]string{"Origin": "http://chat.example.com", "Sec-Fetch-Site": "same-origin"}, true},
		"a page of an allowed origin":         {map[string]string{"Origin": webApp, "Sec-Fetch-Site": "same-site"}, true},
		"no page at all":                      {nil, true},
		"a page of another origin":            {map[string]string{"Origin": "https://evil.example"}, false},
		"a page that hides its origin":        {map[string]string{"Origin": "null"}, false},
		"a page of another site, as it says":  {map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		"another port of the server's name":   {map[string]string{"Origin": "http://chat.example.com:8081"}, false},
		"a page of a sibling of the server's": {map[string]string{"Origin": "http://b.example.com", "Sec-Fetch-Site": "same-site"}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var kept bool
			s := newTestSite(t, Config{AllowedOrigins: []string{webApp}},
				operationRoute(http.MethodPost, "/api/users/auth/refresh", func(_ http.ResponseWriter, r *http.Request) {
					_, err := r.Cookie(refreshCookieName)
					kept = err == nil
				}))
			r := request(http.MethodPost, "http://chat.example.com/api/users/auth/refresh", "")
			r.AddCookie(&http.Cookie{Name: refreshCookieName, Value: "t"})
			for name, value := range tc.headers {
				r.Header.Set(name, value)
			}
			require.Equal(t, http.StatusOK, s.do(r).Code)
			require.Equal(t, tc.keeps, kept)
		})
	}
}

// TestTwoServersOfOneHostKeepTheirCookiesApart: a browser sends the cookies of all ports to each.
func TestTwoServersOfOneHostKeepTheirCookiesApart(t *testing.T) {
	jar := map[string]string{}
	visit := func(host string, set string) (presented string) {
		s := newTestSite(t, Config{}, operationRoute(http.MethodPost, "/api/users/auth/refresh", func(w http.ResponseWriter, r *http.Request) {
			if c, err := r.Cookie(refreshCookieName); err == nil {
				presented = c.Value
			}
			w.Header().Set("Set-Cookie", *setCookie(r.Context(), http.Cookie{Value: set}))
		}))
		r := request(http.MethodPost, "/api/users/auth/refresh", "")
		r.Host = host
		for name, value := range jar {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		for _, c := range s.do(r).Result().Cookies() {
			jar[c.Name] = c.Value
		}
		return presented
	}
	require.Empty(t, visit("127.0.0.1:9701", "one"))
	require.Empty(t, visit("127.0.0.1:9702", "two"))
	require.Equal(t, "one", visit("127.0.0.1:9701", "one again"))
	require.Equal(t, "two", visit("127.0.0.1:9702", "two again"))
	require.Empty(t, visit("chat.example.org", "public"))
	require.Equal(t, "public", visit("chat.example.org:443", "public"))

	jar = map[string]string{refreshCookieName: "of the release before"}
	require.Equal(t, "of the release before", visit("127.0.0.1:9701", "new"))
	require.Equal(t, "new", visit("127.0.0.1:9701", "newer"))
}
