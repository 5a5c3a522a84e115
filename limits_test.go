package chatsystem_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
)

// TestLimitsAreDocumented holds docs/limits.md to the code: each bound is that of what sets it, and no buffered channel is
// left out.
func TestLimitsAreDocumented(t *testing.T) {
	values, channels := limitsInCode(t)
	text, err := os.ReadFile("docs/limits.md")
	require.NoError(t, err)
	name := regexp.MustCompile("`([a-z]+)\\.([A-Za-z]+)`")
	documented := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 {
			continue
		}
		bound := strings.TrimPrefix(strings.TrimSpace(cells[2]), "for ")
		for _, m := range name.FindAllStringSubmatch(cells[3], -1) {
			documented[m[1]] = true
			if bound[0] >= '0' && bound[0] <= '9' { // others are told in words
				assert.Contains(t, strings.Split(values[m[1]+"."+m[2]], "|"), bound, "%s.%s", m[1], m[2])
			}
		}
	}
	require.Greater(t, len(documented), 10)
	for _, c := range channels {
		assert.True(t, documented[c.folder], "%s makes a channel of %s: say in docs/limits.md what happens when it is full", c.file, c.size)
	}
}

type bufferedChannel struct{ file, folder, size string }

// limitsInCode returns the values of constants and settings by folder and name, several of one name with bars between
// them, and the channels with a buffer of more than one.
func limitsInCode(t *testing.T) (map[string]string, []bufferedChannel) {
	t.Helper()
	values, channels := map[string]string{}, []bufferedChannel(nil)
	for _, src := range sources(t) {
		if src.test || strings.HasPrefix(src.dir, "ports/portstest") || strings.Contains(src.file, "internal/bench") || strings.HasPrefix(src.dir, "cmd/chatctl") {
			continue
		}
		folder := filepath.Base(src.dir)
		file, err := parser.ParseFile(token.NewFileSet(), src.file, nil, 0)
		require.NoError(t, err)
		note := func(name string, value ast.Expr) {
			key := folder + "." + name
			values[key] = strings.TrimPrefix(values[key]+"|"+readable(value), "|")
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, value := range n.Values {
					note(n.Names[i].Name, value)
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok {
					note(key.Name, n.Value)
				}
			case *ast.CallExpr:
				if size := bufferOf(n); size != "" && size != "1" {
					channels = append(channels, bufferedChannel{src.file, folder, size})
				}
			}
			return true
		})
	}
	return values, channels
}

// bufferOf returns the size that a call makes a channel with, as it is written; "" if it is no such call.
func bufferOf(call *ast.CallExpr) string {
	if f, ok := call.Fun.(*ast.Ident); !ok || f.Name != "make" || len(call.Args) != 2 {
		return ""
	}
	if _, ok := call.Args[0].(*ast.ChanType); !ok {
		return ""
	}
	return types.ExprString(call.Args[1])
}

// readable is how the document writes a number, a size or a time.
func readable(value ast.Expr) string {
	text := strings.ReplaceAll(types.ExprString(value), "_", "")
	if unit, ok := strings.CutPrefix(text, "time."); ok {
		text = "1 * time." + unit
	}
	return strings.NewReplacer(
		" * time.Millisecond", " ms", " * time.Second", " s", " * time.Minute", " min", " << 10", " KiB", " << 20", " MiB",
	).Replace(text)
}

// TestRatesAreDocumented holds the table of rates to the code.
func TestRatesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("docs/limits.md")
	require.NoError(t, err)
	documented := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| ([0-9]+/[0-9a-z]+) \\|").FindAllStringSubmatch(string(text), -1) {
		documented[m[1]] = m[2]
	}
	rates := map[string]string{}
	for name, rate := range httpapi.DefaultLimits() {
		rates[name] = rate.String()
	}
	require.Equal(t, rates, documented)
}
