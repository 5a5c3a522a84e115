package sdk

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// conversationsPerPage is the most the server gives in one answer.
const conversationsPerPage = 200

// CreateDM returns the direct conversation with another user, which is made if it does not exist: there is one per
// pair of users.
func (c *Client) CreateDM(ctx context.Context, otherUserID string) (Conversation, error) {
	var out Conversation
	_, err := c.do(ctx, call{
		method: http.MethodPost, path: route("api", "chats", "conversations", "dm"),
		in: map[string]string{"other_user_id": otherUserID}, out: &out, repeatable: true,
	})
	return out, stepError("create DM", err)
}

// CreateGroup makes a group with the caller as its admin and the others as members, at most 100 in all.
func (c *Client) CreateGroup(ctx context.Context, title string, memberIDs ...string) (Conversation, error) {
	in := struct {
		Title     string   `json:"title"`
		MemberIDs []string `json:"member_ids"`
	}{title, append([]string{}, memberIDs...)} // [] rather than null
	var out Conversation
	_, err := c.do(ctx, call{method: http.MethodPost, path: route("api", "chats", "conversations", "group"), in: in, out: &out})
	return out, stepError("create group", err)
}

// Conversations yields the user's conversations, the one with the newest message first, fetching page after page. It
// ends after the first error. Each conversation that the user is a member of from beginning to end comes exactly once,
// even if messages move conversations meanwhile: some of those come last.
func (c *Client) Conversations(ctx context.Context) iter.Seq2[Conversation, error] {
	return func(yield func(Conversation, error) bool) {
		seen := map[string]bool{}
		for conv, err := range c.conversations(ctx, c.cfg.maxAttempts) {
			if err == nil && seen[conv.ConversationID] {
				continue
			}
			seen[conv.ConversationID] = true
			if !yield(conv, err) {
				return
			}
		}
	}
}

// conversations yields what the pages show: one that moves meanwhile may come twice.
func (c *Client) conversations(ctx context.Context, attempts int) iter.Seq2[Conversation, error] {
	return func(yield func(Conversation, error) bool) {
		query := url.Values{"limit": {strconv.Itoa(conversationsPerPage)}}
		for query != nil {
			var page []Conversation
			var header http.Header
			err := c.repeat(ctx, attempts, temporary, func() (err error) {
				page = nil
				header, err = c.try(ctx, call{
					method: http.MethodGet, path: route("api", "chats", "conversations"), query: query, out: &page,
				})
				return err
			})
			if err == nil && len(page) == 0 && nextPage(header) != nil {
				err = errors.New("an empty page has a next one")
			}
			if err != nil {
				yield(Conversation{}, stepError("conversations", err))
				return
			}
			for _, conv := range page {
				if !yield(conv, nil) {
					return
				}
			}
			query = nextPage(header)
		}
	}
}

// nextPage returns the query of the Link header's rel="next", or nil. Only the query counts: a token must not follow
// a link to another place.
func nextPage(header http.Header) url.Values {
	for link := range strings.SplitSeq(strings.Join(header.Values("Link"), ","), ",") {
		target, params, ok := strings.Cut(link, ">")
		_, target, opened := strings.Cut(target, "<")
		if !ok || !opened || !strings.Contains(strings.ReplaceAll(params, `"`, ""), "rel=next") {
			continue
		}
		if u, err := url.Parse(target); err == nil {
			return u.Query()
		}
	}
	return nil
}

// Conversation returns one conversation. One the user is not a member of does not exist to them: CodeNotFound.
func (c *Client) Conversation(ctx context.Context, conversationID string) (Conversation, error) {
	var out Conversation
	_, err := c.do(ctx, call{method: http.MethodGet, path: conversationRoute(conversationID), out: &out, repeatable: true})
	return out, stepError("conversation", err)
}

// Rename gives a group another title, 1 to 255 code points. Admins only: CodeAdminOnly.
func (c *Client) Rename(ctx context.Context, conversationID, title string) (Conversation, error) {
	var out Conversation
	_, err := c.do(ctx, call{
		method: http.MethodPatch, path: conversationRoute(conversationID),
		in: map[string]string{"title": title}, out: &out, repeatable: true,
	})
	return out, stepError("rename", err)
}

func conversationRoute(conversationID string, more ...string) string {
	return route(append([]string{"api", "chats", "conversations", conversationID}, more...)...)
}
