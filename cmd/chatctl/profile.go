package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/program"
	"chatsystem/sdk"
)

// The files of a session.
const (
	profileFile = "profile.json"
	tokensFile  = "tokens.json"
)

const defaultServer = "http://127.0.0.1:8080"

// profile is whose session it is, and where.
type profile struct {
	Server string `json:"server"`
	sdk.User
}

// session is a profile with its tokens, in one folder.
type session struct {
	dir     string
	profile profile // zero: none
	tokens  sdk.TokenStore
}

func (a *app) session() (session, error) {
	dir, err := a.home()
	if err != nil {
		return session{}, err
	}
	s := session{dir: dir, tokens: sdk.TokenFile(filepath.Join(dir, tokensFile))}
	data, err := os.ReadFile(filepath.Join(dir, profileFile))
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s.profile)
	}
	if err != nil {
		return session{}, fmt.Errorf("read the session: %w", err)
	}
	return s, nil
}

func (s session) save(p profile) error {
	data, err := json.MarshalIndent(p, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(s.dir, profileFile), append(data, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("save the session: %w", err)
	}
	return nil
}

// alive tells whether the session has tokens.
func (s session) alive() (bool, error) {
	t, err := s.tokens.Load()
	return t != (sdk.Tokens{}), err
}

// serverOf returns the server a command is to talk to.
func (a *app) serverOf(s session) string {
	for _, server := range []string{a.server, a.env["CHATCTL_SERVER"], s.profile.Server} {
		if server != "" {
			return server
		}
	}
	return defaultServer
}

// newClient returns a client that is signed out.
func (a *app) newClient(server string, opts ...sdk.Option) (*sdk.Client, error) {
	return sdk.New(server, append([]sdk.Option{sdk.WithUserAgent("chatctl/" + program.Version)}, opts...)...)
}

// account returns the client of who is signed in. Tokens go to no other server than the one they are from.
func (a *app) account(opts ...sdk.Option) (*sdk.Client, profile, error) {
	s, err := a.session()
	if err != nil {
		return nil, profile{}, err
	}
	in, err := s.alive()
	if err != nil {
		return nil, profile{}, err
	}
	server := a.serverOf(s)
	if !in || server != s.profile.Server {
		return nil, profile{}, fmt.Errorf("at %s: %w", server, sdk.ErrSignedOut)
	}
	c, err := a.newClient(server, append(opts, sdk.WithTokenStore(s.tokens))...)
	return c, s.profile, err
}

// runner is what cobra runs.
type runner = func(*cobra.Command, []string) error

// signedIn runs f with the client of who is signed in.
func (a *app) signedIn(f func(ctx context.Context, c *sdk.Client, args []string) error) runner {
	return func(cmd *cobra.Command, args []string) error {
		c, _, err := a.account()
		if err != nil {
			return err
		}
		return f(cmd.Context(), c, args)
	}
}

// inConversation runs f with the conversation that the first argument means, and the other arguments.
func (a *app) inConversation(f func(ctx context.Context, c *sdk.Client, conv sdk.Conversation, args []string) error) runner {
	return a.signedIn(func(ctx context.Context, c *sdk.Client, args []string) error {
		conv, err := findConversation(ctx, c, args[0])
		if err != nil {
			return err
		}
		return f(ctx, c, conv, args[1:])
	})
}
