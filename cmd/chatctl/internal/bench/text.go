package bench

import (
	"bytes"
	"crypto/rand"
	"strconv"
	"strings"
)

// marker names the messages of one load: the text of the n-th begins with it and n, so that who receives one knows when it
// was due.
type marker string

func newMarker() marker { return marker("bench " + rand.Text()[:12] + " ") }

// text returns the text of the n-th message, so many characters long if its beginning is not longer.
func (m marker) text(n, size int) string {
	head := string(m) + strconv.Itoa(n) + "."
	return head + strings.Repeat("x", max(0, size-len(head)))
}

// number returns which message of the load a text or its beginning is; false if it is none.
func (m marker) number(text string) (int, bool) {
	rest, ours := strings.CutPrefix(text, string(m))
	digits, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(digits)
	return n, ours && err == nil && n >= 0
}

// arrival is an event of a message of the load.
type arrival struct {
	n   int32
	seq int64
}

// arrived reads the payload of a message:new, without decoding the JSON: an event costs the driver little. What is looked
// for cannot be in the middle of a string, where a quote has a backslash before it.
func (m marker) arrived(payload []byte) (arrival, bool) {
	text, ok := after(payload, `"preview":"`)
	if !ok {
		return arrival{}, false
	}
	end := bytes.IndexByte(text, '.')
	digits, ok := after(payload, `"seq":`)
	if end < 0 || !ok {
		return arrival{}, false
	}
	n, ours := m.number(string(text[:end]))
	length := 0
	for length < len(digits) && digits[length] >= '0' && digits[length] <= '9' {
		length++
	}
	seq, err := strconv.ParseInt(string(digits[:length]), 10, 64)
	return arrival{int32(n), seq}, ours && err == nil && n < MaxRequests
}

func after(b []byte, mark string) ([]byte, bool) {
	i := bytes.Index(b, []byte(mark))
	if i < 0 {
		return nil, false
	}
	return b[i+len(mark):], true
}
