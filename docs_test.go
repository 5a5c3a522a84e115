package chatsystem_test

import (
	"os"
	"path/filepath"
	"regexp"
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
