// Package web holds the built web app, so that one binary serves it. A Go build never needs Node: what is in dist is
// committed.
package web

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Dist returns the files of the web app, index.html at the top.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: " + err.Error()) // the folder is part of the build
	}
	return sub
}
