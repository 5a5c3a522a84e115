package portstest

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

func runBodies(t *testing.T, open func(testing.TB) ports.MessageStore) {
	bodies := map[string]string{
		"a short body comes back":                    "hello",
		"a body of exactly the preview comes back":   strings.Repeat("é", domain.PreviewChars),
		"a body longer by one comes back":            strings.Repeat("é", domain.PreviewChars+1),
		"the largest body comes back":                strings.Repeat("😀", domain.MaxBodyChars),
		"white space and control characters survive": " \t\r\n\u0001\u2028\ufeff x ",
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			m := newMessage(newConversationID(), 7, body)
			put(t, s, m)
			got, err := s.Body(t.Context(), m.Conversation, 7, m.ID)
			require.NoError(t, err)
			require.Equal(t, len(body), len(got))
			require.True(t, body == got, "the text is the same")
		})
	}

	t.Run("a body is found under its whole id only", func(t *testing.T) {
		s, c := open(t), newConversationID()
		for seq, body := range map[domain.Seq]string{1: "short", 2: strings.Repeat("long ", 100)} {
			m := newMessage(c, seq, body)
			put(t, s, m)
			forged := newMessage(c, seq, body).ID
			_, err := s.Body(t.Context(), c, seq, forged)
			require.ErrorIs(t, err, domain.ErrMessageNotFound)
			_, err = s.Body(t.Context(), newConversationID(), seq, m.ID)
			require.ErrorIs(t, err, domain.ErrMessageNotFound)
			_, err = s.Body(t.Context(), c, seq+10, m.ID)
			require.ErrorIs(t, err, domain.ErrMessageNotFound)
		}
	})

	t.Run("a void has no body", func(t *testing.T) {
		s, c := open(t), newConversationID()
		bury(t, s, c, 1)
		_, err := s.Body(t.Context(), c, 1, newMessage(c, 1, "hello").ID)
		require.ErrorIs(t, err, domain.ErrMessageNotFound)
	})
}

func runRacingPuts(t *testing.T, open func(testing.TB) ports.MessageStore) {
	t.Run("of messages and voids racing for a seq exactly one holds it, and all see which", func(t *testing.T) {
		s, c := open(t), newConversationID()
		messages := make([]domain.Message, 20)
		for i := range messages {
			messages[i] = newMessage(c, 1, strings.Repeat("long ", 100)+NewUUID())
		}
		holders := make([]domain.Entry, 2*len(messages))
		errs := race(len(holders), func(i int) (err error) {
			if i%2 == 0 {
				holders[i], err = s.Put(t.Context(), messages[i/2])
			} else {
				holders[i], err = s.Bury(t.Context(), c, 1)
			}
			return err
		})
		require.NoError(t, errors.Join(errs...))
		held, there, err := s.EntryAt(t.Context(), c, 1)
		require.NoError(t, err)
		require.True(t, there)
		for _, h := range holders {
			require.Equal(t, held, h)
		}
		for _, m := range messages {
			body, err := s.Body(t.Context(), c, 1, m.ID)
			if held.Holds(m.ID) {
				require.NoError(t, err)
				require.Equal(t, m.Body, body)
			} else {
				require.ErrorIs(t, err, domain.ErrMessageNotFound)
			}
		}
	})
}
