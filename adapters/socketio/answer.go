package socketio

import (
	"errors"
	"net/http"
	"strconv"

	"chatsystem/adapters/socketio/eio"
)

// writePayload writes a polling answer.
func writePayload(w http.ResponseWriter, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // respond learns of a failure from Flush
}

// refuse answers a request that breaks the rules.
func refuse(w http.ResponseWriter, reason error) {
	var fault eio.Fault
	if !errors.As(reason, &fault) {
		fault = eio.BadRequest
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(fault.Status())
	_, _ = w.Write(fault.Body())
}
