package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"chatsystem/migrations"
)

// qNeeds returns the schema version that a program must know to use the file: 0 unless a later version has taken something
// away that earlier ones used.
const qNeeds = `PRAGMA user_version`

// migrate brings the schema up to date, each step in a transaction of its own. A schema to which a later version of the
// program has only added is used as it is.
func migrate(ctx context.Context, db *sql.DB) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("sqlite: migrations: %w", err)
	}
	has, knows, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("sqlite: schema version: %w", translate(err))
	}
	var needs int64
	if err := db.QueryRowContext(ctx, qNeeds).Scan(&needs); err != nil {
		return fmt.Errorf("sqlite: schema version needed: %w", translate(err))
	}
	switch {
	case needs > knows:
		return fmt.Errorf("sqlite: the file needs a program of schema version %d, this one knows %d: use a later version of it", needs, knows)
	case has > knows:
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("sqlite: migrate: %w", translate(err))
	}
	return nil
}
