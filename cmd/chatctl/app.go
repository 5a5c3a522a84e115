package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/program"
	"chatsystem/sdk"
)

// The exit codes besides 0.
const (
	exitFailure   = 1 // something went wrong
	exitUsage     = 2 // the command line is wrong
	exitSignedOut = 3 // nobody is signed in, or the session has ended
)

// app is what all commands work with.
type app struct {
	in         io.Reader
	out        io.Writer // results
	errOut     io.Writer // everything else
	env        map[string]string
	terminal   bool                   // errOut is one: progress may be shown
	readSecret func() ([]byte, error) // reads without echo; nil: in is no terminal

	server string // --server
	json   bool   // --json
}

// usageError is what the person who typed the command has to change.
type usageError struct{ error }

// run executes a command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	cmd := a.command()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var usage usageError
	code, text := exitFailure, err.Error()
	switch {
	case errors.As(err, &usage), strings.HasPrefix(text, "unknown command"): // cobra's own, which has no type
		code = exitUsage
	case errors.Is(err, sdk.ErrSignedOut):
		code, text = exitSignedOut, text+": `chatctl login` begins a session"
	}
	a.tellError(err, text, code)
	return code
}

// failure is an error as --json tells it.
type failure struct {
	Exit      int              `json:"exit_code"`
	Message   string           `json:"message"`
	Status    int              `json:"status,omitempty"` // of HTTP, if the server refused
	Code      string           `json:"code,omitempty"`
	Fields    []sdk.FieldError `json:"errors,omitempty"`
	RequestID string           `json:"request_id,omitempty"`
}

// tellError says what went wrong, with --json as one object on stderr.
func (a *app) tellError(err error, text string, code int) {
	if !a.json {
		a.say("chatctl: %s", text)
		return
	}
	told := failure{Exit: code, Message: text}
	var refused *sdk.Error
	if errors.As(err, &refused) {
		told.Status, told.Code, told.Fields, told.RequestID = refused.Status, refused.Code, refused.Fields, refused.RequestID
	}
	enc := json.NewEncoder(a.errOut)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(map[string]failure{"error": told}) // who reads nothing hears nothing
}

const help = `chatctl is a chat client for terminals and scripts.

A CONVERSATION is an id, the title of a group, or @USER for the direct conversation with somebody.
A USER is a username, with or without @, an e-mail address or an id.

--json prints one JSON object per line, also for an error, on stderr. Exit codes: 0 done, 1 something failed, 2 the command line is wrong,
3 nobody is signed in. Environment variables:
  CHATCTL_HOME      where the session is kept (default: chatctl in the user's configuration folder)
  CHATCTL_SERVER    the server, unless --server is given (default: the one signed in to, or http://127.0.0.1:8080)
  CHATCTL_PASSWORD  the password, so that it is not asked for`

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use: "chatctl", Short: "A chat client for terminals and scripts", Long: help, Version: program.Version,
		SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringVar(&a.server, "server", "", "the server's address, such as https://chat.example.com")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON object per line")
	root.AddCommand(
		a.registerCommand(), a.loginCommand(), a.logoutCommand(), a.whoamiCommand(), a.sessionsCommand(),
		a.listCommand(), a.dmCommand(), a.groupCommand(), a.membersCommand(), a.leaveCommand(),
		a.inviteCommand(), a.invitesCommand(), a.joinCommand(), a.declineCommand(),
		a.sendCommand(), a.tailCommand(), a.historyCommand(), a.readMoreCommand(), a.exportCommand(),
		a.seedCommand(), a.doctorCommand(), a.benchCommand(), a.verifyCommand(),
	)
	for _, c := range append(root.Commands(), root) {
		markUsage(c)
		if strings.Contains(c.Use, "CONVERSATION") {
			c.ValidArgsFunction = a.completeConversation
		}
	}
	return root
}

// markUsage has wrong arguments reported as such.
func markUsage(c *cobra.Command) {
	check := c.Args
	if check == nil { // any will do
		return
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w\nUsage: %s", err, cmd.UseLine())}
		}
		return nil
	}
}

// print writes a result: as JSON, or as text says.
func (a *app) print(result any, text string) error {
	if !a.json {
		_, err := fmt.Fprintln(a.out, text)
		return err
	}
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(result)
}

// home returns the folder of the session, which it makes.
func (a *app) home() (string, error) {
	dir := a.env["CHATCTL_HOME"]
	if dir == "" {
		base, err := os.UserConfigDir()
		if err != nil {
			return "", fmt.Errorf("set CHATCTL_HOME: %w", err)
		}
		dir = filepath.Join(base, "chatctl")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("folder of the session: %w", err)
	}
	return dir, nil
}
