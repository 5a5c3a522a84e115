package sdk

// SubscribeOption changes how a [Subscription] works.
type SubscribeOption func(*subscribeConfig)

type subscribeConfig struct {
	positions Positions
	store     PositionStore
	backlog   int
	buffer    int
	observe   func(ConnectionState)
}

// WithPositions goes on from where an earlier subscription ended; a conversation that is not in p is read from where
// the user joined it. Nil positions are a first run, empty ones are not.
func WithPositions(p Positions) SubscribeOption {
	return func(c *subscribeConfig) { c.positions = p }
}

// WithPositionStore goes on from what is stored, and stores how far the subscription has come: a message counts as dealt
// with, and is stored as such before the next one is handed out, when the next one is asked for; see
// [Subscription.Commit] for the last one. So across restarts and crashes of the program every message is handed out
// exactly once, but for the one that was being dealt with when it stopped: that one comes again.
func WithPositionStore(s PositionStore) SubscribeOption {
	return func(c *subscribeConfig) { c.store = s }
}

// WithBacklog has a first run begin with the last n messages of every conversation, at most 200, instead of with the
// next one.
func WithBacklog(n int) SubscribeOption {
	return func(c *subscribeConfig) { c.backlog = min(max(n, 0), reopenLimit) }
}

// WithBuffer sets how many messages are kept ready for a slow consumer; the default is 1000. Beyond that a
// subscription remembers only how far each conversation reaches, and fetches the messages later.
func WithBuffer(n int) SubscribeOption {
	return func(c *subscribeConfig) { c.buffer = max(1, n) }
}

// WithStateObserver has observe called with every change of the connection, one call at a time and in order. It must
// return quickly and not call the subscription.
func WithStateObserver(observe func(ConnectionState)) SubscribeOption {
	return func(c *subscribeConfig) { c.observe = observe }
}
