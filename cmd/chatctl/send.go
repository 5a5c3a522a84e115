package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"chatsystem/sdk"
)

// maxText is more than the largest message takes: 100,000 characters of 4 bytes.
const maxText = 500_000

func (a *app) sendCommand() *cobra.Command {
	var file, id string
	cmd := &cobra.Command{
		Use: "send CONVERSATION [TEXT...]", Short: "Send a message: the arguments, a file or the input", Args: cobra.MinimumNArgs(1),
		Long: "Sends a message: the words of the command line, the content of --file, or what comes in. It returns when the message\nis stored for good. To repeat a command whose outcome is not known without sending twice, give it a --client-msg-id.",
		RunE: a.inConversation(func(ctx context.Context, c *sdk.Client, conv sdk.Conversation, words []string) error {
			text, err := a.text(words, file)
			if err != nil {
				return err
			}
			var opts []sdk.SendOption
			if id != "" {
				opts = append(opts, sdk.WithClientMsgID(id))
			}
			m, err := c.Send(ctx, conv.ConversationID, text, opts...)
			if err != nil {
				return err
			}
			return a.print(m, fmt.Sprintf("Sent as %d.", m.Seq))
		}),
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "send the content of a file")
	cmd.Flags().StringVar(&id, "client-msg-id", "", "send at most once under this id")
	return cmd
}

// text returns what is to be sent; the line break that ends a file is not.
func (a *app) text(words []string, file string) (string, error) {
	if len(words) > 0 && file != "" {
		return "", usageError{errors.New("give a text or --file, not both")}
	}
	if len(words) > 0 {
		return strings.Join(words, " "), nil
	}
	in := a.in
	if file != "" {
		opened, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer opened.Close()
		in = opened
	}
	text, err := io.ReadAll(io.LimitReader(in, maxText))
	if err != nil {
		return "", fmt.Errorf("read the message: %w", err)
	}
	return strings.TrimSuffix(string(text), "\n"), nil
}
