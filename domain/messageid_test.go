package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"chatsystem/domain"
)

func TestAMessageIDCarriesItsTimeAndSeq(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(0, 1<<48-1).Draw(t, "ms")).UTC()
		seq := domain.Seq(rapid.Int64Range(1, int64(domain.MaxSeq)).Draw(t, "seq"))
		var entropy domain.MessageIDEntropy
		copy(entropy[:], rapid.SliceOfN(rapid.Byte(), len(entropy), len(entropy)).Draw(t, "entropy"))

		id := domain.NewMessageID(at, entropy, seq)
		require.Equal(t, seq, id.Seq())
		require.Equal(t, at, id.Time())
		parsed, err := domain.ParseMessageID(string(id))
		require.NoError(t, err)
		require.Equal(t, id, parsed)
	})
}

func TestEntropyTellsMessageIDsApart(t *testing.T) {
	at := time.UnixMilli(1_767_789_296_000)
	ids := map[domain.MessageID]bool{}
	for i := range 5 {
		for bit := range 8 {
			var entropy domain.MessageIDEntropy
			entropy[i] = 1 << bit
			ids[domain.NewMessageID(at, entropy, 1)] = true
		}
	}
	require.Len(t, ids, 40)
}

func TestMessageIDsSortByTimeAndAreULIDs(t *testing.T) {
	at := time.UnixMilli(1_767_789_296_789)
	id := domain.NewMessageID(at, domain.MessageIDEntropy{0xff, 0xff, 0xff, 0xff, 0xff}, 7)
	require.Equal(t, domain.MessageID("01KEC77Z4NZZZZZZZZ00000007"), id)
	require.Less(t, string(id), string(domain.NewMessageID(at.Add(time.Millisecond), domain.MessageIDEntropy{}, 1)))
}

func TestWhatIsNoMessageIDIsNotFound(t *testing.T) {
	good := string(domain.NewMessageID(time.UnixMilli(1_767_789_296_000), domain.MessageIDEntropy{1, 2, 3, 4, 5}, 42))
	forged := map[string]string{
		"nothing":                  "",
		"too short":                good[:25],
		"too long":                 good + "0",
		"lower case":               strings.ToLower(good),
		"a letter not in base 32":  good[:10] + "U" + good[11:],
		"a letter often misread":   good[:10] + "O" + good[11:],
		"a character beyond ASCII": good[:24] + "é",
		"more than 128 bits":       "8" + good[1:],
		"seq 0":                    good[:18] + "00000000",
		"white space":              " " + good[1:],
	}
	for name, text := range forged {
		t.Run(name, func(t *testing.T) {
			_, err := domain.ParseMessageID(text)
			require.ErrorIs(t, err, domain.ErrMessageNotFound)
		})
	}
}

func TestOnlyCanonicalTextIsAMessageID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9A-Za-z]{25,27}`).Draw(t, "text")
		id, err := domain.ParseMessageID(text)
		if err != nil {
			return
		}
		require.Equal(t, text, string(id))
		require.GreaterOrEqual(t, id.Seq(), domain.Seq(1))
		require.LessOrEqual(t, id.Seq(), domain.MaxSeq)
	})
}

func TestNoMessageIDIsMadeForASeqOutOfRange(t *testing.T) {
	for _, seq := range []domain.Seq{-1, 0, domain.MaxSeq + 1} {
		require.Panics(t, func() { domain.NewMessageID(time.UnixMilli(0), domain.MessageIDEntropy{}, seq) })
	}
	require.Equal(t, domain.MaxSeq, domain.NewMessageID(time.UnixMilli(0), domain.MessageIDEntropy{}, domain.MaxSeq).Seq())
}
