package sdk

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBookStartsConversations(t *testing.T) {
	conv := Conversation{ConversationID: "c", LastSeq: 30, JoinedSeq: 20}
	tests := map[string]struct {
		from  Positions
		phase phase
		last  int64
	}{
		"a first run asks where the log ends":                {nil, opening, 0},
		"a stored position is where it goes on":              {Positions{"c": {Seq: 25}}, open, 25},
		"without one it is new since, and starts at joining": {Positions{}, open, 20},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBook(0, tc.from)
			b.listing()
			b.listed([]Conversation{conv})
			tl := b.known("c")
			require.Equal(t, tc.phase, tl.phase)
			require.Equal(t, tc.last, tl.last)
			require.Equal(t, int64(30), tl.heard)
			require.Equal(t, tc.phase == open, b.ready())
		})
	}
}

func TestBookStartsLaterConversationsAtJoining(t *testing.T) {
	b := newBook(0, nil)
	b.listing()
	b.listed(nil)

	b.introduced(Conversation{ConversationID: "c", LastSeq: 9, JoinedSeq: 4})

	require.Equal(t, int64(4), b.known("c").last)
	require.True(t, b.ready())
}
