package redis

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// Raw returns the connections past the adapters.
func (c *Client) Raw() *redis.Client { return c.rdb }

// Key returns a key of the client's.
func (c *Client) Key(kind, id string) string { return c.key(kind, id) }

// Hurry makes the bus notice a dead subscription within a moment.
func (b *GatewayBus) Hurry() {
	b.pace = pace{heartbeat: 20 * time.Millisecond, silence: 300 * time.Millisecond, firstBackoff: 10 * time.Millisecond, maxBackoff: 50 * time.Millisecond}
}
