package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"chatsystem/sdk/internal/sio"
)

// authTimeout is how long a new connection may take until the server has accepted the token.
const authTimeout = 10 * time.Second

// upgradeEvery is how often a connection over another transport than the first one looks whether that works again.
const upgradeEvery = 5 * time.Minute

// errUpgrade ends a connection in favour of a better transport.
var errUpgrade = errors.New("a better transport works again")

// stayConnected connects, again and again, until the subscription ends.
func (s *Subscription) stayConnected() {
	ctx := s.ctx
	pause := backoff{ceiling: linkDelay}
	var last error
	for {
		s.setState(ConnectionState{Phase: Connecting, Err: last})
		began := time.Now()
		last = s.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(last, ErrSignedOut) {
			s.cancel(last)
			return
		}
		if time.Since(began) > linkDelay {
			pause.reset()
		}
		s.setState(ConnectionState{Phase: Offline, Err: last})
		if sleep(ctx, pause.after(last)) != nil {
			return
		}
	}
}

// refusal is why the server ended a connection for good, as far as it said.
type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (r *refusal) Error() string {
	return fmt.Sprintf("refused by the server: %s %s", r.Code, r.Message)
}

// session is one connection from its beginning to its end, over the first transport that works: the one that did last,
// then the others in their order.
func (s *Subscription) session(ctx context.Context) error {
	token, err := s.client.keys.access(ctx)
	if err != nil {
		return err
	}
	var failures error
	for _, t := range s.transports() {
		met, err := s.over(ctx, t, token)
		if met || ctx.Err() != nil || turnedAway(err) {
			return err
		}
		failures = errors.Join(failures, err)
	}
	return failures
}

func (s *Subscription) transports() []Transport {
	all := s.client.cfg.transports
	if s.worked == "" {
		return all
	}
	others := slices.DeleteFunc(slices.Clone(all), func(t Transport) bool { return t == s.worked })
	return append([]Transport{s.worked}, others...)
}

// over is a session over one transport. Met is false if the server was not met that way: another may do.
func (s *Subscription) over(ctx context.Context, t Transport, token string) (met bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w, err := s.client.connect(ctx, t, token)
	if err != nil {
		return false, err
	}
	defer w.close()
	var beside sync.WaitGroup
	beside.Go(func() { s.reauthenticate(ctx, w) })
	if t != s.client.cfg.transports[0] {
		beside.Go(func() { s.awaitUpgrade(ctx, cancel) })
	}
	err = s.receive(w, t)
	if errors.Is(context.Cause(ctx), errUpgrade) {
		s.worked, err = "", errUpgrade
	}
	cancel(nil)
	beside.Wait()
	var refused *refusal
	if errors.As(err, &refused) {
		// The token was refused. Whether the session is over is for the user service to say.
		if over := s.client.keys.renew(s.ctx, w.token()); errors.Is(over, ErrSignedOut) {
			return true, over
		}
		return true, err
	}
	return w.live, err
}

// awaitUpgrade ends the connection when the first transport works again.
func (s *Subscription) awaitUpgrade(ctx context.Context, end context.CancelCauseFunc) {
	for sleep(ctx, spread(upgradeEvery)) == nil {
		if s.client.Probe(ctx, s.client.cfg.transports[0]) == nil {
			end(errUpgrade)
			return
		}
	}
}

// receive handles packets, in order, until the connection ends.
func (s *Subscription) receive(w *wire, t Transport) error {
	var refused *refusal
	for {
		p, err := w.next()
		if err != nil && refused != nil {
			return refused
		}
		if err != nil {
			return err
		}
		switch p.Kind {
		case sio.Disconnect:
			if refused == nil {
				refused = &refusal{Message: "disconnected"}
			}
			return refused
		case sio.ConnectError:
			return fmt.Errorf("connect: %s", p.Data)
		case sio.Event:
			if r := s.emitted(w, t, p); r != nil {
				refused = r
			}
		default: // the answer to joining, and what this client never asks for
		}
	}
}

// emitted handles one event; it returns the refusal that an error event is, unless the connection survives it.
func (s *Subscription) emitted(w *wire, t Transport, p sio.Packet) *refusal {
	if p.Namespace != "/" {
		return nil
	}
	name, args, _ := p.Event() // Decode has refused any other
	switch name {
	case "authenticated":
		if !w.live { // else a fresh token on a live connection
			w.live, s.worked = true, t
			s.setState(ConnectionState{Phase: Live, Transport: t})
		}
		s.catchUp()
	case "resync":
		s.catchUp()
	case "message:new":
		if m, ok := decodeMessage(args); ok {
			s.hear(m)
		} else {
			s.catchUp() // never silence
		}
	case "pong":
	case "error":
		var r refusal
		if len(args) > 0 {
			_ = json.Unmarshal(args[0], &r) // whatever it says, it is an error
		}
		return &r
	default:
		s.notify(decodeEvent(name, args))
	}
	return nil
}

func decodeMessage(args []json.RawMessage) (Message, bool) {
	var m Message
	ok := len(args) > 0 && json.Unmarshal(args[0], &m) == nil && m.Seq > 0 && m.ConversationID != ""
	return m, ok
}

// reauthenticate shows the server every fresh token before the old one expires, until ctx ends.
func (s *Subscription) reauthenticate(ctx context.Context, w *wire) {
	pause := backoff{ceiling: linkDelay}
	keys := s.client.keys
	for {
		due := keys.due()
		if due.IsZero() {
			return // the token does not say; the server will
		}
		if sleep(ctx, max(time.Until(due), pause.current)) != nil {
			return
		}
		token, err := keys.access(ctx)
		if err != nil || token == w.token() {
			pause.next()
			continue
		}
		pause.reset()
		if w.authenticate(token) != nil {
			return // receive finds out
		}
	}
}
