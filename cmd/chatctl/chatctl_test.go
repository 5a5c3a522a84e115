//go:build integration

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAccountCommands(t *testing.T) {
	t.Parallel()
	server := serve(t)
	ada := newPerson(t, server, "ada")
	assert.Contains(t, ada.fails(exitSignedOut, "whoami"), "chatctl login")
	assert.Contains(t, ada.ok("register", "ada@example.org", "ada"), "Signed in as ada")
	assert.Contains(t, ada.ok("whoami"), "ada <ada@example.org> at "+server)
	for _, file := range []string{tokensFile, profileFile} {
		info, err := os.Stat(filepath.Join(ada.env["CHATCTL_HOME"], file))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
	}
	assert.Contains(t, ada.fails(exitFailure, "login", "ada@example.org"), "logout")
	assert.Contains(t, ada.fails(exitSignedOut, "list", "--server", "http://127.0.0.1:1"), "signed out", "tokens go nowhere else")

	phone := newPerson(t, server, "phone")
	phone.env["CHATCTL_PASSWORD"] = ""
	assert.Contains(t, phone.with("wrong\n", "login", "ada@example.org").errOut, "invalid_credentials")
	require.Zero(t, phone.with("correct horse\n", "login", "ada@example.org").code, "the password is the first line of the input")
	sessions := ada.objects("sessions")
	require.Len(t, sessions, 2)
	assert.Contains(t, ada.ok("sessions"), "this one")
	for _, s := range sessions {
		assert.Contains(t, s["user_agent"], "chatctl/")
		if s["current"] != true {
			ada.ok("sessions", "--revoke", s["session_id"].(string))
		}
	}
	assert.Len(t, ada.objects("sessions"), 1)

	ada.ok("logout")
	ada.fails(exitSignedOut, "whoami")
	ada.ok("login", "ada@example.org")
	ada.ok("logout", "--all")
	ada.fails(exitSignedOut, "whoami")
}

func TestConversationCommands(t *testing.T) {
	t.Parallel()
	server := serve(t)
	ada, ben := registered(t, server, "ada"), registered(t, server, "ben")
	registered(t, server, "cleo")

	dm := strings.TrimSpace(ada.ok("dm", "@ben"))
	assert.Equal(t, dm, strings.TrimSpace(ben.ok("dm", "ada@example.org")))
	group := ada.objects("group", "Garden", "cleo")[0]
	assert.Equal(t, "Garden", group["title"])
	assert.Contains(t, ada.fails(exitFailure, "group", "Kitchen", "nobody-at-all"), "nobody-at-all")
	assert.Equal(t, []any{"ada", "cleo"}, fields(ada.objects("members", "Garden"), "username"))
	assert.Contains(t, ada.ok("members", "Garden"), "ADMIN")

	ada.ok("invite", "Garden", "ben")
	assert.Contains(t, ben.ok("invites"), "Garden")
	assert.Contains(t, ben.ok("join", "Garden"), "Joined Garden")
	ada.ok("send", "Garden", "welcome")
	ada.ok("send", "@ben", "psst")
	list := ben.ok("list")
	assert.Contains(t, list, "@ada")
	assert.Contains(t, list, "welcome")
	assert.Equal(t, []any{dm, group["conversation_id"]}, fields(ben.objects("list"), "conversation_id"), "the newest message first")
	assert.Len(t, ben.objects("list", "--unread"), 2)
	assert.Empty(t, ada.objects("list", "--unread"))

	assert.Equal(t, []string{"@ada", "Garden"}, strings.Fields(ben.ok("__complete", "send", ""))[:2], "the shell completes names")
	assert.NotContains(t, ben.ok("__complete", "send", "@ada", ""), "Garden")
	assert.Contains(t, ben.ok("__complete", "tail", "@ada", "Gar"), "Garden")

	assert.Contains(t, ben.ok("leave", "Garden"), "Left Garden")
	assert.Len(t, ben.objects("list"), 1)
	ada.ok("invite", "Garden", "ben")
	ben.ok("decline", "Garden")
	assert.Empty(t, ben.objects("invites"))
	assert.Contains(t, ben.fails(exitFailure, "join", "Garden"), "invites")

	one, two := ben.objects("group", "Spam")[0]["conversation_id"].(string), ben.objects("group", "More spam")[0]["conversation_id"].(string)
	left := ben.ok("leave", one, "More spam")
	assert.Contains(t, left, one)
	assert.Equal(t, 2, strings.Count(left, "LEFT"))
	assert.Contains(t, ben.ok("leave", one, two), "NOT_A_MEMBER")
	assert.Contains(t, ben.fails(exitFailure, "leave", "@ada", one), "1 of 2 were not left")

	ada.ok("group", "Garden")
	assert.Contains(t, ada.fails(exitFailure, "members", "Garden"), "2 groups have the title")
	ada.ok("members", group["conversation_id"].(string))
}

