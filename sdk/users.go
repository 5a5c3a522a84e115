package sdk

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxLookup is how many ids one request may carry.
const maxLookup = 100

// Search finds people by a whole e-mail address or by the beginning of their username (at least 2 code points), at
// most 20.
func (c *Client) Search(ctx context.Context, query string) ([]UserName, error) {
	var out []UserName
	_, err := c.do(ctx, call{
		method: http.MethodGet, path: route("api", "users", "search"), query: url.Values{"q": {query}}, out: &out, repeatable: true,
	})
	return out, stepError("search", err)
}

// Lookup returns the names of people whom the user shares or shared a conversation with; other ids are left out. It
// takes any number of ids, in requests of 100. The order is not that of the ids.
func (c *Client) Lookup(ctx context.Context, userIDs ...string) ([]UserName, error) {
	var names []UserName
	for ids := range slices.Chunk(userIDs, maxLookup) {
		var out []UserName
		_, err := c.do(ctx, call{
			method: http.MethodGet, path: route("api", "users"), query: url.Values{"ids": {strings.Join(ids, ",")}},
			out: &out, repeatable: true,
		})
		if err != nil {
			return nil, stepError("lookup", err)
		}
		names = append(names, out...)
	}
	return names, nil
}
