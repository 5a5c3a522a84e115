package domain

import (
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// PreviewOf returns the first PreviewChars code points of body, cut back to a whole grapheme cluster, and whether
// the body goes on. A single cluster longer than the limit is cut hard. The cost does not grow with the body.
func PreviewOf(body string) (preview string, more bool) {
	limit := prefixLen(body, PreviewChars)
	if limit == len(body) {
		return body, false
	}
	_, next := utf8.DecodeRuneInString(body[limit:])
	window := body[:limit+next] // one rune beyond the limit tells whether a cluster goes on over it
	end, state := 0, -1
	for end < limit {
		var cluster string
		cluster, _, _, state = uniseg.FirstGraphemeClusterInString(window[end:], state)
		if end+len(cluster) > limit {
			break
		}
		end += len(cluster)
	}
	if end == 0 {
		end = limit
	}
	return body[:end], true
}

// prefixLen returns the length in bytes of the first n code points of s.
func prefixLen(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
