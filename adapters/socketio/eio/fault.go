package eio

import (
	"encoding/json"
	"net/http"
)

// Fault is a refused request. Its value is the code a client reads.
type Fault int

// The codes of the protocol.
const (
	UnknownTransport Fault = iota
	UnknownSession
	BadHandshakeMethod
	BadRequest
	Forbidden
	UnsupportedVersion
)

var faultMessages = [...]string{
	"Transport unknown",
	"Session ID unknown",
	"Bad handshake method",
	"Bad request",
	"Forbidden",
	"Unsupported protocol version",
}

// Error returns the message that goes with the code, spelt as the protocol spells it.
func (f Fault) Error() string { return faultMessages[f] }

// Status returns the HTTP status the fault is answered with on long-polling.
func (f Fault) Status() int {
	if f == Forbidden {
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}

// Body returns the JSON body of the answer: {"code":1,"message":"Session ID unknown"}.
func (f Fault) Body() []byte {
	body, err := json.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{int(f), f.Error()})
	if err != nil {
		panic(err) // an int and a string always marshal
	}
	return body
}
