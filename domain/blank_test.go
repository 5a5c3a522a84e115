package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestWhatCannotBeSeenIsBlank(t *testing.T) {
	blank := map[string]string{
		"white space": " \t\n\u00a0\u2003\u3000", "zero width": "\u200b\u200c\u200d\u2060\ufeff", "soft hyphens": "\u00ad\u00ad",
		"Hangul fillers": "\u3164\u115f\u1160\uffa0", "an empty Braille pattern": "\u2800\u2800", "marks of direction": "\u200e\u200f\u202e\u2069",
		"variation selectors": "\ufe0f\ufe0f", "tags": "\U000e0041\U000e007f", "a grapheme joiner": "\u034f\u034f", "all of them": " \u3164\u200b\u2800\u00ad ",
	}
	for name, text := range blank {
		t.Run(name, func(t *testing.T) {
			_, err := domain.NewDraft("ann", "c", "id", text)
			requireFields(t, err, "body blank")
			_, err = domain.NewGroup("g", text, "ann", nil, founded)
			require.Error(t, err)
			_, err = domain.NewUsername(text)
			require.Error(t, err)
		})
	}
	for name, text := range map[string]string{
		"a letter": "a", "a full stop": ".", "an emoji of a family": "👩\u200d👩\u200d👧", "a flag of tags": "🏴\U000e0067\U000e0062\U000e007f", "a heart": "❤\ufe0f",
		"an emoji of next year": "\U0001fbff", "a private character": "\ue000", "a letter among fillers": "\u3164x\u3164",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := domain.NewDraft("ann", "c", "id", text)
			require.NoError(t, err)
		})
	}
}