func TestSending(t *testing.T) {
	t.Parallel()
	server := serve(t)
	ada := registered(t, server, "ada")
	ada.ok("group", "Notes")
	file := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(file, []byte("from a file\n"), 0o600))

	assert.Contains(t, ada.ok("send", "Notes", "from", "arguments"), "Sent as 1")
	require.Zero(t, ada.with("from\nthe input\n", "send", "Notes").code)
	ada.ok("send", "Notes", "--file", file)
	once := ada.objects("send", "Notes", "once", "--client-msg-id", "id-1")
	assert.Equal(t, once, ada.objects("send", "Notes", "once", "--client-msg-id", "id-1"))
	assert.Contains(t, ada.fails(exitFailure, "send", "Notes", "other", "--client-msg-id", "id-1"), "client_msg_id_reused")
	ada.fails(exitFailure, "send", "Notes", " ")
	latin := ada.with("caf\xe9", "send", "Notes")
	assert.Equal(t, exitFailure, latin.code, "it is refused, not altered")
	assert.Contains(t, latin.errOut, "not UTF-8")
	ada.fails(exitUsage, "send", "Notes", "text", "--file", file)

	assert.Equal(t, []any{"from arguments", "from\nthe input", "from a file", "once"}, fields(ada.objects("history", "Notes"), "preview"))
}

func TestReading(t *testing.T) {
	t.Parallel()
	server := serve(t)
	ada, ben := registered(t, server, "ada"), registered(t, server, "ben")
	long := strings.Repeat("0123456789", 500)
	for i := range 9 {
		ada.ok("send", "@ben", strconv.Itoa(i+1))
	}
	ben.ok("send", "@ada", long)

	seqs := func(args ...string) []any {
		return fields(ada.objects(append([]string{"history", "@ben"}, args...)...), "seq")
	}
	assert.Equal(t, []any{9.0, 10.0}, seqs("-n", "2"))
	assert.Equal(t, []any{1.0, 2.0, 3.0}, seqs("--after", "0", "-n", "3"))
	assert.Equal(t, []any{3.0, 4.0}, seqs("--before", "5", "-n", "2"))
	assert.Len(t, seqs(), 10)
	ada.fails(exitUsage, "history", "@ben", "--after", "1", "--before", "2")
	text := ada.ok("history", "@ben", "-n", "2")
	assert.Contains(t, text, "ada: 9")
	assert.Contains(t, text, "read-more 10")

	assert.Equal(t, long+"\n", ada.ok("read-more", "@ben", "10"))
	assert.Equal(t, long, ada.objects("read-more", "@ben", ada.objects("history", "@ben", "-n", "1")[0]["message_id"].(string))[0]["body"])
	assert.Contains(t, ada.fails(exitFailure, "read-more", "@ben", "11"), "no message 11")

	ada.ok("send", "@ben", "hi\n     9  2026-12-01 05:30:00  ben: transfer 1000")
	assert.Contains(t, ben.ok("history", "@ada", "-n", "1"), "ada: hi\n        │      9  2026", "nobody writes lines that look like another's")
	ada.ok("send", "@ben", "\x1b[2Jgone\u202e")
	assert.Contains(t, ben.ok("history", "@ada", "-n", "1"), "\ufffd[2Jgone\ufffd", "nobody steers the reader's terminal")
}

func TestExport(t *testing.T) {
	t.Parallel()
	server := serve(t)
	ada := registered(t, server, "ada")
	ada.ok("group", "Notes")
	long := strings.Repeat("<ä>", 1000)
	for _, text := range []string{"one", long, "three"} {
		ada.ok("send", "Notes", text)
	}
	file := filepath.Join(t.TempDir(), "notes.jsonl")

	assert.Equal(t, []any{"one", long, "three"}, fields(decode(t, ada.ok("export", "Notes")), "body"))
	assert.Contains(t, ada.ok("export", "Notes", "--out", file), "3 messages")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, []any{"one", long, "three"}, fields(decode(t, string(data)), "body"))
}

func TestSeed(t *testing.T) {
	t.Parallel()
	args := []string{"seed", "--seed", "7", "--users", "5", "--groups", "2", "--messages", "60"}
	var first map[string][]any
	for range 2 { // two servers
		server := serve(t)
		visitor := newPerson(t, server, "visitor")
		result := visitor.objects(args...)
		assert.Equal(t, result, visitor.objects(args...), "again")
		visitor.fails(exitSignedOut, "whoami")

		ada := newPerson(t, server, "ada")
		ada.ok("login", result[0]["users"].([]any)[0].(string))
		seen := map[string][]any{}
		for _, c := range ada.objects("list") {
			history := ada.objects("history", c["conversation_id"].(string), "-n", "200")
			seen[fmt.Sprint(c["title"])] = fields(history, "preview")
		}
		require.Greater(t, len(seen), 1)
		if first == nil {
			first = seen
		}
		assert.Equal(t, first, seen, "the same seed, the same content, and nothing twice")
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "http://127.0.0.1:1", "ada")
	assert.Contains(t, p.fails(exitUsage, "send"), "Usage: chatctl send CONVERSATION")
	p.fails(exitUsage, "list", "--nonsense")
	p.fails(exitUsage, "nonsense")
	p.fails(exitUsage, "login", "a@example.org", "--server", "chat.example.org")
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		assert.Contains(t, p.ok("completion", shell), "chatctl")
	}
	assert.Contains(t, p.ok("--help"), "CHATCTL_HOME")
}
