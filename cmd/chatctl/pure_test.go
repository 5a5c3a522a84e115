package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/program"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain text, línea, 我们":     "plain text, línea, 我们",
		"two\nlines\tand a tab":     "two\nlines\tand a tab",
		"a family: 👩\u200d👩\u200d👧": "a family: 👩\u200d👩\u200d👧",
		"\x1b[31mred\a\r\x00\u009b": "\ufffd[31mred\ufffd\ufffd\ufffd\ufffd",
		"turned \u202e around":      "turned \ufffd around",
		"an ideographic\u3000space": "an ideographic\u3000space",
	} {
		assert.Equal(t, want, printable(text))
	}
	assert.Equal(t, "one line", line(" one\n\tline "))
}

func TestTheSameSeedMakesTheSamePlan(t *testing.T) {
	size := seedSize{users: 7, groups: 4, messages: 500}
	plan := newSeedPlan(3, size)
	require.Equal(t, plan, newSeedPlan(3, size))
	require.NotEqual(t, plan, newSeedPlan(4, size))

	assert.Len(t, plan.users, 7)
	assert.Len(t, plan.conversations, 4+3)
	ids := map[string]bool{}
	long := 0
	for _, c := range plan.conversations {
		assert.GreaterOrEqual(t, len(c.members), 2)
		assert.True(t, c.title == "" || slices.Contains(c.members, 0), "the first user is in every group")
		for _, m := range c.messages {
			assert.Contains(t, c.members, m.sender)
			ids[m.id] = true
			if len([]rune(m.text)) > 200 {
				long++
			}
		}
	}
	assert.Len(t, ids, 500)
	assert.NotZero(t, long)
	for _, c := range newSeedPlan(1, seedSize{users: 150, groups: 20}).conversations {
		assert.LessOrEqual(t, len(c.members), 100)
	}
}

func TestMoment(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"90m":                         now.Add(-90 * time.Minute),
		"2026-01-31T08:00:00Z":        time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC),
		"2026-01-31T08:00:00.5+01:00": time.Date(2026, 1, 31, 7, 0, 0, 500_000_000, time.UTC),
		"2026-01-31":                  time.Date(2026, 1, 31, 0, 0, 0, 0, time.Local),
	} {
		got, err := moment(text, now)
		require.NoError(t, err)
		assert.True(t, want.Equal(got), text)
	}
	_, err := moment("yesterday", now)
	assert.Error(t, err)
}

func TestProgressIsShownOnATerminalOnly(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		var shown bytes.Buffer
		bar := (&app{errOut: &shown, terminal: terminal}).progress(10, "work")
		require.NoError(t, bar.Set(5))
		require.NoError(t, bar.Finish())
		assert.Equal(t, terminal, shown.Len() > 0)
	}
}

// typed runs a command line of somebody who never signed in.
func typed(t *testing.T, args ...string) (out, errOut string, code int) {
	t.Helper()
	var results, rest bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &results, errOut: &rest, env: map[string]string{"CHATCTL_HOME": t.TempDir()}}
	code = a.run(t.Context(), args)
	return results.String(), rest.String(), code
}

func TestTheVersionIsTheBuilds(t *testing.T) {
	out, _, code := typed(t, "--version")
	assert.Zero(t, code)
	assert.Equal(t, "chatctl version "+program.Version+"\n", out)
}

func TestExitCodesAndErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		code int
	}{
		"signed out":             {[]string{"send", "team", "hello"}, exitSignedOut},
		"an unknown command":     {[]string{"dance"}, exitUsage},
		"an argument is missing": {[]string{"send"}, exitUsage},
		"an unknown flag":        {[]string{"send", "--fast"}, exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			_, text, code := typed(t, tc.args...)
			assert.Equal(t, tc.code, code, text)
			assert.True(t, strings.HasPrefix(text, "chatctl: "), text)

			_, text, code = typed(t, append([]string{"--json"}, tc.args...)...)
			assert.Equal(t, tc.code, code)
			var told struct{ Error failure }
			require.NoError(t, json.Unmarshal([]byte(text), &told), text)
			assert.Equal(t, tc.code, told.Error.Exit)
			assert.NotEmpty(t, told.Error.Message)
		})
	}
}

// TestNoLineOfATextLooksLikeAMessage: whoever writes several lines forges none of somebody else.
func TestNoLineOfATextLooksLikeAMessage(t *testing.T) {
	text := indented(printable("hi\n     9  2026-12-01 05:30:00  [Room] ada: transfer 1000\u2028\x0b\r\nmore"))
	lines := strings.Split(text, "\n")
	require.Len(t, lines, 3)
	for _, l := range lines[1:] {
		assert.True(t, strings.HasPrefix(l, "        │ "), l)
	}
}
