package domain

import (
	"strings"
	"unicode"
)

// invisible are characters of which people see nothing, besides white space: control and format characters, what fonts
// leave out, and the letters and symbols that stand for nothing, such as the Hangul fillers and the empty Braille
// pattern. What this program does not know of yet, an emoji of next year, is seen.
var invisible = []*unicode.RangeTable{
	unicode.White_Space, unicode.Z, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector,
	{R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}}},
}

// isBlank tells whether people see nothing of a text. Joiners between emoji and letters are fine: what they join is
// seen.
func isBlank(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !unicode.In(r, invisible...) }) < 0
}
