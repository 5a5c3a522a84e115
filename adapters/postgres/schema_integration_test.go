//go:build integration

package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCheckSchema(t *testing.T) {
	const (
		latest   = `(SELECT max(version_id) FROM goose_db_version)`
		undoLast = `DELETE FROM goose_db_version WHERE version_id = ` + latest
		addNext  = `INSERT INTO goose_db_version (version_id, is_applied) SELECT ` + latest + ` + 1, true`
		begun    = `UPDATE goose_db_version SET is_applied = false WHERE version_id = ` + latest
	)
	for name, tc := range map[string]struct{ change, fault string }{
		"the schema of this program":                     {},
		"a later one, while the next release is put out": {change: addNext},
		"an earlier one":                                 {undoLast, "run migrate up"},
		"one whose last step is not applied":             {begun, "run migrate up"},
		"none that was ever begun":                       {`DELETE FROM goose_db_version`, "has version 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := newDatabase(t)
			if tc.change != "" {
				_, err := connect(t, dsn).ExecContext(t.Context(), tc.change)
				require.NoError(t, err)
			}
			err := open(t, dsn, time.Now).CheckSchema(t.Context())
			if tc.fault == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tc.fault)
			}
		})
	}

	t.Run("a database without a schema", func(t *testing.T) {
		t.Parallel()
		err := open(t, emptyDatabase(t, ""), time.Now).CheckSchema(t.Context())
		require.ErrorContains(t, err, `relation "goose_db_version" does not exist`)
	})
}
