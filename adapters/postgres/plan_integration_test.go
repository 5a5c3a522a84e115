//go:build integration

package postgres_test

import (
	"database/sql"
	"encoding/json"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// step is a node of a plan that Postgres explains.
type step struct {
	Type      string `json:"Node Type"`
	Relation  string `json:"Relation Name"`
	Index     string `json:"Index Name"`
	Condition string `json:"Index Cond"`
	Plans     []step
}

// each calls visit on the step and all below it.
func (s step) each(visit func(step)) {
	visit(s)
	for _, p := range s.Plans {
		p.each(visit)
	}
}

// TestPlans asks Postgres, on large tables, how it would run every query there is: each is a package constant whose name
// begins with q.
func TestPlans(t *testing.T) {
	t.Parallel()
	conn := planner(t)
	queries := queryConstants(t)
	require.Contains(t, queries, "qSettle")
	require.Contains(t, queries, "qViews")
	for name, query := range queries {
		t.Run(name+" reads no whole table and no whole index", func(t *testing.T) {
			plan(t, conn, query).each(func(s step) {
				if s.Relation == "goose_db_version" {
					return // a row for each migration
				}
				require.NotEqual(t, "Seq Scan", s.Type, "of %s", s.Relation)
				if strings.Contains(s.Type, "Index") {
					require.NotEmpty(t, s.Condition, "all of %s", s.Index)
				}
			})
		})
	}
	for name, want := range map[string][]string{
		"qDrafts":           {"allocations_live"},
		"qHead":             {"allocations_pending"},
		"qRead":             {"allocations_pending"},
		"qView":             {"allocations_pending"},
		"qViews":            {"allocations_pending"},
		"qVoid":             {"allocations_pending", "allocations_pkey"},
		"qSettle":           {"allocations_pkey"},
		"qLease":            {"allocations_pkey", "allocations_unfinished"},
		"qPurgeAllocations": {"allocations_finished"},
	} {
		t.Run(name+" finds allocations by the index made for it", func(t *testing.T) {
			found := false
			plan(t, conn, queries[name]).each(func(s step) {
				if strings.HasPrefix(s.Index, "allocations_") {
					found = true
					require.Contains(t, want, s.Index)
				}
			})
			require.True(t, found)
		})
	}
}

// planner returns a connection to a database with many rows in every table, almost all allocations published.
func planner(t *testing.T) *sql.Conn {
	t.Helper()
	conn, err := connect(t, newDatabase(t)).Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	for _, statement := range []string{
		`INSERT INTO users (user_id, email, email_key, username, username_key, password_hash, created_at, updated_at)
			SELECT u, u::text, u::text, u::text, u::text, '', now(), now() FROM (SELECT gen_random_uuid() u FROM generate_series(1, 3000)) x`,
		`INSERT INTO sessions (session_id, user_id, user_agent, created_at, last_active_at, expires_at)
			SELECT gen_random_uuid(), user_id, '', now(), now(), now() + random() * interval '7 days' FROM users CROSS JOIN generate_series(1, 3)`,
		`INSERT INTO refresh_tokens (token_hash, session_id, parent_hash, issued_at, expires_at)
			SELECT gen_random_uuid()::text::bytea, session_id, gen_random_uuid()::text::bytea, now(), now() + random() * interval '7 days'
			FROM sessions CROSS JOIN generate_series(1, 2)`,
		`INSERT INTO conversations (conversation_id, type, title, dm_key, created_by, created_at, members_version, last_seq)
			SELECT gen_random_uuid(), 'GROUP', '', gen_random_uuid()::text, user_id, now(), 1, 30 FROM users`,
		`INSERT INTO memberships (conversation_id, user_id, role, joined_at, joined_seq)
			SELECT c.conversation_id, u.user_id, 'MEMBER', now(), 0
			FROM (SELECT conversation_id, row_number() OVER () n FROM conversations) c
			JOIN (SELECT user_id, row_number() OVER () n FROM users) u ON abs(u.n - c.n) < 3`,
		`INSERT INTO reads (conversation_id, user_id, last_read_seq, updated_at) SELECT conversation_id, user_id, 0, now() FROM memberships`,
		`INSERT INTO invites (invite_id, conversation_id, invited_user_id, invited_by, status, created_at, expires_at)
			SELECT gen_random_uuid(), conversation_id, created_by, created_by, 'PENDING', now(), now() + interval '7 days' FROM conversations`,
		`INSERT INTO allocations (conversation_id, seq, message_id, sender_id, client_msg_id, body_hash, created_at, members_version, state)
			SELECT conversation_id, seq, '', created_by, seq::text, '', now(), 1, CASE seq WHEN 30 THEN 'PENDING' ELSE 'PUBLISHED' END
			FROM conversations CROSS JOIN generate_series(1, 30) seq`,
		`INSERT INTO voids (conversation_id, seq) SELECT conversation_id, 1 FROM conversations`,
		`ANALYZE`,
		`SET plan_cache_mode = force_generic_plan`,
	} {
		run(t, conn, statement)
	}
	return conn
}

// plan returns the plan that Postgres makes for a query without knowing its arguments.
func plan(t *testing.T, conn *sql.Conn, query string) step {
	t.Helper()
	run(t, conn, "PREPARE query AS "+query)
	execute := "EXPLAIN (FORMAT JSON) EXECUTE query"
	if n := parameters(query); n > 0 {
		execute += "(" + strings.Join(slices.Repeat([]string{"NULL"}, n), ", ") + ")"
	}
	var explained string
	require.NoError(t, conn.QueryRowContext(t.Context(), execute).Scan(&explained))
	run(t, conn, "DEALLOCATE query")
	var plans []struct{ Plan step }
	require.NoError(t, json.Unmarshal([]byte(explained), &plans))
	require.Len(t, plans, 1)
	return plans[0].Plan
}

func run(t *testing.T, conn *sql.Conn, statement string) {
	t.Helper()
	_, err := conn.ExecContext(t.Context(), statement)
	require.NoError(t, err, "%.60s", statement)
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// parameters returns how many a query has.
func parameters(query string) int {
	n := 0
	for _, p := range parameter.FindAllStringSubmatch(query, -1) {
		if i, err := strconv.Atoi(p[1]); err == nil {
			n = max(n, i)
		}
	}
	return n
}

// queryConstants returns the values of the package's constants whose names begin with q.
func queryConstants(t *testing.T) map[string]string {
	t.Helper()
	files := token.NewFileSet()
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	constants := &ast.File{Name: ast.NewIdent("constants")}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, source, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			if g, ok := decl.(*ast.GenDecl); ok && g.Tok == token.CONST {
				constants.Decls = append(constants.Decls, g)
			}
		}
	}
	ignoreImports := types.Config{Error: func(error) {}} // constants of other packages stay unknown
	pkg, _ := ignoreImports.Check("constants", files, []*ast.File{constants}, nil)
	queries := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if ok && strings.HasPrefix(name, "q") && c.Val().Kind() == constant.String {
			queries[name] = constant.StringVal(c.Val())
		}
	}
	return queries
}
