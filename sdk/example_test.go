package sdk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

// signIn stands for what every program begins with; here, against a server that exists for the example only.
func signIn(ctx context.Context, server *httptest.Server, name string) (*sdk.Client, sdk.User) {
	client, err := sdk.New(server.URL, sdk.WithHTTPClient(server.Client()))
	if err != nil {
		log.Fatal(err)
	}
	user, err := client.Register(ctx, name+"@example.com", "correct horse", name)
	if err != nil {
		log.Fatal(err)
	}
	return client, user
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

// A program that stores its positions misses nothing while it is away.
func ExampleWithPositions() {
	ctx := context.Background()
	server := httptest.NewServer(fakechat.New())
	defer server.Close()
	client, _ := signIn(ctx, server, "ann")
	group, err := client.CreateGroup(ctx, "Notes")
	if err != nil {
		log.Fatal(err)
	}
	first, err := client.Subscribe(ctx)
	if err != nil {
		log.Fatal(err)
	}
	stored, err := json.Marshal(first.Positions())
	if err != nil {
		log.Fatal(err)
	}
	first.Close()

	if _, err := client.Send(ctx, group.ConversationID, "sent while away"); err != nil {
		log.Fatal(err)
	}

	var positions sdk.Positions
	if err := json.Unmarshal(stored, &positions); err != nil {
		log.Fatal(err)
	}
	second, err := client.Subscribe(ctx, sdk.WithPositions(positions))
	if err != nil {
		log.Fatal(err)
	}
	defer second.Close()
	m, err := second.Next(ctx)
	fmt.Println(m.Preview, err)
	// Output:
	// sent while away <nil>
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
