package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"chatsystem/sdk"
)

// table prints rows in columns under a header, or each as JSON.
func table[R any](a *app, rows []R, header []any, columns func(R) []any) error {
	if a.json {
		for _, r := range rows {
			if err := a.print(r, ""); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	lines := [][]any{header}
	for _, r := range rows {
		lines = append(lines, columns(r))
	}
	for _, cells := range lines {
		format := strings.Repeat("%v\t", len(cells)-1) + "%v"
		fmt.Fprintln(w, fmt.Sprintf(format, cells...))
	}
	return w.Flush()
}

// say tells the person something that is no result.
func (a *app) say(format string, args ...any) { fmt.Fprintln(a.errOut, fmt.Sprintf(format, args...)) }

// when is a time as people read it.
func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// printable is text of others without what would steer the terminal or turn the direction of what follows. Other format
// characters stay: they join letters and emoji.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', unicode.IsGraphic(r):
			return r
		case unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Bidi_Control, r):
			return r
		default:
			return unicode.ReplacementChar
		}
	}, text)
}

// indented marks the lines of a text after its first, so that none of them looks like a message of its own.
func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n        │ ") }

// line is printable text on one line.
func line(text string) string { return strings.Join(strings.Fields(printable(text)), " ") }

// title is what people call a conversation.
func title(c sdk.Conversation) string {
	if c.Peer != nil {
		return "@" + line(c.Peer.Username)
	}
	return line(c.Title)
}

// messagePrinter prints messages with their senders' names.
type messagePrinter struct {
	app    *app
	client *sdk.Client
	names  map[string]string // by user id
	titles map[string]string // by conversation id; nil: there is one conversation only
}

func (a *app) messagePrinter(c *sdk.Client) *messagePrinter {
	return &messagePrinter{app: a, client: c, names: make(map[string]string)}
}

func (p *messagePrinter) print(ctx context.Context, m sdk.Message) error {
	if p.app.json {
		return p.app.print(m, "")
	}
	name, err := p.name(ctx, m.SenderID)
	if err != nil {
		return err
	}
	where := ""
	if p.titles != nil {
		where = "[" + p.titles[m.ConversationID] + "] "
	}
	text := indented(printable(m.Preview))
	if m.HasMore {
		text += fmt.Sprintf("… (read-more %d)", m.Seq)
	}
	return p.app.print(m, fmt.Sprintf("%6d  %s  %s%s: %s", m.Seq, when(m.CreatedAt), where, name, text))
}

// name returns a sender's name, asking for each once.
func (p *messagePrinter) name(ctx context.Context, id string) (string, error) {
	if name, known := p.names[id]; known {
		return name, nil
	}
	found, err := p.client.Lookup(ctx, id)
	if err != nil {
		return "", err
	}
	p.names[id] = id
	for _, u := range found {
		p.names[u.UserID] = line(u.Username)
	}
	return p.names[id], nil
}
