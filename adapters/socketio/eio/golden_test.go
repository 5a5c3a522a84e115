package eio_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/eio"
)

// golden returns the data lines of a file that other implementations read, too, by columns.
func golden(t *testing.T, name string) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "socketio", name))
	require.NoError(t, err)
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	require.NotEmpty(t, rows)
	return rows
}

func TestGoldenPackets(t *testing.T) {
	for _, row := range golden(t, "engineio_packets.txt") {
		t.Run(row[0], func(t *testing.T) {
			p, err := eio.Wire{Data: []byte(row[0])}.Packet()
			if row[1] == "refused" {
				require.ErrorIs(t, err, eio.ErrUnknownType)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row[1], p.Type.String())
			require.Equal(t, strings.Join(row[2:], ""), string(p.Data))
			require.Equal(t, row[0], string(p.Wire().Data))
		})
	}
}

func TestGoldenPayloads(t *testing.T) {
	for _, row := range golden(t, "engineio_payloads.txt") {
		t.Run(row[0], func(t *testing.T) {
			payload := strings.ReplaceAll(row[0], "␞", "\x1e")
			packets, err := eio.DecodePayload([]byte(payload))
			if row[1] == "refused" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			var again []byte
			var got []string
			for _, p := range packets {
				again = eio.AppendPayload(again, p.Wire())
				got = append(got, describe(p))
			}
			require.Equal(t, row[1:], got)
			require.Equal(t, payload, string(again))
		})
	}
}

// describe writes a packet the way the golden file does.
func describe(p eio.Packet) string {
	if p.Binary {
		return strings.TrimSpace("binary " + hex.EncodeToString(p.Data))
	}
	return "text " + string(p.Wire().Data)
}
