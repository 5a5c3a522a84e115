package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"

	"chatsystem/domain"
)

// pipelineSize bounds the commands of one round trip, so that it ends well within replyTimeout.
const pipelineSize = 1000

// Client is the connections to the server that the adapters of this package share.
type Client struct {
	rdb    *redis.Client
	prefix string
}

// Open returns a client. It connects when it is first used.
func Open(c Config) (*Client, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	hush()
	return &Client{rdb: redis.NewClient(o), prefix: c.Prefix}, nil
}

// hush keeps the library from writing to standard error, past the program's log, what it returns as errors anyhow.
var hush = sync.OnceFunc(func() { redis.SetLogger(silent{}) })

type silent struct{}

// Printf implements the library's logger.
func (silent) Printf(context.Context, string, ...any) {}

// Check tells whether the server answers. For readiness.
func (c *Client) Check(ctx context.Context) error { return translate("ping", c.rdb.Ping(ctx).Err()) }

// Close ends all connections.
func (c *Client) Close() error { return c.rdb.Close() }

// key returns a key of id, which is its hash tag.
func (c *Client) key(kind, id string) string { return c.prefix + kind + ":{" + id + "}" }

// pipelined sends the n commands that queue adds, in as few round trips as pipelineSize allows. It stops at the first that
// fails; an absent key is no failure.
func (c *Client) pipelined(ctx context.Context, n int, queue func(p redis.Pipeliner, i int)) error {
	for from := 0; from < n; from += pipelineSize {
		_, err := c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := from; i < min(from+pipelineSize, n); i++ {
				queue(p, i)
			}
			return nil
		})
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
	}
	return nil
}

// call is one run of a script.
type call struct {
	keys []string
	args []any
}

// run runs a script for each of calls, in pipelines, and returns the commands in the same order; after an error those
// that were not sent are nil.
func (c *Client) run(ctx context.Context, s *redis.Script, calls []call) ([]*redis.Cmd, error) {
	done := make([]*redis.Cmd, len(calls))
	for from := 0; from < len(calls); from += pipelineSize {
		to := min(from+pipelineSize, len(calls))
		if err := c.runOnce(ctx, s, calls[from:to], done[from:to]); err != nil {
			return done, err
		}
	}
	return done, nil
}

// runOnce is one round trip, and another one where the server does not know the script: it has been restarted. Only what
// did not run is sent again.
func (c *Client) runOnce(ctx context.Context, s *redis.Script, calls []call, done []*redis.Cmd) error {
	err := c.pipelined(ctx, len(calls), func(p redis.Pipeliner, i int) {
		done[i] = s.EvalSha(ctx, p, calls[i].keys, calls[i].args...)
	})
	if !redis.HasErrorPrefix(err, "NOSCRIPT") {
		return err
	}
	var again []int
	for i, cmd := range done {
		if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
			again = append(again, i)
		}
	}
	return c.pipelined(ctx, len(again), func(p redis.Pipeliner, n int) {
		send := s.EvalSha
		if n == 0 {
			send = s.Eval // the others find it
		}
		i := again[n]
		done[i] = send(ctx, p, calls[i].keys, calls[i].args...)
	})
}

// translate says which step failed; whatever the reason, it is for callers to do without.
func translate(step string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("redis: %s: %w: %w", step, domain.ErrUnavailable, err)
}
