package chatsystem_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// link is a link of Markdown to a file, without the part within it.
var link = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)

// TestDecisionsAreListed holds the list of decisions to the files: all of them, in order.
func TestDecisionsAreListed(t *testing.T) {
	files, err := filepath.Glob("docs/adr/[0-9]*.md")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for i, f := range files {
		files[i] = filepath.Base(f)
	}
	assert.Equal(t, files, linksOf(t, "docs/adr/README.md"))
}

// TestDocumentsLinkToWhatIsThere fails on a link to a file that was moved.
func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md"} {
		documents, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, d := range documents {
			for _, target := range linksOf(t, d) {
				_, err := os.Stat(filepath.Join(filepath.Dir(d), target))
				assert.NoError(t, err, "linked from %s", d)
			}
		}
	}
}

// shown is how docs/delivery.md names a test: a link to its file, then its name or that of its part.
var shown = regexp.MustCompile(`\[[^\]]+\]\(([^)]+)\)\s"([^"]+)"`)

// TestEachPromiseIsShownByATest holds docs/delivery.md to the tests that it names, and every row to naming one.
func TestEachPromiseIsShownByATest(t *testing.T) {
	text, err := os.ReadFile("docs/delivery.md")
	require.NoError(t, err)
	isTest := regexp.MustCompile(`(_test\.go|/portstest/\w+\.go|\.(test|spec)\.(ts|mjs)|^testdata/.*\.json)$`)
	space := regexp.MustCompile(`\s+`)
	for _, m := range shown.FindAllStringSubmatch(string(text), -1) {
		file, name := filepath.Join("docs", m[1]), space.ReplaceAllString(m[2], " ")
		assert.Regexp(t, isTest, filepath.ToSlash(file))
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		there := strings.Contains(string(source), "func "+name+"(") || strings.Contains(string(source), `"`+name+`"`)
		assert.True(t, there, "%s has no test %q", file, name)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasSuffix(strings.TrimSpace(line), "shown by |") || strings.HasPrefix(line, "| do not") {
			continue
		}
		rows++
		assert.Regexp(t, shown, line, "a promise that no test shows")
	}
	assert.Greater(t, rows, 40)
}

func linksOf(t *testing.T, document string) []string {
	t.Helper()
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	var targets []string
	for _, m := range link.FindAllStringSubmatch(string(text), -1) {
		targets = append(targets, m[1])
	}
	return targets
}
