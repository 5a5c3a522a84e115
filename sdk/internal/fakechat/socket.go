package fakechat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// The heartbeat the fake announces, as the real server's.
const (
	pingInterval = 25 * time.Second
	pingTimeout  = 20 * time.Second
)

// CloseFrame closes the connection at the transport level after what was sent before.
const CloseFrame = ""

// socket is one connection. Frames are queued without limit, and written by one goroutine or fetched by polls.
type socket struct {
	server *Server
	sid    string
	ws     *websocket.Conn // nil: long-polling
	userID string          // set once authenticated

	mu     sync.Mutex
	expiry *time.Timer
	silent bool // sends nothing any more
	frames []string
	wake   chan struct{}
	once   sync.Once
	done   chan struct{}
}

func (s *Server) newSocket(ws *websocket.Conn) *socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &socket{server: s, sid: s.newID("secret"), ws: ws, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// Emit sends an event to every socket of a user.
func (s *Server) Emit(userID, name string, payload any) {
	for _, k := range s.socketsOf(userID) {
		k.emit(name, payload)
	}
}

// SendFrame sends one raw text frame to every socket of a user.
func (s *Server) SendFrame(userID, frame string) {
	for _, k := range s.socketsOf(userID) {
		k.queue(frame)
	}
}

// Cut drops every connection of a user at the transport level.
func (s *Server) Cut(userID string) {
	for _, k := range s.socketsOf(userID) {
		k.cut()
	}
}

// Silence leaves a user's connections open and sends nothing on them any more, as a dead machine does.
func (s *Server) Silence(userID string) {
	for _, k := range s.socketsOf(userID) {
		k.mu.Lock()
		k.silent = true
		k.mu.Unlock()
	}
}

// Deaf has the next n connections accepted and never answered.
func (s *Server) Deaf(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = n
}

// Connections returns how many authenticated connections a user has.
func (s *Server) Connections(userID string) int { return len(s.socketsOf(userID)) }

func (s *Server) socketsOf(userID string) []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*socket
	for k := range s.sockets {
		if k.userID == userID {
			found = append(found, k)
		}
	}
	return found
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	switch q := r.URL.Query(); {
	case q.Get("EIO") != "4":
		http.Error(w, "bad handshake", http.StatusBadRequest)
	case q.Get("transport") == "polling":
		s.servePolling(w, r, q.Get("sid"))
	default:
		s.serveWebSocket(w, r)
	}
}

func (s *Server) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	k := s.newSocket(ws)
	written := make(chan struct{})
	go func() {
		defer close(written)
		k.write()
	}()
	k.queue(k.handshake())
	for {
		_, frame, err := k.ws.ReadMessage()
		if err != nil || !k.receive(string(frame)) {
			break
		}
	}
	k.cut()
	<-written
}

// handshake is the session's terms.
func (k *socket) handshake() string {
	return fmt.Sprintf(`0{"sid":%q,"upgrades":[],"pingInterval":%d,"pingTimeout":%d,"maxPayload":16384}`,
		k.sid, pingInterval.Milliseconds(), pingTimeout.Milliseconds())
}

// receive handles a packet; false ends the connection.
func (k *socket) receive(packet string) bool {
	switch {
	case strings.HasPrefix(packet, "40"):
		k.queue(`40{"sid":"public"}`)
		k.authenticate(packet[2:])
	case strings.HasPrefix(packet, `42["authenticate",`):
		k.authenticate(strings.TrimSuffix(strings.TrimPrefix(packet, `42["authenticate",`), "]"))
	case strings.HasPrefix(packet, "41"):
		return false
	}
	return true
}

// cut ends the connection.
func (k *socket) cut() {
	k.once.Do(func() {
		s := k.server
		s.mu.Lock()
		delete(s.sockets, k)
		delete(s.polled, k.sid)
		s.mu.Unlock()
		close(k.done)
		if k.ws != nil {
			_ = k.ws.Close()
		}
		k.expireAt(time.Time{})
	})
}

// authenticate checks a token as the real gateway does: the socket is registered before its user is told so.
func (k *socket) authenticate(auth string) {
	var in struct {
		Token string `json:"token"`
	}
	_ = json.Unmarshal([]byte(auth), &in)
	s := k.server
	s.mu.Lock()
	if s.deaf > 0 {
		s.deaf--
		s.mu.Unlock()
		return
	}
	sess, expires, code := s.verify(in.Token)
	if code == "" && sess.revoked {
		code = "session_revoked"
	}
	if code == "" {
		k.userID = sess.user.id
		s.sockets[k] = struct{}{}
	}
	s.mu.Unlock()
	if code != "" {
		k.refuse(code)
		return
	}
	k.expireAt(expires)
	k.emit("authenticated", map[string]string{"userId": sess.user.id})
}

// expireAt has the connection end with its token; the zero time: not any more.
func (k *socket) expireAt(t time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.expiry != nil {
		k.expiry.Stop()
	}
	if !t.IsZero() {
		k.expiry = time.AfterFunc(time.Until(t), func() {
			k.emit("error", map[string]string{"code": "token_expired", "message": "expired"})
			k.queue(CloseFrame)
		})
	}
}

// refuse closes the connection so that a client does not come back by itself.
func (k *socket) refuse(code string) {
	k.emit("error", map[string]string{"code": code, "message": "refused"})
	k.queue("41")
	k.queue(CloseFrame)
}

func (k *socket) emit(name string, payload any) {
	data, err := json.Marshal([]any{name, payload})
	if err != nil {
		panic(err)
	}
	k.queue("42" + string(data))
}

// queue has a frame written.
func (k *socket) queue(frame string) {
	k.mu.Lock()
	k.frames = append(k.frames, frame)
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

func (k *socket) write() {
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		select {
		case <-k.wake:
		case <-ping.C:
			k.queue("2")
		case <-k.done:
			return
		}
		k.mu.Lock()
		frames, silent := k.frames, k.silent
		k.frames = nil
		k.mu.Unlock()
		for _, f := range frames {
			if f == CloseFrame {
				k.cut()
				return
			}
			if !silent && k.ws.WriteMessage(websocket.TextMessage, []byte(f)) != nil {
				return
			}
		}
	}
}
