package bench

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPagesAreReadByTwoFields(t *testing.T) {
	type found struct {
		seq     int64
		preview string
	}
	for name, tc := range map[string]struct {
		page string
		want []found
		next int64
	}{
		"ours": {
			`{"first_seq":3,"has_more":true,"messages":[{"client_msg_id":"a","has_more":false,"preview":"one","seq":3},{"preview":"two","seq":4}],"next_seq":5}`,
			[]found{{3, "one"}, {4, "two"}}, 5,
		},
		"another order": {
			`{"messages":[{"seq":3,"sender_id":"s","preview":"one","has_more":false},{"seq":4,"preview":""}],"next_seq": 5}`,
			[]found{{3, "one"}, {4, ""}}, 5,
		},
		"strings that look like fields": {
			`{"messages":[{"preview":"\",\"seq\":9,\"preview\":\"x\\","client_msg_id":"seq","seq":3}],"next_seq":4}`,
			[]found{{3, `\",\"seq\":9,\"preview\":\"x\\`}}, 4,
		},
		"nothing":      {`{"messages":[],"next_seq":1}`, nil, 1},
		"cut off":      {`{"messages":[{"seq":3,"preview":"on`, nil, 0},
		"no page":      {`<html>`, nil, 0},
		"an odd quote": {`"`, nil, 0},
	} {
		var got []found
		next := scanPage([]byte(tc.page), func(seq int64, preview []byte) { got = append(got, found{seq, string(preview)}) })
		assert.Equal(t, tc.want, got, name)
		assert.Equal(t, tc.next, next, name)
	}
}
