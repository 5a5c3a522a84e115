package fakechat

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// separator stands between the packets of a payload.
const separator = "\x1e"

// servePolling serves one request of long-polling.
func (s *Server) servePolling(w http.ResponseWriter, r *http.Request, sid string) {
	if sid == "" && r.Method == http.MethodGet {
		k := s.newSocket(nil)
		s.mu.Lock()
		s.polled[k.sid] = k
		s.mu.Unlock()
		k.pingLater()
		_, _ = io.WriteString(w, k.handshake())
		return
	}
	s.mu.Lock()
	k := s.polled[sid]
	s.mu.Unlock()
	switch {
	case k == nil:
		http.Error(w, `{"code":1,"message":"Session ID unknown"}`, http.StatusBadRequest)
	case r.Method == http.MethodPost:
		k.post(w, r)
	default:
		k.poll(w, r)
	}
}

func (k *socket) post(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		k.cut()
		return
	}
	for packet := range strings.SplitSeq(string(payload), separator) {
		if !k.receive(packet) {
			k.cut()
		}
	}
	_, _ = io.WriteString(w, "ok")
}

// poll waits for packets, and answers with all there are.
func (k *socket) poll(w http.ResponseWriter, r *http.Request) {
	for {
		k.mu.Lock()
		frames, silent := k.frames, k.silent
		k.frames = nil
		k.mu.Unlock()
		closing := slices.Index(frames, CloseFrame)
		if closing >= 0 {
			frames = frames[:closing]
			k.cut()
		}
		if len(frames) > 0 && !silent {
			_, _ = io.WriteString(w, strings.Join(frames, separator))
			return
		}
		select {
		case <-k.wake:
		case <-k.done:
			_, _ = io.WriteString(w, "1")
			return
		case <-r.Context().Done():
			k.cut()
			return
		}
	}
}

// pingLater has the heartbeat go on until the connection ends.
func (k *socket) pingLater() {
	time.AfterFunc(pingInterval, func() {
		select {
		case <-k.done:
		default:
			k.queue("2")
			k.pingLater()
		}
	})
}
