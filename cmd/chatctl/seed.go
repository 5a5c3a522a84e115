package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"chatsystem/sdk"
)

// seeder makes what a plan says on a server. Running it again makes nothing twice.
type seeder struct {
	app      *app
	plan     seedPlan
	password string
	clients  []*sdk.Client
	ids      []string // of the users
	bar      *progressbar.ProgressBar
}

// seedResult says what there is after seeding.
type seedResult struct {
	Users         []string `json:"users"` // e-mail addresses
	Password      string   `json:"password"`
	Conversations int      `json:"conversations"`
	Messages      int      `json:"messages"`
}

func (a *app) seedCommand() *cobra.Command {
	var seed uint64
	var size seedSize
	var password string
	cmd := &cobra.Command{
		Use: "seed", Short: "Fill a server with demo users, groups and messages", Args: cobra.NoArgs,
		Long: "Makes demo users, groups, direct conversations and messages. The same --seed makes the same ones: run it again, after an\ninterruption for example, and it adds only what is missing. It needs nobody signed in, and does not sign in anybody.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if size.users < 2 || size.groups < 0 || size.messages < 0 {
				return usageError{errors.New("--users must be 2 or more, --groups and --messages 0 or more")}
			}
			s := &seeder{app: a, plan: newSeedPlan(seed, size), password: password}
			s.bar = a.progress(int64(size.users+len(s.plan.conversations)+size.messages), "seed")
			defer func() { _ = s.bar.Finish() }()
			err := s.run(cmd.Context())
			for _, c := range s.clients {
				_ = c.Logout(cmd.Context()) // else the session ends by itself in a week
			}
			if err != nil {
				return err
			}
			result := seedResult{Password: password, Conversations: len(s.plan.conversations), Messages: size.messages}
			for _, u := range s.plan.users {
				result.Users = append(result.Users, u.email)
			}
			return a.print(result, fmt.Sprintf("%d users, %d conversations, %d messages. Sign in as %s, for example, with the password %q.",
				size.users, result.Conversations, size.messages, result.Users[0], password))
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 1, "what to make: the same number, the same content")
	cmd.Flags().IntVar(&size.users, "users", 8, "how many users")
	cmd.Flags().IntVar(&size.groups, "groups", 3, "how many groups")
	cmd.Flags().IntVar(&size.messages, "messages", 200, "how many messages")
	cmd.Flags().StringVar(&password, "password", "correct horse", "the password of all of them")
	return cmd
}

func (s *seeder) run(ctx context.Context) error {
	for _, u := range s.plan.users {
		if err := s.enter(ctx, u); err != nil {
			return fmt.Errorf("user %s: %w", u.name, err)
		}
		s.step()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	const atOnce = 8
	slots := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for _, c := range s.plan.conversations {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			if err := s.fill(ctx, c); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("conversation %q: %w", c.title, err))
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

func (s *seeder) step() { _ = s.bar.Add(1) } // a bar that cannot be drawn is no failure

// enter makes an account, or signs in to the one there is. Servers let few do that in a minute: it waits its turn.
func (s *seeder) enter(ctx context.Context, u seedUser) error {
	session, err := s.app.session()
	if err != nil {
		return err
	}
	c, err := s.app.newClient(s.app.serverOf(session))
	if err != nil {
		return usageError{err}
	}
	user, err := patiently(ctx, func() (sdk.User, error) {
		return c.Register(ctx, sdk.Registration{Email: u.email, Password: s.password, Username: u.name})
	})
	if sdk.HasCode(err, sdk.CodeEmailTaken) || sdk.HasCode(err, sdk.CodeUsernameTaken) {
		user, err = patiently(ctx, func() (sdk.User, error) { return c.Login(ctx, u.email, s.password) })
	}
	if err != nil {
		return err
	}
	s.clients, s.ids = append(s.clients, c), append(s.ids, user.UserID)
	return nil
}

// patiently calls f again as long as the server asks to wait.
func patiently[V any](ctx context.Context, f func() (V, error)) (V, error) {
	for {
		v, err := f()
		var refusal *sdk.Error
		if !errors.As(err, &refusal) || refusal.Code != sdk.CodeRateLimited {
			return v, err
		}
		select {
		case <-time.After(max(refusal.RetryAfter, time.Second)):
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
}

// fill makes a conversation and sends its messages, one after the other. Their ids make a repetition harmless.
func (s *seeder) fill(ctx context.Context, c seedConversation) error {
	conv, err := s.conversation(ctx, c)
	if err != nil {
		return err
	}
	s.step()
	for _, m := range c.messages {
		_, err := patiently(ctx, func() (sdk.Message, error) {
			return s.clients[m.sender].Send(ctx, conv.ConversationID, m.text, sdk.WithClientMsgID(m.id))
		})
		if err != nil {
			return err
		}
		s.step()
	}
	return nil
}

func (s *seeder) conversation(ctx context.Context, c seedConversation) (sdk.Conversation, error) {
	creator := s.clients[c.members[0]]
	var others []string
	for _, i := range c.members[1:] {
		others = append(others, s.ids[i])
	}
	if c.title == "" {
		return creator.CreateDM(ctx, others[0])
	}
	found, err := groupsNamed(ctx, creator, c.title)
	if err != nil || len(found) > 0 {
		return append(found, sdk.Conversation{})[0], err
	}
	return creator.CreateGroup(ctx, c.title, others...)
}
