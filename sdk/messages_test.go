package sdk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

func TestSendIsSafeToRetry(t *testing.T) {
	tests := map[string][]fakechat.Fault{
		"when the request is lost":          {{Drop: true}},
		"when the answer is lost":           {{LoseAnswer: true}, {LoseAnswer: true}},
		"when the server is overloaded":     {{Status: 429, RetryAfter: 2}},
		"when a part of the server is down": {{Status: 503}, {LoseAnswer: true}, {Status: 500}},
	}
	for name, faults := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *chat) {
				c, id := s.user("ann")
				group := s.AddGroup("team", id)
				s.failing("POST "+messagesPath(group), faults...)

				m, err := c.Send(t.Context(), group, "hello")

				require.NoError(t, err)
				require.Equal(t, "hello", m.Body)
				require.Len(t, s.Messages(group), 1)
				require.Equal(t, s.Messages(group)[0].MessageID, m.MessageID)
			})
		})
	}
}

func TestSendWithAnIDOfOnesOwn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)

		first, err := c.Send(t.Context(), group, "hello", sdk.WithClientMsgID("mine"))
		require.NoError(t, err)
		again, err := c.Send(t.Context(), group, "hello", sdk.WithClientMsgID("mine"))
		require.NoError(t, err)
		require.Equal(t, first, again)

		_, err = c.Send(t.Context(), group, "another text", sdk.WithClientMsgID("mine"))
		require.True(t, sdk.HasCode(err, sdk.CodeClientMsgIDReused))
	})
}

func TestSendsDoNotShareAnID(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		for range 3 {
			_, err := c.Send(t.Context(), group, "the same")
			require.NoError(t, err)
		}
		require.Len(t, s.Messages(group), 3)
	})
}

func TestSendGivesUp(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann", sdk.WithMaxAttempts(3))
		group := s.AddGroup("team", id)
		s.down("POST " + messagesPath(group))

		_, err := c.Send(t.Context(), group, "hello")

		require.True(t, sdk.HasCode(err, sdk.CodeUnavailable))
		require.Equal(t, 3, s.Requests("POST "+messagesPath(group)))
	})
}

func TestMessageHasTheWholeBody(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		long := strings.Repeat("ä", 5000)
		sent, err := c.Send(t.Context(), group, long)
		require.NoError(t, err)
		require.True(t, sent.HasMore)

		m, err := c.Message(t.Context(), group, sent.MessageID)

		require.NoError(t, err)
		require.Equal(t, sent, m)
		require.Equal(t, long, m.Body)
	})
}

func TestText(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		long := strings.Repeat("ä", 5000)
		for _, body := range []string{"short", long} {
			_, err := c.Send(t.Context(), group, body)
			require.NoError(t, err)
		}
		var texts []string
		for m, err := range c.History(t.Context(), group, sdk.After(0)) {
			require.NoError(t, err)
			text, err := c.Text(t.Context(), m)
			require.NoError(t, err)
			texts = append(texts, text)
		}
		require.Equal(t, []string{"short", long}, texts)
		require.Equal(t, 1, s.Requests("GET "+messagesPath(group)+"/"+s.Messages(group)[1].MessageID))
	})
}

func TestHistory(t *testing.T) {
	tests := map[string]struct {
		window sdk.Window
		want   []int64
	}{
		"from the beginning":           {sdk.After(0), []int64{1, 2, 3, 5, 6}},
		"the zero window":              {sdk.Window{}, []int64{1, 2, 3, 5, 6}},
		"in small pages":               {sdk.After(0).Limit(2), []int64{1, 2, 3, 5, 6}},
		"after a seq":                  {sdk.After(3).Limit(1), []int64{5, 6}},
		"after the end":                {sdk.After(6), nil},
		"backwards from the end":       {sdk.Latest(), []int64{6, 5, 3, 2, 1}},
		"backwards in small pages":     {sdk.Latest().Limit(2), []int64{6, 5, 3, 2, 1}},
		"backwards from a seq":         {sdk.Before(5).Limit(1), []int64{3, 2, 1}},
		"backwards from the beginning": {sdk.Before(1), nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *chat) {
				c, id := s.user("ann")
				group := s.AddGroup("team", id)
				for i := range 6 {
					if i == 3 {
						s.Void(group, s.Allocate(group))
						continue
					}
					s.Post(group, id, fmt.Sprint(i))
				}
				s.Allocate(group) // what is not settled is not there

				var got []int64
				for m, err := range c.History(t.Context(), group, tc.window) {
					require.NoError(t, err)
					got = append(got, m.Seq)
				}

				require.Equal(t, tc.want, got)
			})
		})
	}
}

func TestHistoryEndsAfterAnError(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		n := 0
		for _, err := range c.History(t.Context(), "nothing", sdk.Latest()) {
			require.True(t, sdk.HasCode(err, sdk.CodeNotFound))
			n++
		}
		require.Equal(t, 1, n)
	})
}

func TestPage(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		for range 5 {
			s.Post(group, id, "m")
		}

		p, err := c.Page(t.Context(), group, sdk.Before(5).Limit(2))

		require.NoError(t, err)
		require.Equal(t, []int64{3, 4}, []int64{p.Messages[0].Seq, p.Messages[1].Seq}, "ascending, always")
		require.Equal(t, []int64{3, 5}, []int64{p.FirstSeq, p.NextSeq})
		require.True(t, p.HasMore)
	})
}

func messagesPath(conversationID string) string {
	return "/api/messages/conversations/" + conversationID + "/messages"
}
