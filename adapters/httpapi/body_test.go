package httpapi

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// TestEveryBodyHasABound: what an operation reads is some kilobytes, but for messages.
func TestEveryBodyHasABound(t *testing.T) {
	c, err := loadContract()
	require.NoError(t, err)
	for _, op := range c.operations {
		switch {
		case op.body == nil:
		case op.id == "sendMessage":
			require.Equal(t, maxMessageBytes, op.bodyLimit())
		default:
			require.LessOrEqual(t, op.bodyLimit(), 16<<10, op.id)
		}
	}
}

// TestAMessageOfSurrogatesFits: the longest text, with every character escaped.
func TestAMessageOfSurrogatesFits(t *testing.T) {
	const path = "/api/messages/conversations/{conversation_id}/messages"
	var got any
	s := newTestSite(t, Config{}, operationRoute(http.MethodPost, path, func(w http.ResponseWriter, r *http.Request) {
		got = r.Body.(decodedBody).members["body"]
		w.WriteHeader(http.StatusNoContent)
	}))
	r := request(http.MethodPost, strings.Replace(path, "{conversation_id}", "c", 1),
		`{"client_msg_id":"`+strings.Repeat("x", 64)+`","body":"`+strings.Repeat(`\ud83d\ude00`, 100_000)+`"}`)
	r.Header.Set("Authorization", "Bearer user:ada")
	require.Equal(t, http.StatusNoContent, s.do(r).Code)
	require.Equal(t, strings.Repeat("😀", 100_000), got)
}

// TestWhatNobodyAskedForIsNotKept: members without a meaning are checked and passed over, and there may be only so
// many.
func TestWhatNobodyAskedForIsNotKept(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"m%d":1,`, i)
		}
		return b.String()
	}
	body := []byte(`{` + many(400) + `"name":"a"}`)
	members, err := decodeMembers(body, sample)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"name": "a"}, members)

	_, err = decodeMembers([]byte(`{`+many(600)+`"name":"a"}`), sample)
	require.ErrorIs(t, err, errTooManyMembers)
	_, err = decodeMembers([]byte(`{"other":[`+strings.Repeat("1,", maxUnknownTokens)+`1],"name":"a"}`), sample)
	require.ErrorIs(t, err, errTooManyMembers)
	_, err = decodeMembers([]byte(`{"other":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+`,"name":"a"}`), sample)
	require.ErrorIs(t, err, errTooManyMembers)
}

func TestBodiesUnderWayAreBounded(t *testing.T) {
	b := newBodyBudget(prometheus.NewCounter(prometheus.CounterOpts{Name: "x"}))
	require.True(t, b.take("ada", bodyBytesOfOneCaller))
	require.False(t, b.take("ada", 1), "nobody gets more than a share")
	for _, caller := range []string{"b", "c", "d", "e", "f", "g", "h"} {
		require.True(t, b.take(caller, bodyBytesOfOneCaller))
	}
	require.False(t, b.take("i", 1), "and all together no more than there is")
	b.give("ada", bodyBytesOfOneCaller)
	require.True(t, b.take("i", 1))
	require.NotContains(t, b.of, "ada", "who has nothing under way is forgotten")
}

// dribble sends its first bytes and then waits for the end.
type dribble struct {
	first io.Reader
	end   chan struct{}
}

func (b dribble) Read(p []byte) (int, error) {
	if n, err := b.first.Read(p); err == nil {
		return n, nil
	}
	<-b.end
	return 0, io.EOF
}

func (dribble) Close() error { return nil }

// TestWhoSendsSlowlyHoldsWhatHasComeOnly, and gives it back.
func TestWhoSendsSlowlyHoldsWhatHasComeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const path = "/api/messages/conversations/c/messages"
		b := newBodyBudget(prometheus.NewCounter(prometheus.CounterOpts{Name: "x"}))
		end := make(chan struct{})
		var reading sync.WaitGroup
		for range 4 {
			reading.Go(func() {
				r := httptest.NewRequest(http.MethodPost, path, dribble{strings.NewReader(`{"body":"` + strings.Repeat("x", 3000)), end})
				r.ContentLength = maxMessageBytes
				r.Header.Set("Content-Type", "application/json")
				memory := &bodyAccount{budget: b, caller: "eve"}
				defer memory.close()
				_, err := readBody(httptest.NewRecorder(), r, maxMessageBytes, memory.take)
				require.NoError(t, err)
			})
		}
		synctest.Wait()
		require.Equal(t, 4*2*firstBodyBytes, b.taken, "not what is announced")
		close(end)
		reading.Wait()
		require.Zero(t, b.taken)
	})
}

// TestADecoderThatIsBusyRefuses: what comes meanwhile waits in line, and is answered.
func TestADecoderThatIsBusyRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gates gates
		s := newTestSite(t, Config{}, operationRoute(http.MethodPost, "/api/users/auth/login", noContent), func(m *mount) { gates = m.site.gates })
		for range cap(gates.decoding.places) {
			require.True(t, gates.decoding.enter(t.Context()))
		}
		requireProblem(t, s.do(login("192.0.2.1:1")), http.StatusServiceUnavailable, "overloaded")
		gates.decoding.leave()
		require.Equal(t, http.StatusNoContent, s.do(login("192.0.2.1:1")).Code)
	})
}
