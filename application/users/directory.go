package users

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"chatsystem/domain"
	"chatsystem/ports"
)

// SearchUsers finds people by e-mail or by the beginning of their username.
type SearchUsers struct{ directory ports.UserDirectory }

// NewSearchUsers returns the use case.
func NewSearchUsers(directory ports.UserDirectory) *SearchUsers { return &SearchUsers{directory} }

// Execute returns at most domain.MaxSearchResults people, by username.
func (uc *SearchUsers) Execute(ctx context.Context, q string) ([]domain.UserName, error) {
	q = strings.TrimSpace(q)
	n := utf8.RuneCountInString(q)
	if n < domain.MinSearchChars || n > domain.MaxEmailBytes || !utf8.ValidString(q) || strings.IndexByte(q, 0) >= 0 {
		return nil, domain.Invalid("q", "length", "q must be 2 to 255 characters: an e-mail or the beginning of a username.")
	}
	found, err := uc.directory.SearchUsers(ctx, q, domain.MaxSearchResults)
	if err != nil {
		return nil, fmt.Errorf("search users: %w", err)
	}
	return found, nil
}

// LookupUsers names people the caller shares or shared a conversation with.
type LookupUsers struct{ directory ports.UserDirectory }

// NewLookupUsers returns the use case.
func NewLookupUsers(directory ports.UserDirectory) *LookupUsers { return &LookupUsers{directory} }

// Execute returns those of ids the viewer may know, by id; the rest is left out.
func (uc *LookupUsers) Execute(ctx context.Context, viewer domain.UserID, ids []string) ([]domain.UserName, error) {
	if len(ids) < 1 || len(ids) > domain.MaxLookupIDs {
		return nil, domain.Invalid("ids", "count", "ids must name 1 to %d users.", domain.MaxLookupIDs)
	}
	parsed := make([]domain.UserID, 0, len(ids))
	for _, s := range ids {
		id, err := domain.ParseUserID("ids", s)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, id)
	}
	found, err := uc.directory.KnownUsers(ctx, viewer, parsed)
	if err != nil {
		return nil, fmt.Errorf("known users: %w", err)
	}
	return found, nil
}
