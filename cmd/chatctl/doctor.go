package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"chatsystem/sdk"
)

// doctor looks at a deployment from where it runs.
type doctor struct {
	app    *app
	base   *url.URL
	origin string
	http   *http.Client
	client *sdk.Client // signed out
}

// check is one thing a doctor looks at.
type check struct {
	name   string
	advice string // what to change if it fails
	run    func(context.Context) (found string, err error)
}

// errSkipped says that a check was not made, and what it would take.
type errSkipped string

func (e errSkipped) Error() string { return string(e) }

// checkTimeout bounds each check.
const checkTimeout = 20 * time.Second

// finding is the outcome of a check.
type finding struct {
	Check    string  `json:"check"`
	Status   string  `json:"status"` // ok, failed or skipped
	Found    string  `json:"found"`
	Advice   string  `json:"advice,omitempty"`
	Duration float64 `json:"duration_ms"`
}

func (a *app) doctorCommand() *cobra.Command {
	var origin string
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check a deployment from here: network, API, real time, clocks, a message there and back", Args: cobra.NoArgs,
		Long: "Checks a deployment from here, and says for each failure what to change. A message is sent if somebody is signed in, in\na group \"" + doctorGroup + "\" that nobody else is in. The exit code is 1 if a check failed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := a.newDoctor(origin)
			if err != nil {
				return err
			}
			return d.examine(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&origin, "origin", "", "check that web pages of this origin may call, such as https://app.example.com")
	return cmd
}

func (a *app) newDoctor(origin string) (*doctor, error) {
	s, err := a.session()
	if err != nil {
		return nil, err
	}
	server := a.serverOf(s)
	client, err := a.newClient(server, sdk.WithMaxAttempts(1))
	if err != nil {
		return nil, usageError{err}
	}
	base, err := url.Parse(server)
	if err != nil {
		return nil, usageError{err}
	}
	return &doctor{app: a, base: base, origin: origin, http: &http.Client{Timeout: checkTimeout}, client: client}, nil
}

func (d *doctor) checks() []check {
	return []check{
		{"dns", "Check the spelling of the server's name, its DNS record and this machine's resolver.", d.dns},
		{"tls", "Renew or complete the certificate on the proxy (the whole chain), and check the name it is for.", d.tls},
		{"api", "Something else answers at this address: check --server, and that the proxy passes /api on to the services.", d.api},
		{"cors", "Put the origin into ALLOWED_ORIGINS, and have CORS headers set in one place only: the proxy or the services.", d.cors},
		{"websocket", "Have the proxy pass Upgrade and Connection on at /ws/socket.io/, over HTTP/1.1. Clients use long-polling meanwhile.", d.probe(sdk.WebSocket)},
		{"long-polling", "Have the proxy pass /ws/socket.io/ on unbuffered, with a read timeout of a minute or more.", d.probe(sdk.Polling)},
		{"clock", "Have this machine and the server set their clocks by NTP: tokens are good for minutes.", d.clock},
		{"message over websocket", "The message was stored and no event came: check the gateway, the fan-out worker, Kafka and Redis.", d.message(sdk.WebSocket)},
		{"message over long-polling", "The message was stored and no event came: check that every request of a session reaches its gateway.", d.message(sdk.Polling)},
	}
}

// examine makes all checks, one after the other.
func (d *doctor) examine(ctx context.Context) error {
	failed := 0
	for _, c := range d.checks() {
		f := c.make(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if f.Status == "failed" {
			failed++
		}
		text := fmt.Sprintf("%-8s %-26s %s", f.Status, f.Check, line(f.Found))
		if f.Advice != "" {
			text += "\n         → " + f.Advice
		}
		if err := d.app.print(f, text); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d checks failed", failed)
	}
	return nil
}

func (c check) make(ctx context.Context) finding {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	began := time.Now()
	found, err := c.run(ctx)
	f := finding{Check: c.name, Status: "ok", Found: found, Duration: float64(time.Since(began).Microseconds()) / 1000}
	var skipped errSkipped
	switch {
	case errors.As(err, &skipped):
		f.Status, f.Found = "skipped", skipped.Error()
	case err != nil:
		f.Status, f.Found, f.Advice = "failed", err.Error(), c.advice
	}
	return f
}
