package sdk

// eventBuffer is how many events wait for a reader.
const eventBuffer = 256

// ConnectionPhase says how a subscription's connection stands.
type ConnectionPhase int

// The phases. Whatever the phase, nothing is lost: what is missed is fetched later.
const (
	Connecting ConnectionPhase = iota // on the way to Live
	Live                              // messages arrive as they are sent
	Offline                           // lost; it will be tried again by itself
	Closed                            // the subscription has ended
)

// String returns the phase's name in lower case.
func (p ConnectionPhase) String() string {
	return [...]string{"connecting", "live", "offline", "closed"}[p]
}

// ConnectionState is a phase; when it is Live, the transport; else the last thing that went wrong, if any.
type ConnectionState struct {
	Phase     ConnectionPhase
	Transport Transport
	Err       error
}

// State returns how the connection stands now.
func (s *Subscription) State() ConnectionState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

func (s *Subscription) setState(state ConnectionState) {
	s.observing.Lock()
	defer s.observing.Unlock()
	s.mu.Lock()
	s.state = state
	s.mu.Unlock()
	s.cfg.observe(state)
}
