package sqlite

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// scan matches what reads a whole table or index, but not a subquery: its rows were found by an index already.
var scan = regexp.MustCompile(`SCAN (\w+)`)

// allowed are the things a plan may scan: a list that came as an argument, and nothing at all.
var allowed = map[string]bool{"json_each": true, "CONSTANT": true}

// TestEveryQueryUsesAnIndex asks SQLite for the plan of every query there is: each is a package constant whose name begins
// with q.
func TestEveryQueryUsesAnIndex(t *testing.T) {
	d := openTest(t)
	queries := queryConstants(t)
	require.Contains(t, queries, "qInsertMessage")
	require.Contains(t, queries, "qViews")
	for name, query := range queries {
		t.Run(name, func(t *testing.T) {
			for _, step := range plan(t, d, query) {
				if table := scan.FindStringSubmatch(step); table != nil {
					require.True(t, allowed[table[1]], "%s", step)
				}
				require.NotContains(t, step, "AUTOMATIC", "an index made for one query")
			}
		})
	}
}

// TestHotQueriesAreExact pins how the queries on tables that grow for ever find their rows: by all of the key, in order.
func TestHotQueriesAreExact(t *testing.T) {
	d := openTest(t)
	for query, want := range map[string]string{
		qPosted:       "SEARCH messages USING INDEX messages_by_client_msg_id (conversation_id=? AND sender_id=? AND client_msg_id=?)",
		qEntriesFrom:  "SEARCH messages USING PRIMARY KEY (conversation_id=? AND seq>?)",
		qEntriesBelow: "SEARCH messages USING PRIMARY KEY (conversation_id=? AND seq<?)",
		qEntryAt:      "SEARCH messages USING PRIMARY KEY (conversation_id=? AND seq=?)",
	} {
		require.Equal(t, []string{want}, plan(t, d, query))
	}
}

// plan returns the steps of SQLite's plan for a query.
func plan(t *testing.T, d *DB, query string) []string {
	t.Helper()
	var steps []struct {
		ID, Parent, NotUsed int
		Detail              string
	}
	unbound := make([]any, 20) // more than any query has parameters
	require.NoError(t, d.pool.SelectContext(t.Context(), &steps, "EXPLAIN QUERY PLAN "+query, unbound...))
	details := make([]string, len(steps))
	for i, s := range steps {
		details[i] = s.Detail
	}
	return details
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
