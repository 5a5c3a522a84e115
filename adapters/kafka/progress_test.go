package kafka

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyTheFinishedRunIsCommitted(t *testing.T) {
	// The offsets have a gap: a broker may keep some to itself.
	for name, tc := range map[string]struct {
		done []int64
		next int64
		news bool
	}{
		"nothing done":                    {},
		"the first":                       {[]int64{5}, 6, true},
		"a later one alone":               {[]int64{6}, 0, false},
		"all but the last, backwards":     {[]int64{6, 5}, 7, true},
		"all":                             {[]int64{5, 6, 9}, 10, true},
		"all but the one in the middle":   {[]int64{9, 5}, 6, true},
		"the first, reported three times": {[]int64{5, 5, 5}, 6, true},
	} {
		t.Run(name, func(t *testing.T) {
			var p progress
			done := map[int64]func(){}
			for _, offset := range []int64{5, 6, 9} {
				done[offset] = p.began(offset)
			}
			for _, offset := range tc.done {
				done[offset]()
			}
			next, news := p.due()
			require.Equal(t, tc.news, news)
			require.Equal(t, tc.next, next)
		})
	}
}

func TestWhatTheBrokerKnowsIsNotDue(t *testing.T) {
	var p progress
	first, second := p.began(0), p.began(1)
	first()
	next, _ := p.due()
	p.acknowledged(next)
	_, news := p.due()
	require.False(t, news)
	second()
	_, news = p.due()
	require.True(t, news)
}
