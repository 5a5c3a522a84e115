package chatsystem_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "chatsystem/"

// rings lists every folder that may hold Go, and what of ours its code (not its tests) may import. A folder is the ring
// of the longest matching name. "*" stands for one path element.
var rings = map[string][]string{
	"domain":                        {},
	"ports":                         {"domain"},
	"ports/portstest":               {"domain", "ports"},
	"application/eventqueue":        {"domain", "ports"},
	"application/housekeeping":      {},
	"application/*":                 {"domain", "ports", "application/eventqueue", "application/housekeeping"},
	"adapters/*":                    {"domain", "ports", "application", "migrations"},
	"adapters/internal/serviceapi":  {"domain"},
	"adapters/internal/servicecall": {"domain", "ports", "adapters/internal/serviceapi"},
	"adapters/chatclient":           {"domain", "ports", "adapters/internal/serviceapi", "adapters/internal/servicecall"},
	"adapters/userclient":           {"domain", "ports", "adapters/internal/serviceapi", "adapters/internal/servicecall"},
	"adapters/httpapi":              {"domain", "ports", "application", "adapters/internal/serviceapi"},
	"adapters/socketio/eio":         {},
	"adapters/socketio/sio":         {},
	"adapters/socketio/conformance": {"adapters/socketio"},
	"adapters/httpapi/openapi":      {},
	"cmd":                           {"cmd/internal", "sdk"},
	"cmd/chatctl/internal/bench":    {"sdk"},
	"cmd/chatctl/internal/soak":     {},
	"cmd/internal/config":           {"adapters", "application", "ports", "domain"},
	"cmd/internal/wiring":           {"adapters", "application", "ports", "domain", "cmd/internal/config", "cmd/internal/logsink", "cmd/internal/verify", "web", "migrations"},
	"cmd/internal/verify":           {"ports", "domain", "sdk"},
	"cmd/internal/scenario":         {"sdk"},
	"cmd/internal/logsink":          {},
	"migrations":                    {},
	"testdata/attacks":              {},
	"sdk":                           {"sdk"},
	"web":                           {},
}

// owners names the folder that alone may import a library.
var owners = map[string][]string{
	"go.uber.org/fx":                 {"cmd/internal/wiring"},
	"github.com/go-chi/":             {"adapters/httpapi"},
	"github.com/oapi-codegen/":       {"adapters/httpapi"},
	"github.com/getkin/kin-openapi":  {"adapters/httpapi"},
	"github.com/olahol/melody":       {"adapters/socketio"},
	"github.com/gorilla/websocket":   {"adapters/socketio", "sdk", "cmd/chatctl/internal/bench"},
	"github.com/golang-jwt/jwt":      {"adapters/tokens", "testdata/attacks"},
	"golang.org/x/crypto/bcrypt":     {"adapters/passwords"},
	"github.com/jmoiron/sqlx":        {"adapters/sqlite", "adapters/postgres"},
	"github.com/pressly/goose":       {"adapters/sqlite", "adapters/postgres"},
	"modernc.org/sqlite":             {"adapters/sqlite"},
	"github.com/jackc/pgx/":          {"adapters/postgres"},
	"github.com/aws/":                {"adapters/dynamo"},
	"github.com/redis/go-redis/":     {"adapters/redis"},
	"github.com/segmentio/kafka-go":  {"adapters/kafka"},
	"github.com/failsafe-go/":        {"adapters/internal/servicecall"},
	"go.opentelemetry.io/":           {"adapters/tracing", "cmd/internal/otlptest"},
	"github.com/prometheus/":         {"adapters/metrics", "adapters/httpapi", "cmd/internal/wiring"},
	"github.com/caarlos0/env":        {"cmd/internal/config"},
	"github.com/spf13/cobra":         {"cmd"},
	"github.com/stretchr/testify":    {"adapters/socketio/internal/siotest"},
	"pgregory.net/rapid":             {},
	"github.com/HdrHistogram/":       {"cmd/chatctl/internal/bench"},
	"github.com/schollz/progressbar": {"cmd/chatctl"},
	"golang.org/x/term":              {"cmd/chatctl"},
}

// pure rings hold the rules: no I/O, and of third parties only what is listed.
var pure = map[string][]string{
	"domain":      {"github.com/rivo/uniseg"},
	"ports":       {},
	"application": {},
}

// impure packages have no place in a pure ring.
var impure = []string{"net", "net/http", "os", "os/exec", "os/signal", "database/sql", "io/ioutil", "syscall", "plugin"}

type source struct {
	dir     string // relative to the root, slashes
	file    string
	test    bool
	imports []string
}

