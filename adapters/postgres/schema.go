package postgres

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"chatsystem/migrations"
)

// qSchema returns the version of the schema, 0 if no step was ever applied. The name is the migration tool's.
const qSchema = `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`

// CheckSchema tells whether the schema is the one this program was made for, or a later one: services of a release go on
// while the next release's migrations are applied. For readiness.
func (d *DB) CheckSchema(ctx context.Context) error {
	var has int64
	if err := d.reads.get(ctx, &has, qSchema); err != nil {
		return fmt.Errorf("schema version: %w", err)
	}
	needs, err := latestMigration()
	if err != nil {
		return err
	}
	if has < needs {
		return fmt.Errorf("postgres: the schema has version %d, this program needs %d: run migrate up", has, needs)
	}
	return nil
}

// latestMigration returns the version of the last step, which its file's name begins with.
var latestMigration = sync.OnceValues(func() (int64, error) {
	files, err := fs.Glob(migrations.Postgres, "*.sql")
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("postgres: no migrations: %w", err)
	}
	version, _, _ := strings.Cut(files[len(files)-1], "_") // sorted
	return strconv.ParseInt(version, 10, 64)
})
