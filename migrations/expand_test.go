package migrations_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/migrations"
)

// What an expand migration may do: what the release before neither sees nor is held up by (ADR 48).
var (
	createTable = regexp.MustCompile(`^CREATE TABLE (\w+)`)
	createIndex = regexp.MustCompile(`^CREATE (UNIQUE )?INDEX (CONCURRENTLY )?(IF NOT EXISTS )?\w+ ON (\w+)`)
	addColumn   = regexp.MustCompile(`^ALTER TABLE (\w+) ADD COLUMN \w+ (.*)$`)

	refusedInColumn = regexp.MustCompile(`\b(UNIQUE|PRIMARY KEY|GENERATED|DROP|RENAME|ALTER)\b|,\s*ADD\b`)
	constantDefault = regexp.MustCompile(`\bDEFAULT ('[^']*'|-?[0-9]+|TRUE|FALSE)(\s|$)`)

	// contract marks a step that takes something away, and names the step that added what is used in its stead.
	contract = regexp.MustCompile(`(?m)^-- contract: after (\d{5})_\S+\.sql\b`)
)

// migration is a file of a dialect.
type migration struct {
	postgres bool
	version  int64
	text     string
}

// statements returns what the file does, without comments and line breaks.
func (m migration) statements() []string {
	var code []string
	for line := range strings.Lines(m.text) {
		line, _, _ = strings.Cut(line, "--")
		code = append(code, strings.Fields(line)...)
	}
	var all []string
	for s := range strings.SplitSeq(strings.Join(code, " "), ";") {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// faults returns what is wrong with the file, given the versions before it.
func (m migration) faults(earlier []int64) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if strings.Contains(m.text, "+goose Down") {
		fault("there is no way down: the release before works on this schema")
	}
	if strings.Contains(m.text, "+goose StatementBegin") {
		fault("statements with semicolons inside cannot be checked")
	}
	mark := contract.FindStringSubmatch(m.text)
	if mark == nil {
		return append(faults, m.expandFaults()...)
	}
	after, _ := strconv.ParseInt(mark[1], 10, 64)
	if !slices.Contains(earlier, after) {
		fault("it contracts after step %d, which is none before it", after)
	}
	if !m.postgres {
		set := slices.ContainsFunc(m.statements(), func(s string) bool { return s == fmt.Sprint("PRAGMA user_version = ", m.version) })
		if !set {
			fault("it must set user_version to %d, so that programs before it refuse the file", m.version)
		}
	}
	return faults
}

func (m migration) expandFaults() (faults []string) {
	var made []string
	statements := m.statements()
	for _, s := range statements {
		switch {
		case createTable.MatchString(s):
			made = append(made, createTable.FindStringSubmatch(s)[1])
		case createIndex.MatchString(s):
			found := createIndex.FindStringSubmatch(s)
			unique, concurrent, table := found[1] != "", found[2] != "", found[4]
			switch {
			case slices.Contains(made, table):
			case unique:
				faults = append(faults, "the release before may write what a new unique index refuses: "+s)
			case m.postgres && (!concurrent || found[3] == "" || !strings.Contains(m.text, "+goose NO TRANSACTION") || len(statements) > 1):
				faults = append(faults, "an index on a table that is in use is made CONCURRENTLY IF NOT EXISTS, alone in its file, with NO TRANSACTION: "+s)
			}
		case addColumn.MatchString(s):
			found := addColumn.FindStringSubmatch(s)
			table, column := found[1], found[2]
			fixed := constantDefault.MatchString(column)
			switch {
			case slices.Contains(made, table):
			case refusedInColumn.MatchString(column):
				faults = append(faults, "a new column only adds: "+s)
			case strings.Contains(column, "NOT NULL") && !fixed:
				faults = append(faults, "the release before leaves a new column out: NOT NULL needs a DEFAULT: "+s)
			case strings.Contains(column, "DEFAULT") && !fixed:
				faults = append(faults, "a DEFAULT that is no constant rewrites the table: "+s)
			}
		default:
			faults = append(faults, "only a step marked as contract may do this: "+s)
		}
	}
	return faults
}

// TestMigrationsExpandBeforeTheyContract holds every migration to ADR 48.
func TestMigrationsExpandBeforeTheyContract(t *testing.T) {
	for name, dialect := range map[string]fs.FS{"postgres": migrations.Postgres, "sqlite": migrations.SQLite} {
		files, err := fs.Glob(dialect, "*.sql")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		var earlier []int64
		for _, file := range files {
			text, err := fs.ReadFile(dialect, file)
			require.NoError(t, err)
			version, err := strconv.ParseInt(file[:5], 10, 64)
			require.NoError(t, err, file)
			assert.EqualValues(t, len(earlier)+1, version, "%s/%s: numbers have no gaps, or a branch that comes later is left out", name, file)
			assert.Empty(t, migration{name == "postgres", version, string(text)}.faults(earlier), "%s/%s", name, file)
			earlier = append(earlier, version)
		}
	}
}

// TestTheRulesForMigrationsBite shows each on a migration that breaks it.
func TestTheRulesForMigrationsBite(t *testing.T) {
	const concurrently = "-- +goose NO TRANSACTION\n-- +goose Up\n"
	for name, tc := range map[string]struct{ text, fault string }{
		"a table with its indexes":             {"CREATE TABLE a (b TEXT);\nCREATE UNIQUE INDEX c ON a (b);", ""},
		"a column that may be left out":        {"ALTER TABLE users ADD COLUMN a TEXT;", ""},
		"a column with a default":              {"ALTER TABLE users ADD COLUMN a TEXT NOT NULL DEFAULT 'x y';", ""},
		"a column with a number":               {"ALTER TABLE users ADD COLUMN a BIGINT DEFAULT 0 NOT NULL;", ""},
		"an index beside the writers":          {concurrently + "CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON users (b);", ""},
		"an index that keeps writers waiting":  {"CREATE INDEX a ON users (b);", "CONCURRENTLY"},
		"an index that cannot be tried again":  {concurrently + "CREATE INDEX CONCURRENTLY a ON users (b);", "IF NOT EXISTS"},
		"an index beside other steps":          {concurrently + "CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON users (b);ALTER TABLE users ADD COLUMN c TEXT;", "alone"},
		"a unique index on a table in use":     {concurrently + "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON users (b);", "unique"},
		"a column that must be given":          {"ALTER TABLE users ADD COLUMN a TEXT NOT NULL;", "needs a DEFAULT"},
		"a column with a computed default":     {"ALTER TABLE users ADD COLUMN a TIMESTAMPTZ DEFAULT clock_timestamp();", "no constant"},
		"a unique column":                      {"ALTER TABLE users ADD COLUMN a TEXT UNIQUE;", "only adds"},
		"a column and something else with it":  {"ALTER TABLE users ADD COLUMN a TEXT, DROP COLUMN b;", "only adds"},
		"a column taken away":                  {"ALTER TABLE users DROP COLUMN email;", "marked as contract"},
		"a column of another name":             {"ALTER TABLE users RENAME COLUMN email TO e;", "marked as contract"},
		"a column of another type":             {"ALTER TABLE users ALTER COLUMN email TYPE TEXT;", "marked as contract"},
		"a column that must be given from now": {"ALTER TABLE users ALTER COLUMN a SET NOT NULL;", "marked as contract"},
		"a table taken away":                   {"DROP TABLE users;", "marked as contract"},
		"an index taken away":                  {"DROP INDEX a;", "marked as contract"},
		"rows changed":                         {"UPDATE users SET email = '';", "marked as contract"},
		"a new rule for old rows":              {"ALTER TABLE users ADD CONSTRAINT a CHECK (b > 0);", "marked as contract"},
		"a way down":                           {"CREATE TABLE a (b TEXT);\n-- +goose Down\nDROP TABLE a;", "no way down"},
		"a contract step":                      {"-- contract: after 00002_x.sql, in release 7.\nDROP TABLE a;", ""},
		"a contract step of its own release":   {"-- contract: after 00004_x.sql\nDROP TABLE a;", "none before"},
		"a mention of contracts":               {"-- This is a contract: after all.\nDROP TABLE a;", "marked as contract"},
		"what only a comment says":             {"-- DROP TABLE a;\nCREATE TABLE b (c TEXT); -- DROP", ""},
		"a comment behind what is done":        {"CREATE TABLE b (\n c TEXT -- DROP; TABLE\n);", ""},
		"a statement that hides another":       {"-- +goose StatementBegin\nCREATE TABLE b (c TEXT);", "cannot be checked"},
	} {
		t.Run(name, func(t *testing.T) {
			faults := migration{postgres: true, version: 4, text: tc.text}.faults([]int64{1, 2, 3})
			if tc.fault == "" {
				assert.Empty(t, faults)
				return
			}
			assert.Contains(t, strings.Join(faults, "\n"), tc.fault)
		})
	}
	t.Run("a contract step of SQLite shuts programs before it out", func(t *testing.T) {
		const marked = "-- contract: after 00002_x.sql\nDROP TABLE a;"
		assert.NotEmpty(t, migration{version: 4, text: marked}.faults([]int64{1, 2, 3}))
		assert.NotEmpty(t, migration{version: 4, text: marked + "PRAGMA user_version = 5;"}.faults([]int64{1, 2, 3}))
		assert.Empty(t, migration{version: 4, text: marked + "PRAGMA user_version = 4;"}.faults([]int64{1, 2, 3}))
	})
}
