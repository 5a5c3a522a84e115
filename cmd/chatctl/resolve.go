package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"chatsystem/sdk"
)

var idPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// findUser returns the id of the user that a person means.
func findUser(ctx context.Context, c *sdk.Client, ref string) (string, error) {
	if idPattern.MatchString(ref) {
		return ref, nil
	}
	name := strings.TrimPrefix(ref, "@")
	found, err := c.Search(ctx, name)
	if err != nil {
		return "", err
	}
	byEmail := strings.Contains(name, "@")
	for _, u := range found {
		if byEmail && len(found) == 1 || strings.EqualFold(u.Username, name) {
			return u.UserID, nil
		}
	}
	return "", fmt.Errorf("there is no user %q", ref)
}

func findUsers(ctx context.Context, c *sdk.Client, refs []string) ([]string, error) {
	var ids []string
	for _, ref := range refs {
		id, err := findUser(ctx, c, ref)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// findConversation returns the conversation that a person means.
func findConversation(ctx context.Context, c *sdk.Client, ref string) (sdk.Conversation, error) {
	if idPattern.MatchString(ref) {
		return c.Conversation(ctx, ref)
	}
	if strings.HasPrefix(ref, "@") {
		id, err := findUser(ctx, c, ref)
		if err != nil {
			return sdk.Conversation{}, err
		}
		return c.CreateDM(ctx, id)
	}
	found, err := groupsNamed(ctx, c, ref)
	switch {
	case err != nil:
		return sdk.Conversation{}, err
	case len(found) == 0:
		return sdk.Conversation{}, fmt.Errorf("there is no conversation %q: `chatctl list` shows yours", ref)
	case len(found) > 1:
		return sdk.Conversation{}, fmt.Errorf("%d groups have the title %q: use an id, which `chatctl list` shows", len(found), ref)
	}
	return found[0], nil
}

func groupsNamed(ctx context.Context, c *sdk.Client, title string) ([]sdk.Conversation, error) {
	var found []sdk.Conversation
	for conv, err := range c.Conversations(ctx) {
		if err != nil {
			return nil, err
		}
		if conv.Type == sdk.Group && conv.Title == title {
			found = append(found, conv)
		}
	}
	return found, nil
}
