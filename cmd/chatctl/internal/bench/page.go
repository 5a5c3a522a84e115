package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"chatsystem/sdk"
)

// pageBuffers hold pages while they are read.
var pageBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// page hands each message of a page of history to visit, and returns the seq from which to go on and how many there were. It looks
// for the two fields it needs instead of decoding: of a page of two hundred, decoding would take the driver longer than
// making it takes the server.
func (b *Bench) page(ctx context.Context, c *sdk.Client, conversation string, after int64, limit int, visit func(seq int64, preview []byte)) (last int64, n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	target := b.url.JoinPath("api/messages/conversations", conversation, "messages")
	target.RawQuery = fmt.Sprintf("after_seq=%d&limit=%d", after, limit)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return after, 0, err
	}
	request.Header.Set("Authorization", "Bearer "+c.Tokens().AccessToken)
	request.Header.Set("User-Agent", b.cfg.UserAgent)
	answer, err := b.http.Do(request)
	if err != nil {
		return after, 0, err
	}
	defer answer.Body.Close()
	buffer := pageBuffers.Get().(*bytes.Buffer)
	defer pageBuffers.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(answer.Body); err != nil {
		return after, 0, err
	}
	if answer.StatusCode != http.StatusOK {
		return after, 0, &sdk.Error{Status: answer.StatusCode}
	}
	last = after
	next := scanPage(buffer.Bytes(), func(seq int64, preview []byte) {
		n++
		last = max(last, seq)
		visit(seq, preview)
	})
	return max(last, next-1), n, nil
}

// scanPage finds the seq and the preview, as it stands in JSON, of each message of a page, and the page's next_seq, 0 if it
// has none. What strings hold does not mislead it.
func scanPage(page []byte, visit func(seq int64, preview []byte)) (next int64) {
	var seq int64
	var preview []byte
	haveSeq, havePreview := false, false
	for {
		name, rest, ok := nextString(page)
		if !ok {
			return next
		}
		page = rest
		if len(rest) == 0 || rest[0] != ':' {
			continue
		}
		switch string(name) {
		case "seq":
			seq, haveSeq = number(rest[1:]), true
		case "next_seq":
			next = number(rest[1:])
		case "preview":
			if preview, page, ok = nextString(rest); !ok {
				return next
			}
			havePreview = true
		}
		if haveSeq && havePreview {
			visit(seq, preview)
			haveSeq, havePreview = false, false
		}
	}
}

// nextString returns the next string in JSON, without its quotes, and what follows.
func nextString(data []byte) (s, rest []byte, ok bool) {
	open := bytes.IndexByte(data, '"')
	if open < 0 {
		return nil, nil, false
	}
	data = data[open+1:]
	for from := 0; ; {
		end := bytes.IndexByte(data[from:], '"')
		if end < 0 {
			return nil, nil, false
		}
		end += from
		escapes := 0
		for end-escapes > 0 && data[end-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return data[:end], data[end+1:], true
		}
		from = end + 1
	}
}

// number reads the digits at the beginning; a few servers write space before them.
func number(data []byte) int64 {
	data = bytes.TrimLeft(data, " ")
	length := 0
	for length < len(data) && data[length] >= '0' && data[length] <= '9' {
		length++
	}
	n, _ := strconv.ParseInt(string(data[:length]), 10, 64)
	return n
}
