// Package sdk is the Go client of the chat system: accounts, conversations, messages and live delivery over one server
// address. It depends on nothing of the server's code.
//
// # Two-minute tour
//
// A [Client] is one user on one server:
//
//	client, err := sdk.New("http://127.0.0.1:8080")
//	me, err := client.Login(ctx, "ann@example.com", "correct horse")
//
// Tokens are renewed by themselves. A program that wants to stay signed in, or several that share a session, keep them
// in a file:
//
//	client, err := sdk.New(url, sdk.WithTokenStore(sdk.TokenFile("session.json")))
//
// Conversations are direct or groups; lists are iterators that fetch page after page:
//
//	dm, err := client.CreateDM(ctx, bobID)
//	group, err := client.CreateGroup(ctx, "Team", bobID, carolID)
//	for conversation, err := range client.Conversations(ctx) { … }
//
// [Client.Send] returns when the message is stored for good, and may be retried without making a second one:
//
//	m, err := client.Send(ctx, dm.ConversationID, "Hello")
//
// To send many in order, whatever the network does, put them into an [Outbox]; with a file they survive the program:
//
//	outbox, err := client.OpenOutbox(ctx, "outbox")
//	defer outbox.Close()
//	delivery, err := outbox.Send(ctx, dm.ConversationID, "one after the other")
//	m, err = delivery.Wait(ctx)
//
// Every conversation is a log whose entries are numbered by seq. Read it in either direction:
//
//	for m, err := range client.History(ctx, dm.ConversationID, sdk.Latest()) { … } // newest first
//	for m, err := range client.History(ctx, dm.ConversationID, sdk.After(0)) { … } // from the beginning
//
// A [Subscription] hands out every message of every conversation exactly once, in order, through lost connections and
// restarts of the server. With a [PositionStore] it goes on after restarts of the program, too:
//
//	positions, err := sdk.OpenPositionFile("positions")
//	sub, err := client.Subscribe(ctx, sdk.WithPositionStore(positions))
//	for m := range sub.Messages() {
//		handle(m) // dealt with when the next one is asked for
//	}
//	return sub.Err()
//
// It comes over WebSocket, or over HTTP long-polling where that is blocked.
//
// What the server refuses is an [*Error] with a stable code:
//
//	if sdk.HasCode(err, sdk.CodeGroupFull) { … }
package sdk
