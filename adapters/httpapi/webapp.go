package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
)

// pagePolicy lets a page of the web app run its own files and call its own server, and nothing else: no inline script,
// no frames, no other host.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// PagePaths are where the web app routes in the browser: its page is served there. deploy/nginx/webapp has the same,
// and a test holds both to the app's own routes.
const PagePaths = `^/(c/[^/]+/?|invites/?|settings(/[^/]+)?/?|register/?)?$`

// WebAppRoutes serves the files of the web app, and its page at PagePaths. Whatever else has no route is not there: an
// address that was mistyped says so, to people and to what watches a server.
func WebAppRoutes(files fs.FS) Routes {
	tags := entityTags(files)
	isPage := regexp.MustCompile(PagePaths).MatchString
	return func(m *mount) {
		m.site.fallback = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name := strings.TrimPrefix(r.URL.Path, "/")
			if isPage(r.URL.Path) {
				name = "index.html"
			}
			tag, there := tags[name]
			if !there {
				m.site.fail(w, r, errRouteNotFound)
				return
			}
			h := w.Header()
			h.Set("Content-Security-Policy", pagePolicy)
			h.Set("Cache-Control", "no-cache") // asked for anew each time, sent again only if changed
			if strings.HasPrefix(name, "assets/") {
				h.Set("Cache-Control", "public, max-age=31536000, immutable") // the name changes with the content
			}
			h.Set("ETag", tag)
			http.ServeFileFS(w, r, files, name)
		})
	}
}

// entityTags returns the entity tag of each file: files that are built into a program have no times. What cannot be
// read is not there.
func entityTags(files fs.FS) map[string]string {
	tags := map[string]string{}
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			if content, err := fs.ReadFile(files, name); err == nil {
				tags[name] = entityTag(content)
			}
		}
		return nil
	})
	return tags
}

func entityTag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}
