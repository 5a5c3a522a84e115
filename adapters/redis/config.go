package redis

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Config is where the server is.
type Config struct {
	// Addr is host:port, or a URL with more: redis[s]://user:password@host:port/database.
	Addr string
	// Name is what the server lists the connections under; empty is allowed.
	Name string
	// Prefix comes before every key and channel, where the server is shared with others; usually empty.
	Prefix string
}

const (
	dialTimeout  = time.Second
	replyTimeout = time.Second // of one command or pipeline
	poolTimeout  = time.Second
	connections  = 32
	idleAtLeast  = 4
	atMost       = 64 // with those that waiting commands dial
	forPipelines = 10 // more
)

// Validate reports what is wrong with the settings.
func (c Config) Validate() error {
	_, err := c.options()
	return err
}

func (c Config) options() (*redis.Options, error) {
	o := &redis.Options{Addr: c.Addr}
	switch {
	case c.Addr == "":
		return nil, errors.New("redis: address is required")
	case strings.Contains(c.Addr, "://"):
		parsed, err := redis.ParseURL(c.Addr)
		if err != nil {
			return nil, errors.New("redis: address is no valid redis URL") // the cause may quote the password
		}
		o = parsed
	default:
		if _, _, err := net.SplitHostPort(c.Addr); err != nil {
			return nil, fmt.Errorf("redis: address must be host:port: %w", err)
		}
	}
	o.ClientName = c.Name
	o.DialTimeout, o.DialerRetries, o.PoolTimeout = dialTimeout, 1, poolTimeout
	o.ReadTimeout, o.WriteTimeout, o.ContextTimeoutEnabled = replyTimeout, replyTimeout, true
	o.PoolSize, o.MinIdleConns, o.MaxActiveConns, o.PipelinePoolSize = connections, idleAtLeast, atMost, forPipelines
	o.MaxRetries = -1
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o, nil
}
