package simulation

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestThePlantedBugsAreDocumented compares the table of docs/simulation.md with what is planted.
func TestThePlantedBugsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/simulation.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| planted bug |")
	require.True(t, found)
	var documented []string
	for _, line := range strings.Split(table, "\n")[2:] {
		if !strings.HasPrefix(line, "| ") {
			break
		}
		documented = append(documented, line)
	}
	var planted []string
	for _, b := range plantedBugs {
		planted = append(planted, fmt.Sprintf("| %s | %s | %s | %d |", b.name, b.rule, b.promises, b.within))
	}
	require.Equal(t, planted, documented)
}
