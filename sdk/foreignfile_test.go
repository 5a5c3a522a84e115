package sdk_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

// TestAForeignFileIsRefusedAndLeftAsItIs, as an outbox and as positions.
func TestAForeignFileIsRefusedAndLeftAsItIs(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		ann, id := s.user("ann")
		ben, _ := s.user("ben")
		group := s.AddGroup("team", id)
		folder := t.TempDir()
		file := func(name string) string { return filepath.Join(folder, name) }

		s.down("POST " + messagesPath(group))
		o := openOutbox(t, ann, file("outbox of ann"))
		put(t, o, group, "hello")
		o.Close()
		positions := openPositions(t, file("positions"))
		require.NoError(t, positions.Save(t.Context(), sdk.Positions{group: {}}))
		positions.Close()
		for name, content := range map[string]string{
			"a line": "shopping list", "a line and its end": "shopping list\n", "JSON": "{\"milk\":1}\n", "an outbox of tomorrow": `{"journal":"outbox","version":2}` + "\n",
			"an outbox of elsewhere": `{"journal":"outbox","version":1,"server":"http://elsewhere"}` + "\n",
		} {
			require.NoError(t, os.WriteFile(file(name), []byte(content), 0o600))
		}

		untouched := func(name string, open func(path string) error) {
			t.Helper()
			before, err := os.ReadFile(file(name))
			require.NoError(t, err)
			require.ErrorIs(t, open(file(name)), sdk.ErrForeignFile, name)
			after, err := os.ReadFile(file(name))
			require.NoError(t, err)
			require.Equal(t, string(before), string(after), name)
		}
		outbox := func(c *sdk.Client) func(string) error {
			return func(path string) error { return second(c.OpenOutbox(t.Context(), path)) }
		}
		for _, name := range []string{"a line", "a line and its end", "JSON", "positions", "an outbox of tomorrow", "an outbox of elsewhere"} {
			untouched(name, outbox(ann))
		}
		untouched("outbox of ann", outbox(ben))
		for _, name := range []string{"a line", "a line and its end", "JSON", "outbox of ann"} {
			untouched(name, func(path string) error { return second(sdk.OpenPositionFile(path)) })
		}
		require.Len(t, openOutbox(t, ann, file("outbox of ann")).Pending(), 1)
	})
}

// TestFilesOfTheReleaseBeforeAreTakenOver: they have no first line that says what they are.
func TestFilesOfTheReleaseBeforeAreTakenOver(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		ann, id := s.user("ann")
		group := s.AddGroup("team", id)
		path := filepath.Join(t.TempDir(), "outbox")
		old := `{"conversation_id":"` + group + `","client_msg_id":"1","body":"old"}` + "\n" + `{"conversation_id":"` + group + `","client_msg_id":"2","bo`
		require.NoError(t, os.WriteFile(path, []byte(old), 0o600))
		o := openOutbox(t, ann, path)
		require.NoError(t, o.Flush(t.Context()))
		o.Close()
		require.Equal(t, []string{"old"}, s.previews(group))
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Contains(t, string(data), `{"journal":"outbox","version":1,`)

		path = filepath.Join(t.TempDir(), "positions")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		openPositions(t, path).Close()
	})
}

// TestWhatOneUserLeftIsNotSentAsAnother, also when users change while the outbox is open.
func TestWhatOneUserLeftIsNotSentAsAnother(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, ann := s.user("ann")
		ben := s.AddUser("ben")
		group := s.AddGroup("team", ann, ben)
		path := filepath.Join(t.TempDir(), "outbox")
		o := openOutbox(t, c, path)
		s.SetFault(func(*http.Request) fakechat.Fault { return fakechat.Fault{Drop: true} })
		put(t, o, group, "of ann")
		pass(time.Minute)
		s.SetFault(nil)
		_, err := c.Login(t.Context(), "ben@example.com", "password")
		require.NoError(t, err)
		pass(time.Hour)
		require.Empty(t, s.previews(group))
		require.Len(t, o.Pending(), 1)
		_, err = c.Login(t.Context(), "ann@example.com", "password")
		require.NoError(t, err)
		require.NoError(t, o.Flush(t.Context()))
		require.Equal(t, []string{"of ann"}, s.previews(group))
	})
}
