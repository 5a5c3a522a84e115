// Package migrations holds the schemas of the SQL databases as numbered goose migrations, one folder per dialect. A
// migration that was released is never edited: the next number changes what it made.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Postgres is the schema of the database that the services share.
var Postgres = folder("postgres")

// SQLite is the schema of the embedded database.
var SQLite = folder("sqlite")

// folder returns a folder of the embedded files; it panics on one that was not embedded.
func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic("migrations: " + err.Error())
	}
	return sub
}
