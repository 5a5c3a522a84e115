package sdk_test

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

// TestNothingIsSilentlyAltered gives every method that sends a text one that would not arrive as it is: it is refused,
// and nothing is sent.
func TestNothingIsSilentlyAltered(t *testing.T) {
	methods := map[string]struct {
		field string
		call  func(ctx context.Context, c *sdk.Client, id, text string) error
	}{
		"Register's e-mail": {"email", func(ctx context.Context, c *sdk.Client, _, text string) error {
			return second(c.Register(ctx, sdk.Registration{Email: text, Password: "p", Username: "u"}))
		}},
		"Register's password": {"password", func(ctx context.Context, c *sdk.Client, _, text string) error {
			return second(c.Register(ctx, sdk.Registration{Email: "e", Password: text, Username: "u"}))
		}},
		"Register's name": {"username", func(ctx context.Context, c *sdk.Client, _, text string) error {
			return second(c.Register(ctx, sdk.Registration{Email: "e", Password: "p", Username: text}))
		}},
		"Login's e-mail":   {"email", func(ctx context.Context, c *sdk.Client, _, text string) error { return second(c.Login(ctx, text, "p")) }},
		"Login's password": {"password", func(ctx context.Context, c *sdk.Client, _, text string) error { return second(c.Login(ctx, "e", text)) }},
		"SetUsername": {"username", func(ctx context.Context, c *sdk.Client, _, text string) error {
			return second(c.SetUsername(ctx, text))
		}},
		"ChangePassword's old": {"old_password", func(ctx context.Context, c *sdk.Client, _, text string) error {
			return c.ChangePassword(ctx, text, "new")
		}},
		"ChangePassword's new": {"new_password", func(ctx context.Context, c *sdk.Client, _, text string) error {
			return c.ChangePassword(ctx, "old", text)
		}},
		"CreateGroup's title": {"title", func(ctx context.Context, c *sdk.Client, _, text string) error {
			return second(c.CreateGroup(ctx, text))
		}},
		"CreateGroup's members": {"member_ids[0]", func(ctx context.Context, c *sdk.Client, _, text string) error {
			return second(c.CreateGroup(ctx, "t", text))
		}},
		"CreateDM": {"other_user_id", func(ctx context.Context, c *sdk.Client, _, text string) error { return second(c.CreateDM(ctx, text)) }},
		"Rename": {"title", func(ctx context.Context, c *sdk.Client, id, text string) error {
			return second(c.Rename(ctx, id, text))
		}},
		"Invite": {"user_id", func(ctx context.Context, c *sdk.Client, id, text string) error {
			return second(c.Invite(ctx, id, text))
		}},
		"Join":        {"invite_id", func(ctx context.Context, c *sdk.Client, id, text string) error { return second(c.Join(ctx, id, text)) }},
		"Send's body": {"body", func(ctx context.Context, c *sdk.Client, id, text string) error { return second(c.Send(ctx, id, text)) }},
		"Send's id": {"client_msg_id", func(ctx context.Context, c *sdk.Client, id, text string) error {
			return second(c.Send(ctx, id, "x", sdk.WithClientMsgID(text)))
		}},
		"Outbox": {"body", func(ctx context.Context, c *sdk.Client, id, text string) error {
			o := c.Outbox()
			defer o.Close()
			return second(o.Send(ctx, id, text))
		}},
		"Outbox with a file": {"body", func(ctx context.Context, c *sdk.Client, id, text string) error {
			o, err := c.OpenOutbox(ctx, filepath.Join(t.TempDir(), "outbox"))
			if err != nil {
				return err
			}
			defer o.Close()
			return second(o.Send(ctx, id, text))
		}},
	}
	for name, m := range methods {
		for code, text := range map[string]string{"encoding": "caf\xe9", "nul": "a\x00b"} {
			t.Run(name+", "+code, func(t *testing.T) {
				inBubble(t, func(t *testing.T, s *chat) {
					c, id := s.user("ann")
					group := s.AddGroup("team", id)
					s.SetFault(func(r *http.Request) fakechat.Fault {
						require.Fail(t, "something is sent", "%s %s", r.Method, r.URL)
						return fakechat.Fault{}
					})
					err := m.call(t.Context(), c, group, text)
					var refused *sdk.Error
					require.ErrorAs(t, err, &refused)
					require.True(t, sdk.HasCode(err, sdk.CodeValidationFailed))
					require.Equal(t, m.field, refused.Fields[0].Field)
					require.Equal(t, code, refused.Fields[0].Code)
				})
			})
		}
	}
}

func second[T any](_ T, err error) error { return err }
