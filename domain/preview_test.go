package domain_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"chatsystem/domain"
)

func TestAPreviewIsCutBetweenCharacters(t *testing.T) {
	const (
		flag    = "🇩🇪"      // 2 code points
		family  = "👩‍👩‍👧‍👦" // 7
		accent  = "e\u0301" // 2
		rest    = " and so on"
		mark    = "\u0301"
		keycap  = "1\ufe0f\u20e3" // 3
		hangul  = "\u1112\u1161\u11ab"
		newline = "\r\n"
	)
	x := func(n int) string { return strings.Repeat("x", n) }
	cut := map[string]struct{ body, preview string }{
		"letters are cut at 200":                          {x(201), x(200)},
		"letters beyond ASCII are counted, not bytes":     {strings.Repeat("é", 201), strings.Repeat("é", 200)},
		"four-byte letters, too":                          {strings.Repeat("😀", 201), strings.Repeat("😀", 200)},
		"a flag that would be halved is left out":         {x(199) + flag + rest, x(199)},
		"a flag that fits stays":                          {x(198) + flag + rest, x(198) + flag},
		"a row of flags is cut between two":               {strings.Repeat(flag, 150), strings.Repeat(flag, 100)},
		"a row of flags out of step is cut between two":   {"x" + strings.Repeat(flag, 150), "x" + strings.Repeat(flag, 99)},
		"a family that would lose a child is left out":    {x(194) + family + rest, x(194)},
		"a family that fits stays":                        {x(193) + family + rest, x(193) + family},
		"a letter that would lose its accent is left out": {x(199) + accent + rest, x(199)},
		"an accent beyond the limit takes its letter":     {x(200) + mark + rest, x(199)},
		"a keycap that would be halved is left out":       {x(198) + keycap + rest, x(198)},
		"a syllable that would be halved is left out":     {x(198) + hangul + rest, x(198)},
		"a line break is not halved":                      {x(199) + newline + rest, x(199)},
		"one character longer than the limit is cut hard": {"a" + strings.Repeat(mark, 299), "a" + strings.Repeat(mark, 199)},
	}
	for name, tc := range cut {
		t.Run(name, func(t *testing.T) {
			preview, more := domain.PreviewOf(tc.body)
			require.Equal(t, tc.preview, preview)
			require.True(t, more)
		})
	}

	whole := map[string]string{
		"nothing":                          "",
		"a short text":                     "hello",
		"exactly 200 letters":              x(200),
		"exactly 200 beyond ASCII":         strings.Repeat("é", 200),
		"200 code points in one cluster":   "a" + strings.Repeat(mark, 199),
		"200 code points ending in a flag": x(198) + flag,
	}
	for name, body := range whole {
		t.Run(name+" is its own preview", func(t *testing.T) {
			preview, more := domain.PreviewOf(body)
			require.Equal(t, body, preview)
			require.False(t, more)
		})
	}
}

func TestAPreviewIsAllTheWholeCharactersThatFit(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"x", "é", "e", "\u0301", "\u0308", "\u200d", "👩", "👧", "🇩", "🇪", "\r", "\n", " ", "\u1112", "\u1161", "\u11ab", "\u0600",
		"\u0915", "\u094d", "\u0937", "\ufe0f", "1", "\u20e3", "🏽", "\U000e0067",
	})
	rapid.Check(t, func(t *rapid.T) {
		body := strings.Repeat("x", rapid.IntRange(0, 198).Draw(t, "before")) +
			strings.Join(rapid.SliceOfN(piece, 0, 250).Draw(t, "pieces"), "")
		preview, more := domain.PreviewOf(body)
		if utf8.RuneCountInString(body) <= domain.PreviewChars {
			require.Equal(t, body, preview)
			require.False(t, more)
			return
		}
		require.True(t, more)
		want, chars := "", 0
		for clusters := uniseg.NewGraphemes(body); clusters.Next(); {
			if chars += len(clusters.Runes()); chars > domain.PreviewChars {
				break
			}
			want += clusters.Str()
		}
		if want == "" {
			want = string([]rune(body)[:domain.PreviewChars])
		}
		require.Equal(t, want, preview)
	})
}

func BenchmarkPreviewOfTheLargestBody(b *testing.B) {
	body := strings.Repeat("😀", domain.MaxBodyChars)
	for b.Loop() {
		domain.PreviewOf(body)
	}
}
