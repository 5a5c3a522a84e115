//go:build integration

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// programs builds what docs/sdk.md shows, and returns the executables by name.
func programs(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "sdk.md"))
	require.NoError(t, err)
	built := map[string]string{}
	for _, block := range regexp.MustCompile("(?s)```go\n(// Command (\\w+) .*?)```").FindAllSubmatch(page, -1) {
		name := string(block[2])
		source := filepath.Join(t.TempDir(), name+".go")
		require.NoError(t, os.WriteFile(source, block[1], 0o600))
		built[name] = strings.TrimSuffix(source, ".go")
		out, err := exec.CommandContext(t.Context(), "go", "build", "-o", built[name], source).CombinedOutput()
		require.NoError(t, err, "%s: %s", name, out)
	}
	require.Len(t, built, 3)
	return built
}

// TestProgramsOfTheDocumentation runs the programs of docs/sdk.md, and kills them.
func TestProgramsOfTheDocumentation(t *testing.T) {
	t.Parallel()
	built := programs(t)
	server := serve(t)
	ada := registered(t, server, "ada")
	registered(t, server, "robot")
	history := func(who *person, conversation string) []any {
		return fields(who.objects("history", conversation, "-n", "200"), "preview")
	}
	// run starts a program in a folder, and returns what kills it.
	run := func(dir, name string, args ...string) func() {
		cmd := exec.Command(built[name], args...)
		cmd.Dir, cmd.Stderr = dir, t.Output()
		require.NoError(t, cmd.Start())
		kill := func() {
			if cmd.ProcessState == nil {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}
		}
		t.Cleanup(kill)
		return kill
	}
	becomes := func(who *person, conversation string, want []any) {
		t.Helper()
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			assert.Equal(c, want, history(who, conversation))
		}, 20*time.Second, 50*time.Millisecond)
	}

	t.Run("the bot answers once, also what it was asked while it was dead", func(t *testing.T) {
		dir := t.TempDir()
		ada.ok("dm", "robot")
		want := []any{}
		for i := range 3 {
			kill := run(dir, "bot", server, "robot@example.org", "correct horse")
			require.Eventually(t, func() bool { return saved(filepath.Join(dir, "bot.positions")) > 0 }, 20*time.Second, 10*time.Millisecond)
			ada.ok("send", "@robot", fmt.Sprint("live ", i))
			want = append(want, fmt.Sprint("live ", i), fmt.Sprint("LIVE ", i))
			becomes(ada, "@robot", want)
			kill()
			ada.ok("send", "@robot", fmt.Sprint("away ", i))
			want = append(want, fmt.Sprint("away ", i))
			if i < 2 {
				kill = run(dir, "bot", server, "robot@example.org", "correct horse")
				want = append(want, fmt.Sprint("AWAY ", i))
				becomes(ada, "@robot", want)
				kill()
			}
		}
	})
	t.Run("the import keeps the order and does nothing twice", func(t *testing.T) {
		group := ada.objects("group", "Archive")[0]["conversation_id"].(string)
		dir := t.TempDir()
		var lines []string
		var want []any
		for i := range 120 {
			lines = append(lines, fmt.Sprint("line ", i))
			want = append(want, fmt.Sprint("line ", i))
		}
		long := strings.Repeat("🦜", 100_000)
		load := func(name, content string) string {
			file := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			out, err := exec.CommandContext(t.Context(), built["import"], server, "ada@example.org", "correct horse", group, file).CombinedOutput()
			require.NoError(t, err, "%s", out)
			return string(out)
		}
		for range 2 {
			out := load("first", strings.Join(lines, "\n")+"\n\ncaf\xe9\n"+long)
			assert.Contains(t, out, "-121: ", "the empty line is reported")
			assert.Contains(t, out, "-122: ", "and what is no text")
		}
		load("second", "line 0\nanother file\n")
		want = append(want, strings.Repeat("🦜", 200), "line 0", "another file")
		assert.Equal(t, want, history(ada, group))
	})
	t.Run("the bridge carries everything to another server once", func(t *testing.T) {
		other := serve(t)
		ben := registered(t, other, "ben")
		here := ada.objects("group", "Here", "robot")[0]["conversation_id"].(string)
		there := ben.objects("group", "There")[0]["conversation_id"].(string)
		dir := t.TempDir()
		args := []string{server, "robot@example.org", "correct horse", here, other, "ben@example.org", "correct horse", there}
		want := []any{}
		for i := range 3 {
			kill := run(dir, "bridge", args...)
			require.Eventually(t, func() bool { return saved(filepath.Join(dir, "bridge.positions")) > 0 }, 20*time.Second, 10*time.Millisecond)
			ada.ok("send", here, fmt.Sprint("live ", i))
			want = append(want, fmt.Sprint("ada: live ", i))
			becomes(ben, there, want)
			kill()
			ada.ok("send", here, fmt.Sprint("away ", i))
			if i < 2 {
				want = append(want, fmt.Sprint("ada: away ", i))
			}
		}
	})
}

// saved returns how many records a file of the SDK holds, besides the line that says what it is.
func saved(path string) int {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	return max(0, strings.Count(string(data), "\n")-1)
}