// TestArchitecture holds the tree to ARCHITECTURE.md: who may import whom, and which folder owns which library.
func TestArchitecture(t *testing.T) {
	for _, src := range sources(t) {
		ring, known := ringOf(src.dir)
		if !assert.True(t, known, "%s: %q is no folder for Go: add it to a ring of the architecture first", src.file, src.dir) || src.test {
			continue
		}
		for _, imported := range src.imports {
			if ours, ok := strings.CutPrefix(imported, module); ok {
				assert.True(t, allowed(src.dir, ring, ours), "%s must not import %s", src.file, imported)
			}
			assertOwned(t, src, imported)
			assertPure(t, src, imported)
		}
	}
}

func assertOwned(t *testing.T, src source, imported string) {
	t.Helper()
	for library, folders := range owners {
		if strings.HasPrefix(imported, library) && src.dir != "ports/portstest" {
			assert.True(t, under(src.dir, folders), "%s: %s belongs to %v alone", src.file, imported, folders)
		}
	}
}

func assertPure(t *testing.T, src source, imported string) {
	t.Helper()
	for ring, libraries := range pure {
		if !within(src.dir, ring) || src.dir == "ports/portstest" {
			continue
		}
		assert.NotContains(t, impure, imported, "%s: I/O has no place in %s; use a port", src.file, ring)
		first, _, _ := strings.Cut(imported, "/")
		if strings.Contains(first, ".") {
			assert.True(t, under(imported, libraries), "%s: %s has no place in %s", src.file, imported, ring)
		}
	}
}

// allowed tells whether a folder of a ring may import one of ours.
func allowed(dir, ring, imported string) bool {
	if within(imported, "ports/portstest") {
		return false // for tests only
	}
	return within(imported, dir) || under(imported, rings[ring])
}

// ringOf returns the ring of a folder: the longest name that matches it or a parent.
func ringOf(dir string) (string, bool) {
	if dir == "." {
		return ".", true
	}
	best := ""
	for ring := range rings {
		if matches(ring, dir) && (best == "" || len(ring) > len(best)) {
			best = ring
		}
	}
	return best, best != ""
}

func matches(ring, dir string) bool {
	r, d := strings.Split(ring, "/"), strings.Split(dir, "/")
	if len(d) < len(r) {
		return false
	}
	ok, err := path.Match(ring, strings.Join(d[:len(r)], "/"))
	return err == nil && ok
}

func under(dir string, folders []string) bool {
	for _, f := range folders {
		if within(dir, f) {
			return true
		}
	}
	return false
}

func within(dir, folder string) bool { return dir == folder || strings.HasPrefix(dir, folder+"/") }

// sources returns every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || file != "." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		src := source{dir: filepath.ToSlash(filepath.Dir(file)), file: file, test: strings.HasSuffix(file, "_test.go")}
		for _, i := range parsed.Imports {
			src.imports = append(src.imports, strings.Trim(i.Path.Value, `"`))
		}
		all = append(all, src)
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}

// TestRulesRefuse shows that the rules bite.
func TestRulesRefuse(t *testing.T) {
	for name, tc := range map[string]struct{ dir, imported string }{
		"the domain imports a port":                    {"domain", "ports"},
		"a port imports a use case":                    {"ports", "application/chats"},
		"one service's use cases import another's":     {"application/chats", "application/messages"},
		"a use case imports an adapter":                {"application/users", "adapters/memory"},
		"an adapter imports another":                   {"adapters/httpapi", "adapters/memory"},
		"an adapter calls a service past its client":   {"adapters/kafka", "adapters/internal/servicecall"},
		"the serving side makes calls":                 {"adapters/httpapi", "adapters/internal/servicecall"},
		"an adapter imports the contracts":             {"adapters/memory", "ports/portstest"},
		"the pure codec imports the domain":            {"adapters/socketio/eio", "domain"},
		"the SDK imports the domain":                   {"sdk", "domain"},
		"a program imports an adapter past the wiring": {"cmd/chat", "adapters/sqlite"},
		"the scenario imports more than the SDK":       {"cmd/internal/scenario", "adapters/memory"},
		"the load driver imports more than the SDK":    {"cmd/chatctl/internal/bench", "domain"},
		"the verifier opens stores itself":             {"cmd/internal/verify", "adapters/sqlite"},
	} {
		t.Run(name, func(t *testing.T) {
			ring, known := ringOf(tc.dir)
			require.True(t, known)
			assert.False(t, allowed(tc.dir, ring, tc.imported))
		})
	}
	t.Run("Go in a folder of no ring", func(t *testing.T) {
		_, known := ringOf("utils")
		assert.False(t, known)
	})
}
