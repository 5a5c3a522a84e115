package sio_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/sio"
)

// golden returns the data lines of a file that other implementations read, too.
func golden(t testing.TB, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "socketio", name))
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	require.NotEmpty(t, lines)
	return lines
}

var typeNames = map[sio.Type]string{
	sio.Connect: "CONNECT", sio.Disconnect: "DISCONNECT", sio.Event: "EVENT", sio.Ack: "ACK",
	sio.ConnectError: "CONNECT_ERROR",
}

func TestGoldenPackets(t *testing.T) {
	for _, line := range golden(t, "socketio_packets.txt") {
		row := strings.Split(line, "\t")
		t.Run(row[0], func(t *testing.T) {
			require.Len(t, row, 7)
			p, attachments, err := sio.Parse([]byte(row[0]))
			require.NoError(t, err)
			want := row[1:6]
			require.Equal(t, want, []string{
				typeNames[p.Type], p.Namespace, ackID(p), strconv.Itoa(attachments), payload(t, p),
			})

			p.Args.Attachments = make([][]byte, attachments)
			again := string(p.AppendText(nil))
			if row[6] == "=" {
				require.Equal(t, row[0], again)
			} else {
				require.NotEqual(t, row[0], again)
			}
		})
	}
}

func TestGoldenRefusals(t *testing.T) {
	for _, text := range golden(t, "socketio_refused.txt") {
		t.Run(text, func(t *testing.T) {
			p, _, err := sio.Parse([]byte(text))
			require.Error(t, err, "%+v", p)
		})
	}
}

func ackID(p sio.Packet) string {
	if !p.HasID {
		return "-"
	}
	return strconv.FormatUint(p.ID, 10)
}

// payload returns the packet's JSON without spaces, "-" if there is none.
func payload(t *testing.T, p sio.Packet) string {
	values := p.Args.Values
	switch p.Type {
	case sio.Event:
		name, err := json.Marshal(p.Name)
		require.NoError(t, err)
		values = append([]json.RawMessage{name}, values...)
	case sio.Ack:
	default:
		if p.Data == nil {
			return "-"
		}
		return string(p.Data)
	}
	array := []byte{'['}
	for i, v := range values {
		if i > 0 {
			array = append(array, ',')
		}
		array = append(array, v...)
	}
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, append(array, ']')))
	return compact.String()
}
