package httpapi

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// pagePolicy lets a page of the web app run its own files and call its own server, and nothing else: no inline script,
// no frames, no other host.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// WebAppRoutes serves the files of the web app at every path that has no other route and is not under /api. The app
// routes in the browser: where there is no file and the name has no extension, its page is served.
func WebAppRoutes(files fs.FS) Routes {
	serve := http.FileServerFS(files)
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // the name changes with the content
		} else {
			w.Header().Set("Cache-Control", "no-cache") // asked for anew each time, sent again only if changed
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if _, err := fs.Stat(files, name); err != nil && name != "" && path.Ext(name) == "" {
			http.ServeFileFS(w, r, files, "index.html")
			return
		}
		serve.ServeHTTP(w, r)
	})
	return func(m *mount) { m.site.fallback = page }
}
