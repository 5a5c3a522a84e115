package sdk_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

func openOutbox(t *testing.T, c *sdk.Client, path string) *sdk.Outbox {
	t.Helper()
	o, err := c.OpenOutbox(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = o.Close() })
	return o
}

// put puts messages into an outbox.
func put(t *testing.T, o *sdk.Outbox, conversationID string, bodies ...string) []*sdk.Delivery {
	t.Helper()
	var all []*sdk.Delivery
	for _, body := range bodies {
		d, err := o.Send(t.Context(), conversationID, body)
		require.NoError(t, err)
		all = append(all, d)
	}
	return all
}

func (s *chat) previews(conversationID string) []string {
	var all []string
	for _, m := range s.Messages(conversationID) {
		all = append(all, m.Preview)
	}
	return all
}

func TestAnOutboxWithAFileSurvivesTheProgram(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		one, two := s.AddGroup("one", id), s.AddGroup("two", id)
		path := filepath.Join(t.TempDir(), "outbox")
		s.SetFault(func(*http.Request) fakechat.Fault { return fakechat.Fault{Drop: true} })
		o := openOutbox(t, c, path)
		deliveries := put(t, o, one, "1", "2", "3")
		put(t, o, two, "a", "b")
		pass(time.Minute)
		deliveries[1].Cancel()
		o.Close()
		_, err := deliveries[0].Wait(t.Context())
		require.ErrorIs(t, err, sdk.ErrOutboxClosed)

		o = openOutbox(t, c, path)
		require.Len(t, o.Pending(), 4, "looked at while nothing can be sent")
		s.SetFault(nil)
		put(t, o, one, "4")
		require.NoError(t, o.Flush(t.Context()))

		require.Equal(t, []string{"1", "3", "4"}, s.previews(one))
		require.Equal(t, []string{"a", "b"}, s.previews(two))
		o.Close()
		require.Empty(t, openOutbox(t, c, path).Pending())
	})
}

func TestAMessageSentAgainAfterACrashStaysOne(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		path := filepath.Join(t.TempDir(), "outbox")
		o := openOutbox(t, c, path)
		s.SlowAnswers("POST "+messagesPath(group), time.Second)
		put(t, o, group, "1", "2", "3")
		crashed, err := os.ReadFile(path) // as it would be found: the first is sent, its answer on the way
		require.NoError(t, err)
		require.NoError(t, o.Flush(t.Context()))
		o.Close()
		require.NoError(t, os.WriteFile(path, crashed, 0o600))

		o = openOutbox(t, c, path)
		require.Len(t, o.Pending(), 3)
		require.NoError(t, o.Flush(t.Context()))

		require.Equal(t, []string{"1", "2", "3"}, s.previews(group))
	})
}

func TestAnOutboxWithAFileWaitsForSomebodyToSignIn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		id := s.AddUser("ann")
		group := s.AddGroup("team", id)
		c := s.client()
		o := openOutbox(t, c, filepath.Join(t.TempDir(), "outbox"))
		put(t, o, group, "hello")
		pass(time.Hour)
		require.Len(t, o.Pending(), 1)

		_, err := c.Login(t.Context(), "ann@example.com", "password")
		require.NoError(t, err)
		require.NoError(t, o.Flush(t.Context()))

		require.Equal(t, []string{"hello"}, s.previews(group))
	})
}

func TestARefusedMessageIsNotKept(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		path := filepath.Join(t.TempDir(), "outbox")
		o := openOutbox(t, c, path)
		deliveries := put(t, o, group, "", "good")
		require.NoError(t, o.Flush(t.Context()))
		_, err := deliveries[0].Wait(t.Context())
		require.True(t, sdk.HasCode(err, sdk.CodeValidationFailed))
		o.Close()
		require.Empty(t, openOutbox(t, c, path).Pending())
		require.Equal(t, []string{"good"}, s.previews(group))
	})
}

func TestAnOutboxFileStaysSmall(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		path := filepath.Join(t.TempDir(), "outbox")
		o := openOutbox(t, c, path)
		body := strings.Repeat("x", 50_000)
		for range 100 {
			put(t, o, group, body)
			require.NoError(t, o.Flush(t.Context()))
		}
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Less(t, info.Size(), int64(1_200_000))

		s.down("POST " + messagesPath(group))
		for i := range 30 {
			put(t, o, group, fmt.Sprint(i, body))
		}
		o.Close()
		require.Len(t, openOutbox(t, c, path).Pending(), 30)
	})
}

func TestAnOutboxFileIsOpenOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		path := filepath.Join(t.TempDir(), "outbox")
		o := openOutbox(t, c, path)
		_, err := c.OpenOutbox(t.Context(), path)
		require.ErrorIs(t, err, sdk.ErrFileInUse)
		o.Close()
		_, err = o.Send(t.Context(), s.AddGroup("team", id), "too late")
		require.ErrorIs(t, err, sdk.ErrOutboxClosed)
		require.Empty(t, openOutbox(t, c, path).Pending())
	})
}

func TestFlushEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		s.down("POST " + messagesPath(group))
		o := c.Outbox()
		defer o.Close()
		put(t, o, group, "hello")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, o.Flush(ctx), context.DeadlineExceeded)
	})
}
