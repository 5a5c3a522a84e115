// Command chatctl is the chat system's client for terminals and scripts, built on the SDK alone but for what operators do to
// the stores.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"chatsystem/cmd/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	a := &app{
		in: os.Stdin, out: os.Stdout, errOut: os.Stderr, env: config.Environment(),
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		a.readSecret = func() ([]byte, error) { return term.ReadPassword(fd) }
	}
	os.Exit(a.run(ctx, os.Args[1:]))
}
