package sdk

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Window says which part of a conversation's log is asked for. Make it with [After], [Before] or [Latest]; the zero
// Window is After(0).
type Window struct {
	query string // after_seq, before_seq or latest
	value string
	limit int // 0: the server's default, 50
}

// After is what follows seq, the lowest first; After(0) begins at the beginning. Resuming after the last seq seen never
// misses a message.
func After(seq int64) Window { return Window{query: "after_seq", value: strconv.FormatInt(seq, 10)} }

// Before is what precedes seq, the highest first.
func Before(seq int64) Window { return Window{query: "before_seq", value: strconv.FormatInt(seq, 10)} }

// Latest is the end of the log.
func Latest() Window { return Window{query: "latest", value: "true"} }

// Limit returns the window with pages of at most n messages, 1 to 200.
func (w Window) Limit(n int) Window {
	w.limit = n
	return w
}

func (w Window) ascending() bool { return w.query == "" || w.query == "after_seq" }

// next returns the window beyond page p, in the same direction.
func (w Window) next(p MessagePage) Window {
	if w.ascending() {
		return After(p.NextSeq - 1).Limit(w.limit)
	}
	return Before(p.FirstSeq).Limit(w.limit)
}

// Page returns one page of history. Its messages ascend, whatever the window.
func (c *Client) Page(ctx context.Context, conversationID string, w Window) (MessagePage, error) {
	var out MessagePage
	_, err := c.do(ctx, pageCall(conversationID, w, &out))
	return out, stepError("page", err)
}

func pageCall(conversationID string, w Window, out *MessagePage) call {
	query := url.Values{}
	if w.query != "" {
		query.Set(w.query, w.value)
	}
	if w.limit != 0 {
		query.Set("limit", strconv.Itoa(w.limit))
	}
	return call{method: http.MethodGet, path: messagesRoute(conversationID, "messages"), query: query, out: out, repeatable: true}
}

// History yields the messages from a window on, fetching page after page: upwards from [After], downwards (the newest
// first) from [Before] and [Latest]. It ends at the end of the log as it is then, or after the first error.
func (c *Client) History(ctx context.Context, conversationID string, from Window) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for w := from; ; {
			page, err := c.Page(ctx, conversationID, w)
			if err != nil {
				yield(Message{}, err)
				return
			}
			if !w.ascending() {
				slices.Reverse(page.Messages)
			}
			for _, m := range page.Messages {
				if !yield(m, nil) {
					return
				}
			}
			next := w.next(page)
			if !page.HasMore || next == w {
				return
			}
			w = next
		}
	}
}
