package eio

import (
	"encoding/json"
	"time"
)

// Handshake is what the server tells a client in the open packet. Durations travel as whole
// milliseconds, MaxPayload is in bytes.
type Handshake struct {
	SID          string
	Upgrades     []string
	PingInterval time.Duration
	PingTimeout  time.Duration
	MaxPayload   int
}

// Wire encodes the open packet: exactly the five keys a client expects.
func (h Handshake) Wire() Wire {
	upgrades := h.Upgrades
	if upgrades == nil {
		upgrades = []string{} // null would be no list to a client
	}
	data, err := json.Marshal(struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"`
		PingTimeout  int64    `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}{h.SID, upgrades, h.PingInterval.Milliseconds(), h.PingTimeout.Milliseconds(), h.MaxPayload})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return Packet{Type: Open, Data: data}.Wire()
}
