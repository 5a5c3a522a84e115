package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"chatsystem/sdk"
)

func (a *app) exportCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "export CONVERSATION", Short: "Write a conversation with whole texts, one JSON object per message", Args: cobra.ExactArgs(1),
	}
	cmd.RunE = a.inConversation(func(ctx context.Context, c *sdk.Client, conv sdk.Conversation, _ []string) error {
		if file == "" {
			_, err := a.export(ctx, c, conv, a.out)
			return err
		}
		n, err := a.exportFile(ctx, c, conv, file)
		if err != nil {
			return err
		}
		return a.print(struct {
			File     string `json:"file"`
			Messages int    `json:"messages"`
		}{file, n}, fmt.Sprintf("%d messages in %s.", n, file))
	})
	cmd.Flags().StringVarP(&file, "out", "o", "", "write to a file, which appears when it is complete")
	return cmd
}

// exportFile puts the file in place when all of it is written.
func (a *app) exportFile(ctx context.Context, c *sdk.Client, conv sdk.Conversation, path string) (int, error) {
	out, err := os.OpenFile(path+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := a.export(ctx, c, conv, out)
	if err = errors.Join(err, out.Close()); err != nil {
		os.Remove(out.Name())
		return 0, err
	}
	return n, os.Rename(out.Name(), path)
}

func (a *app) export(ctx context.Context, c *sdk.Client, conv sdk.Conversation, to io.Writer) (int, error) {
	bar := a.progress(conv.SettledSeq, "export")
	defer func() { _ = bar.Finish() }()
	out := bufio.NewWriter(to)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	n := 0
	for m, err := range c.History(ctx, conv.ConversationID, sdk.After(0).Limit(200)) {
		if err != nil {
			return n, err
		}
		if m.Body, err = c.Text(ctx, m); err != nil {
			return n, err
		}
		if err := enc.Encode(m); err != nil {
			return n, fmt.Errorf("write: %w", err)
		}
		n++
		_ = bar.Set64(min(m.Seq, conv.SettledSeq)) // a bar that cannot be drawn is no failure
	}
	if err := out.Flush(); err != nil {
		return n, fmt.Errorf("write: %w", err)
	}
	return n, nil
}
