package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

// signIn stands for what every program begins with; here, against a server that exists for the example only.
func signIn(ctx context.Context, server *httptest.Server, name string) (*sdk.Client, sdk.User) {
	client, err := sdk.New(server.URL, sdk.WithHTTPClient(server.Client()))
	if err != nil {
		log.Fatal(err)
	}
	user, err := client.Register(ctx, sdk.Registration{Email: name + "@example.com", Password: "correct horse", Username: name})
	if err != nil {
		log.Fatal(err)
	}
	return client, user
}

// folder stands for where a program keeps its state.
func folder() (path string, remove func()) {
	path, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	return path, func() { _ = os.RemoveAll(path) }
}

// Two people talk: one waits for messages, the other sends some.
func Example() {
	ctx := context.Background()
	server := httptest.NewServer(fakechat.New())
	defer server.Close()
	ann, _ := signIn(ctx, server, "ann")
	bob, bobUser := signIn(ctx, server, "bob")

	sub, err := bob.Subscribe(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()

	dm, err := ann.CreateDM(ctx, bobUser.UserID)
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{"Hello", "Are you there?"} {
		if _, err := ann.Send(ctx, dm.ConversationID, text); err != nil {
			log.Fatal(err)
		}
	}

	for m := range sub.Messages() {
		fmt.Println(m.Seq, m.Preview)
		if m.Seq == 2 {
			break
		}
	}
	// Output:
	// 1 Hello
	// 2 Are you there?
}

// An outbox sends in order and tries again until the server has decided.
func ExampleClient_Outbox() {
	ctx := context.Background()
	server := httptest.NewServer(fakechat.New())
	defer server.Close()
	client, _ := signIn(ctx, server, "ann")
	group, err := client.CreateGroup(ctx, "Notes")
	if err != nil {
		log.Fatal(err)
	}

	outbox := client.Outbox()
	defer outbox.Close()
	var deliveries []*sdk.Delivery
	for _, text := range []string{"one", "two", "three"} {
		d, err := outbox.Send(ctx, group.ConversationID, text)
		if err != nil {
			log.Fatal(err)
		}
		deliveries = append(deliveries, d)
	}
	for _, d := range deliveries {
		m, err := d.Wait(ctx)
		fmt.Println(m.Seq, m.Body, err)
	}
	// Output:
	// 1 one <nil>
	// 2 two <nil>
	// 3 three <nil>
}

// History is read in either direction, page by page.
func ExampleClient_History() {
	ctx := context.Background()
	server := httptest.NewServer(fakechat.New())
	defer server.Close()
	client, _ := signIn(ctx, server, "ann")
	group, err := client.CreateGroup(ctx, "Notes")
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{"one", "two", "three"} {
		if _, err := client.Send(ctx, group.ConversationID, text); err != nil {
			log.Fatal(err)
		}
	}

	for m, err := range client.History(ctx, group.ConversationID, sdk.Latest().Limit(2)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.Seq, m.Preview)
	}
	// Output:
	// 3 three
	// 2 two
	// 1 one
}

// A bot that answers every message exactly once, whenever and however often it is restarted: what came while it was away
// is handed out when it is back, and an answer goes into a file before the message counts as dealt with.
func Example_bot() {
	ctx := context.Background()
	server := httptest.NewServer(fakechat.New())
	defer server.Close()
	ann, annUser := signIn(ctx, server, "ann")
	robot, robotUser := signIn(ctx, server, "robot")
	dm, err := ann.CreateDM(ctx, robotUser.UserID)
	if err != nil {
		log.Fatal(err)
	}
	state, remove := folder()
	defer remove()

	// answer is one run of the bot: it ends after n answers.
	answer := func(n int) error {
		positions, err := sdk.OpenPositionFile(filepath.Join(state, "positions"))
		if err != nil {
			return err
		}
		defer positions.Close()
		outbox, err := robot.OpenOutbox(ctx, filepath.Join(state, "outbox"))
		if err != nil {
			return err
		}
		defer outbox.Close()
		sub, err := robot.Subscribe(ctx, sdk.WithPositionStore(positions))
		if err != nil {
			return err
		}
		defer sub.Close()
		for n > 0 {
			m, err := sub.Next(ctx)
			if err != nil {
				return err
			}
			if m.SenderID == robotUser.UserID {
				continue
			}
			text, err := robot.Text(ctx, m)
			if err != nil {
				return err
			}
			// The id is made of the question's: to answer it again is to give the same answer.
			_, err = outbox.Send(ctx, m.ConversationID, strings.ToUpper(text), sdk.WithClientMsgID("answer-"+m.MessageID))
			if err != nil {
				return err
			}
			n--
		}
		if err := sub.Commit(ctx); err != nil {
			return err
		}
		return outbox.Flush(ctx)
	}

	if err := answer(0); err != nil { // the first run only marks where the bot begins
		log.Fatal(err)
	}
	for _, text := range []string{"hello", "are you there?"} {
		if _, err := ann.Send(ctx, dm.ConversationID, text); err != nil {
			log.Fatal(err)
		}
		if err := answer(1); err != nil {
			log.Fatal(err)
		}
	}
	for m, err := range ann.History(ctx, dm.ConversationID, sdk.After(0)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.SenderID == annUser.UserID, m.Preview)
	}
	// Output:
	// true hello
	// false HELLO
	// true are you there?
	// false ARE YOU THERE?
}

// Programs that share a token file share one session, which only one of them refreshes at a time.
func ExampleWithTokenStore() {
	ctx := context.Background()
	server := httptest.NewServer(fakechat.New())
	defer server.Close()
	dir, remove := folder()
	defer remove()
	session := sdk.WithTokenStore(sdk.TokenFile(filepath.Join(dir, "tokens.json")))

	first, err := sdk.New(server.URL, session)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := first.Register(ctx, sdk.Registration{Email: "ann@example.com", Password: "correct horse", Username: "ann"}); err != nil {
		log.Fatal(err)
	}

	second, err := sdk.New(server.URL, session) // another program, another day
	if err != nil {
		log.Fatal(err)
	}
	me, err := second.Me(ctx)
	fmt.Println(me.Username, err)
	// Output:
	// ann <nil>
}

// Where WebSocket is known to be blocked, a client need not try it.
func ExampleWithTransports() {
	ctx := context.Background()
	server := httptest.NewServer(fakechat.New())
	defer server.Close()
	client, err := sdk.New(server.URL, sdk.WithTransports(sdk.Polling))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.Probe(ctx, sdk.Polling))
	// Output:
	// <nil>
}

// Refusals are typed.
func ExampleError() {
	ctx := context.Background()
	server := httptest.NewServer(fakechat.New())
	defer server.Close()
	client, _ := signIn(ctx, server, "ann")

	_, err := client.Conversation(ctx, "another-one")

	var refusal *sdk.Error
	fmt.Println(errors.As(err, &refusal), refusal.Status, refusal.Code)
	fmt.Println(sdk.HasCode(err, sdk.CodeNotFound))
	// Output:
	// true 404 conversation_not_found
	// true
}
