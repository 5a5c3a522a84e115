// Package web holds the built web app, so that one binary serves it. A Go build never needs Node: without a build, a page
// that says so is served instead.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist returns the files of the web app, index.html at the top: the build of `npm run build` if there was one when the
// program was compiled, else the placeholder.
func Dist() fs.FS {
	folder := "dist/app"
	if _, err := fs.Stat(dist, folder+"/index.html"); err != nil {
		folder = "dist/placeholder"
	}
	sub, err := fs.Sub(dist, folder)
	if err != nil {
		panic("web: " + err.Error()) // the name is valid
	}
	return sub
}
