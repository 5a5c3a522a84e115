package portstest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// Ordinary is the message that docs/capacity.md counts with: sixty characters, as people write them all day.
func Ordinary() domain.Pointer {
	return domain.Pointer{
		Conversation: "0197f3a0-5c1e-7b42-9d6f-2f8a4b1c3d5e", ID: "01HN8X00000000000000000000", Seq: 123_456,
		Sender: "0197f3a0-5c1e-7b42-9d6f-000000000001", ClientMsgID: "0197f3a0-5c1e-7b42-9d6f-000000000002",
		CreatedAt: time.Date(2026, 1, 7, 12, 34, 56, 789e6, time.UTC), MembersVersion: 7,
		Preview: "Shall we meet at seven in front of the station, or is it late?",
	}
}

// Documented holds a figure of docs/capacity.md to what the code really needs, within a fraction of it. The table there names
// figures in its first column and has them in its second.
func Documented(t testing.TB, figure string, measured, within float64) {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil; _, err = os.Stat(filepath.Join(dir, "go.mod")) {
		require.NotEqual(t, filepath.Dir(dir), dir, "outside the module")
		dir = filepath.Dir(dir)
	}
	doc, err := os.ReadFile(filepath.Join(dir, "docs", "capacity.md"))
	require.NoError(t, err)
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 || strings.TrimSpace(cells[1]) != "`"+figure+"`" {
			continue
		}
		said, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(cells[2]), ",", ""), 64)
		require.NoError(t, err)
		require.InDelta(t, said, measured, within*said, "%s in docs/capacity.md", figure)
		return
	}
	require.Fail(t, "docs/capacity.md does not say "+figure, "it is %.4g", measured)
}
