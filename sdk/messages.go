package sdk

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
)

// SendOption changes one message that is sent.
type SendOption func(*draft)

// draft is a message on its way: what every attempt sends.
type draft struct {
	ClientMsgID string `json:"client_msg_id"`
	Body        string `json:"body"`
}

// WithClientMsgID sets the id that makes repeats of a message one message: 1 to 64 printable ASCII characters without
// spaces, new for every message. Unless given it is random. A program that may be restarted before it knows the
// outcome stores the id first and sends again with it.
func WithClientMsgID(id string) SendOption {
	return func(d *draft) { d.ClientMsgID = id }
}

func newDraft(body string, opts []SendOption) draft {
	d := draft{ClientMsgID: rand.Text(), Body: body}
	for _, opt := range opts {
		opt(&d)
	}
	return d
}

// Send sends a message, 1 to 100,000 code points, and returns it as stored, with its Body. Once it returned without an
// error the message is never lost.
//
// Network errors, 429 and 5xx are retried under the same client_msg_id, so that no retry makes a second message. An
// error after that leaves open whether the message was stored, unless it is an [*Error] with a 4xx status other than
// 429. Concurrent calls are not ordered among themselves: that is what [Client.Outbox] does.
func (c *Client) Send(ctx context.Context, conversationID, body string, opts ...SendOption) (Message, error) {
	var m Message
	d := newDraft(body, opts)
	err := c.repeat(ctx, c.cfg.maxAttempts, temporary, func() (err error) {
		m, err = c.sendOnce(ctx, conversationID, d)
		return err
	})
	return m, stepError("send", err)
}

// sendOnce makes one attempt, and tells the subscriptions of its success.
func (c *Client) sendOnce(ctx context.Context, conversationID string, d draft) (Message, error) {
	var m Message
	_, err := c.try(ctx, call{method: http.MethodPost, path: messagesRoute(conversationID, "messages"), in: d, out: &m})
	if err != nil {
		return Message{}, err
	}
	c.announce(m)
	return m, nil
}

// Message returns one message with its whole Body.
func (c *Client) Message(ctx context.Context, conversationID, messageID string) (Message, error) {
	var out Message
	_, err := c.do(ctx, call{
		method: http.MethodGet, path: messagesRoute(conversationID, "messages", messageID),
		query: url.Values{"fields": {"full"}}, out: &out, repeatable: true,
	})
	return out, stepError("message", err)
}

// Text returns a message's whole text, which is fetched if the message does not carry it.
func (c *Client) Text(ctx context.Context, m Message) (string, error) {
	switch {
	case m.Body != "":
		return m.Body, nil
	case !m.HasMore:
		return m.Preview, nil
	}
	full, err := c.Message(ctx, m.ConversationID, m.MessageID)
	return full.Body, err
}

// MarkRead moves the user's read mark up to seq; it never moves back, and not beyond the conversation's LastSeq.
func (c *Client) MarkRead(ctx context.Context, conversationID string, seq int64) (ReadMark, error) {
	var out ReadMark
	_, err := c.do(ctx, call{
		method: http.MethodPost, path: messagesRoute(conversationID, "read"),
		in: map[string]int64{"last_read_seq": seq}, out: &out, repeatable: true,
	})
	return out, stepError("mark read", err)
}

func messagesRoute(conversationID string, more ...string) string {
	return route(append([]string{"api", "messages", "conversations", conversationID}, more...)...)
}
