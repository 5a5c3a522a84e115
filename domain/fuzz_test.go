package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// FuzzMessageID: an id that is accepted has one spelling, which carries its time and a seq that can be.
func FuzzMessageID(f *testing.F) {
	for _, seed := range []string{"", "01J9ZZZZZZZZZZZZZZ00000001", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01j9zzzzzzzzzzzzzz00000001", "01J9ZZZZZZZZZZZZZZ00000000", "ILOU"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := domain.ParseMessageID(text)
		if err != nil {
			require.ErrorIs(t, err, domain.ErrMessageNotFound)
			return
		}
		require.Equal(t, text, string(id))
		require.GreaterOrEqual(t, id.Seq(), domain.Seq(1))
		require.LessOrEqual(t, id.Seq(), domain.MaxSeq)
		require.GreaterOrEqual(t, id.Time().UnixMilli(), int64(0))
	})
}

// FuzzListCursor: a cursor that is accepted is written again as the one it was read from.
func FuzzListCursor(f *testing.F) {
	for _, seed := range []string{"", "MTc2Mzk5", "!", domain.ListCursor{ID: someID}.String(), domain.ListCursor{ID: someID}.String() + "="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := domain.ParseListCursor(text)
		if err != nil {
			return
		}
		require.True(t, domain.IsUUID(string(c.ID)))
		again, err := domain.ParseListCursor(c.String())
		require.NoError(t, err)
		require.Equal(t, c, again)
	})
}

// FuzzTrace: what is taken from a header goes on unchanged, or not at all.
func FuzzTrace(f *testing.F) {
	for _, seed := range []string{"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if trace := domain.ParseTrace(header); trace != "" {
			require.Equal(t, header, string(trace))
			require.Len(t, trace.ID(), 32)
			require.Len(t, trace.Step(), 16)
		}
	})
}
