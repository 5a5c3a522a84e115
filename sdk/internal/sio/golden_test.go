package sio

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// golden returns the lines of a file that the server's codec reads, too, split at tabs.
func golden(t *testing.T, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "socketio", name))
	require.NoError(t, err)
	var lines [][]string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			lines = append(lines, strings.Split(line, "\t"))
		}
	}
	require.NotEmpty(t, lines)
	return lines
}

func TestGoldenEngineIOPackets(t *testing.T) {
	kinds := map[string]Kind{"open": Open, "close": Close, "ping": Ping, "pong": Pong, "upgrade": Upgrade, "noop": Noop}
	for _, columns := range golden(t, "engineio_packets.txt") {
		t.Run(columns[0], func(t *testing.T) {
			p, err := Decode([]byte(columns[0]))
			switch columns[1] {
			case "refused":
				require.ErrorIs(t, err, ErrMalformed)
			case "message": // what it carries is the other layer's business
			default:
				require.NoError(t, err)
				require.Equal(t, kinds[columns[1]], p.Kind)
				require.Equal(t, strings.Join(columns[2:], ""), string(p.Data))
			}
		})
	}
}

func TestGoldenSocketIOPackets(t *testing.T) {
	kinds := map[string][2]Kind{ // without and with attachments on the wire
		"CONNECT": {Connect}, "DISCONNECT": {Disconnect}, "EVENT": {Event, BinaryEvent}, "ACK": {Ack, BinaryAck},
		"CONNECT_ERROR": {ConnectError},
	}
	for _, columns := range golden(t, "socketio_packets.txt") {
		t.Run(columns[0], func(t *testing.T) {
			p, err := Decode([]byte("4" + columns[0]))

			require.NoError(t, err)
			require.Contains(t, kinds[columns[1]], p.Kind)
			require.Equal(t, columns[2], p.Namespace)
			require.Equal(t, columns[3], dash(p.AckID != NoAck, strconv.FormatInt(p.AckID, 10)))
			require.Equal(t, columns[4], strconv.Itoa(p.Attachments))
			require.Equal(t, columns[5], dash(p.Data != nil, eventText(t, p)))
		})
	}
}

func TestGoldenRefusals(t *testing.T) {
	for _, columns := range golden(t, "socketio_refused.txt") {
		t.Run(columns[0], func(t *testing.T) {
			_, err := Decode([]byte("4" + strings.Join(columns, "\t")))
			require.ErrorIs(t, err, ErrMalformed)
		})
	}
}

func dash(present bool, value string) string {
	if !present {
		return "-"
	}
	return value
}

// eventText is a packet's JSON as the golden files write it: compact, an event's name a string.
func eventText(t *testing.T, p Packet) string {
	t.Helper()
	var compact bytes.Buffer
	if p.Kind != Event && p.Kind != BinaryEvent {
		if p.Data != nil {
			require.NoError(t, json.Compact(&compact, p.Data))
		}
		return compact.String()
	}
	name, args, err := p.Event()
	require.NoError(t, err)
	frame := []byte(`["` + name + `"`)
	for _, a := range args {
		frame = append(append(frame, ','), a...)
	}
	require.NoError(t, json.Compact(&compact, append(frame, ']')))
	return compact.String()
}

func TestGoldenPayloads(t *testing.T) {
	for _, columns := range golden(t, "engineio_payloads.txt") {
		t.Run(columns[0], func(t *testing.T) {
			frames, err := SplitPayload([]byte(strings.ReplaceAll(columns[0], "␞", string(Separator))))
			if columns[1] == "refused" {
				require.ErrorIs(t, err, ErrMalformed)
				return
			}
			require.NoError(t, err)
			var got []string
			for _, f := range frames {
				if f.Binary {
					got = append(got, strings.TrimSpace("binary "+hex.EncodeToString(f.Data)))
				} else {
					got = append(got, "text "+string(f.Data))
				}
			}
			require.Equal(t, columns[1:], got)
		})
	}
}
