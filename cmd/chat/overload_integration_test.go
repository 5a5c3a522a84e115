//go:build integration && linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/scenario"
	"chatsystem/sdk"
)

const (
	atEase        = 32 // senders at a time, few enough for all of them to be answered
	measured      = 3 * time.Second
	overloaded    = 4 * time.Second
	overloadShare = 3 // of the rate that was measured, at first
	underWay      = 3000
	perConnection = 256 << 10 // bytes; what the race detector remembers of it is most of that
)

// TestOverloadIsShed sends three times as much as the server took at ease: what it cannot do it refuses with the reason, what it
// accepts is kept and answered soon, its memory stays bounded, and afterwards it is as before.
func TestOverloadIsShed(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	p := newProcess(t)
	p.env = []string{"LOG_LEVEL=warn"}
	p.start()
	people, ids := newPeople(ctx, t, p.url(), 2)
	dm, err := people[0].CreateDM(ctx, ids[1])
	require.NoError(t, err)
	f := flood{t: t, p: p, token: people[0].Tokens().AccessToken, conversation: dm.ConversationID, http: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: underWay, MaxConnsPerHost: underWay}, Timeout: 20 * time.Second,
	}}
	defer f.http.CloseIdleConnections()

	f.closed(ctx, atEase, measured)
	rate := float64(len(f.accepted)) / measured.Seconds()
	require.Empty(t, f.shed, "nothing is refused at ease")
	before := memory(t, p)
	t.Logf("at ease: %.0f messages a second, 99 of 100 within %v, %d MB", rate, f.p99(), before>>20)

	load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 1, Listeners: 1}, p.url())
	require.NoError(t, err)
	defer load.Close()
	most := 0
	for share := overloadShare; len(f.shed) == 0 && share <= 8*overloadShare; share *= 2 { // a large machine has some to spare
		f.latencies = nil
		most = f.open(ctx, float64(share)*rate, overloaded)
		t.Logf("at %d times the rate: %d accepted, %d refused, 99 of 100 within %v, %d MB", share, len(f.latencies), len(f.shed), f.p99(), most>>20)
	}
	assert.NotEmpty(t, f.shed, "more was asked for than could be done")
	assert.NotEmpty(t, f.latencies, "something was done all the same")
	assert.Less(t, most, 2*before+underWay*perConnection, "memory is bounded by the connections, whatever they ask for")

	began := time.Now()
	require.Eventually(t, func() bool { return f.send(ctx, "after") == http.StatusCreated }, 20*time.Second, 10*time.Millisecond)
	t.Logf("recovered within %v", time.Since(began).Round(time.Millisecond))
	f.requireKept(ctx, people[1])
	verdict, err := load.Finish(ctx)
	t.Log(verdict)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
}

// flood sends messages without the SDK's patience and notes what becomes of them.
type flood struct {
	t            *testing.T
	p            *process
	token        string
	conversation string
	http         *http.Client

	mu        sync.Mutex
	accepted  []sdk.Message
	latencies []time.Duration // of those
	shed      []string        // codes of refusals
}

// send posts a message once and returns the status.
func (f *flood) send(ctx context.Context, id string) int {
	began := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.p.url()+"/api/messages/conversations/"+f.conversation+"/messages",
		strings.NewReader(`{"client_msg_id":"`+id+`","body":"`+id+`"}`))
	if !assert.NoError(f.t, err) {
		return 0
	}
	req.Header.Set("Authorization", "Bearer "+f.token)
	req.Header.Set("Content-Type", "application/json")
	answer, err := f.http.Do(req)
	if !assert.NoError(f.t, err, "every request is answered") {
		return 0
	}
	defer answer.Body.Close()
	var body struct {
		sdk.Message
		Code string `json:"code"`
	}
	assert.NoError(f.t, json.NewDecoder(answer.Body).Decode(&body))
	f.mu.Lock()
	defer f.mu.Unlock()
	if answer.StatusCode == http.StatusCreated {
		f.accepted = append(f.accepted, body.Message)
		f.latencies = append(f.latencies, time.Since(began))
		return answer.StatusCode
	}
	f.shed = append(f.shed, body.Code)
	assert.Equal(f.t, http.StatusServiceUnavailable, answer.StatusCode)
	assert.Equal(f.t, sdk.CodeOverloaded, body.Code)
	assert.NotEmpty(f.t, answer.Header.Get("Retry-After"))
	return answer.StatusCode
}

// closed has n senders send one message after another.
func (f *flood) closed(ctx context.Context, n int, d time.Duration) {
	over := time.Now().Add(d)
	var sending sync.WaitGroup
	for sender := range n {
		sending.Go(func() {
			for i := 0; time.Now().Before(over); i++ {
				f.send(ctx, fmt.Sprintf("ease-%d-%d", sender, i))
			}
		})
	}
	sending.Wait()
}

// open sends what is due, whether or not the earlier ones were answered, and returns the most memory that the server had.
func (f *flood) open(ctx context.Context, rate float64, d time.Duration) (most int) {
	var sending sync.WaitGroup
	sent := 0
	ticks := time.NewTicker(5 * time.Millisecond)
	defer ticks.Stop()
	for began := time.Now(); time.Since(began) < d; <-ticks.C {
		for due := int(rate * time.Since(began).Seconds()); sent < due; sent++ {
			id := fmt.Sprintf("flood-%.0f-%d", rate, sent)
			sending.Go(func() { f.send(ctx, id) })
		}
		most = max(most, memory(f.t, f.p))
	}
	sending.Wait()
	return most
}

func (f *flood) p99() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.latencies) == 0 {
		return 0
	}
	slices.Sort(f.latencies)
	return f.latencies[len(f.latencies)*99/100].Round(time.Millisecond)
}

// requireKept finds every message that was accepted in the history, and no other.
func (f *flood) requireKept(ctx context.Context, reader *sdk.Client) {
	f.t.Helper()
	accepted := map[int64]string{}
	for _, m := range f.accepted {
		accepted[m.Seq] = m.MessageID
	}
	require.Len(f.t, accepted, len(f.accepted), "no seq was given twice")
	n := 0
	for m, err := range reader.History(ctx, f.conversation, sdk.After(0).Limit(200)) {
		require.NoError(f.t, err)
		require.Equal(f.t, accepted[m.Seq], m.MessageID)
		n++
	}
	require.Equal(f.t, len(f.accepted), n)
}

// memory returns the bytes that the server has resident.
func memory(t *testing.T, p *process) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(status), "VmRSS:")
	require.True(t, found)
	var kB int
	_, err = fmt.Sscan(rest, &kB)
	require.NoError(t, err)
	return kB << 10
}
