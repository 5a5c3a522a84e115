package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"chatsystem/sdk"
)

// The limits of what happens while somebody waits for the shell.
const (
	completionTimeout = 2 * time.Second
	completionLimit   = 100
)

// completeConversation offers the names of conversations, the newest message first, for the argument that is one.
func (a *app) completeConversation(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 && !strings.Contains(cmd.Use, "CONVERSATION...") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c, _, err := a.account(sdk.WithMaxAttempts(1))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp // there is nobody to tell
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
	defer cancel()
	var names []cobra.Completion
	for conv, err := range c.Conversations(ctx) {
		if err != nil || len(names) == completionLimit {
			break
		}
		if name := title(conv); strings.HasPrefix(name, begun) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
