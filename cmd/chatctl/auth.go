package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"chatsystem/sdk"
)

func (a *app) registerCommand() *cobra.Command {
	return &cobra.Command{
		Use: "register EMAIL USERNAME", Short: "Make an account and sign in", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.signIn(cmd.Context(), func(ctx context.Context, c *sdk.Client, password string) (sdk.User, error) {
				return c.Register(ctx, sdk.Registration{Email: args[0], Password: password, Username: args[1]})
			})
		},
	}
}

func (a *app) loginCommand() *cobra.Command {
	return &cobra.Command{
		Use: "login EMAIL", Short: "Sign in", Args: cobra.ExactArgs(1),
		Long: "Signs in, and stays signed in until `chatctl logout`. The password is asked for, or read from CHATCTL_PASSWORD\nor, without a terminal, from the first line of the input.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.signIn(cmd.Context(), func(ctx context.Context, c *sdk.Client, password string) (sdk.User, error) {
				return c.Login(ctx, args[0], password)
			})
		},
	}
}

// signIn begins a session in a folder that has none.
func (a *app) signIn(ctx context.Context, begin func(context.Context, *sdk.Client, string) (sdk.User, error)) error {
	s, err := a.session()
	if err != nil {
		return err
	}
	in, err := s.alive()
	if err != nil {
		return err
	}
	if in {
		return fmt.Errorf("signed in as %s at %s: `chatctl logout` first", s.profile.Username, s.profile.Server)
	}
	server := a.serverOf(s)
	c, err := a.newClient(server, sdk.WithTokenStore(s.tokens))
	if err != nil {
		return usageError{err}
	}
	password, err := a.password()
	if err != nil {
		return err
	}
	p := profile{Server: server}
	if err := s.save(p); err != nil { // before there are tokens: it says where they may go
		return err
	}
	if p.User, err = begin(ctx, c, password); err != nil {
		return err
	}
	if err := s.save(p); err != nil {
		return err
	}
	return a.print(p, fmt.Sprintf("Signed in as %s at %s.", line(p.Username), server))
}

// password returns the password without showing it.
func (a *app) password() (string, error) {
	if password := a.env["CHATCTL_PASSWORD"]; password != "" {
		return password, nil
	}
	if a.readSecret != nil {
		a.say("Password:")
		password, err := a.readSecret()
		return string(password), err
	}
	line, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func (a *app) logoutCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "logout", Short: "End the session", Args: cobra.NoArgs,
		RunE: a.signedIn(func(ctx context.Context, c *sdk.Client, _ []string) error {
			end := c.Logout
			if all {
				end = c.LogoutAll
			}
			if err := end(ctx); err != nil {
				return err
			}
			return a.print(struct{}{}, "Signed out.")
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "end every session of the account")
	return cmd
}

func (a *app) whoamiCommand() *cobra.Command {
	return &cobra.Command{
		Use: "whoami", Short: "Show who is signed in", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, p, err := a.account()
			if err != nil {
				return err
			}
			if p.User, err = c.Me(cmd.Context()); err != nil {
				return err
			}
			return a.print(p, fmt.Sprintf("%s <%s> at %s", line(p.Username), line(p.Email), p.Server))
		},
	}
}

func (a *app) sessionsCommand() *cobra.Command {
	var revoke string
	cmd := &cobra.Command{
		Use: "sessions", Short: "Show where the account is signed in, or sign out elsewhere", Args: cobra.NoArgs,
		RunE: a.signedIn(func(ctx context.Context, c *sdk.Client, _ []string) error {
			if revoke != "" {
				if err := c.RevokeSession(ctx, revoke); err != nil {
					return err
				}
				return a.print(struct{}{}, "The session has ended.")
			}
			sessions, err := c.Sessions(ctx)
			if err != nil {
				return err
			}
			return table(a, sessions, []any{"SESSION", "CLIENT", "LAST ACTIVE", ""}, func(s sdk.Session) []any {
				mark := ""
				if s.Current {
					mark = "this one"
				}
				return []any{s.SessionID, line(s.UserAgent), when(s.LastActiveAt), mark}
			})
		}),
	}
	cmd.Flags().StringVar(&revoke, "revoke", "", "end the session with this id")
	return cmd
}
