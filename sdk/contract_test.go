package sdk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// document is the server's OpenAPI document.
func document(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "adapters", "httpapi", "openapi.yaml"))
	require.NoError(t, err)
	return string(data)
}

func source(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var all strings.Builder
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			data, err := os.ReadFile(f)
			require.NoError(t, err)
			all.Write(data)
		}
	}
	return all.String()
}

func TestEveryCodeOfTheDocumentHasAName(t *testing.T) {
	var codes []string
	for _, list := range regexp.MustCompile(`x-codes: \[(.*)\]`).FindAllStringSubmatch(document(t), -1) {
		codes = append(codes, strings.Split(list[1], ", ")...)
	}
	slices.Sort(codes)
	codes = append(slices.Compact(codes), "route_not_found", "method_not_allowed", "session_revoked", "too_many_connections")
	require.Greater(t, len(codes), 25)
	src := source(t)
	for _, code := range codes {
		require.Regexp(t, `Code\w+ += "`+code+`"`, src)
	}
}

func TestEveryPathOfTheDocumentIsCalled(t *testing.T) {
	src := source(t)
	for _, p := range regexp.MustCompile(`(?m)^  (/api/\S+):$`).FindAllStringSubmatch(document(t), -1) {
		segments := strings.Split(strings.TrimPrefix(p[1], "/"), "/")
		last := segments[len(segments)-1]
		if strings.HasPrefix(last, "{") {
			last = segments[len(segments)-2]
		}
		require.Contains(t, src, `"`+last+`"`, p[1])
	}
}
