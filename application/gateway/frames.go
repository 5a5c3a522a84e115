package gateway

import (
	"errors"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Why a client is told to catch up.
const (
	ResyncPresenceLost = "presence_lost"            // events may have passed by the connection
	ResyncInterrupted  = "subscription_interrupted" // events may have passed by the whole gateway
)

type authenticatedPayload struct {
	UserID domain.UserID `json:"userId"`
}

type errorPayload struct {
	Message string `json:"message"`
	Code    string `json:"code"`
}

type resyncPayload struct {
	Reason string `json:"reason"`
}

// frames encodes what the gateway itself says to clients.
type frames struct{ ports.FrameEncoder }

func (f frames) authenticated(user domain.UserID) (ports.Frame, error) {
	return f.EncodeFrame("authenticated", authenticatedPayload{user})
}

func (f frames) resync(reason string) (ports.Frame, error) {
	return f.EncodeFrame("resync", resyncPayload{reason})
}

// fault shows a client what went wrong; anything that is no domain fault stays inside.
func (f frames) fault(err error) (ports.Frame, error) {
	shown := domain.ErrUnavailable
	errors.As(err, &shown)
	return f.EncodeFrame("error", errorPayload{Message: shown.Detail, Code: shown.Code})
}
