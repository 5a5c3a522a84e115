//go:build e2e

package e2e

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/scenario"
	"chatsystem/domain"
)

// TestAProcessThatFreezesWakesUpLate stops one instance of each service in its tracks, under load, for longer than the others
// wait for it: what it was about to do, it does when others have done it.
func TestAProcessThatFreezesWakesUpLate(t *testing.T) {
	ctx := deadline(t, 6*time.Minute)
	s := newStack(t)
	load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 3, Listeners: 3}, s.url)
	require.NoError(t, err)
	defer load.Close()
	awaitSent(t, load, 30)

	// What brings events to clients sleeps until its leases have run out and its place was given to another.
	asleep := time.After(domain.LeaseTTL + 2*time.Second)
	gateway, worker := s.running["gateway"][0], s.running["fanout-worker"][0]
	gateway.signal(syscall.SIGSTOP)
	worker.signal(syscall.SIGSTOP)
	for _, row := range []struct {
		service string
		freeze  time.Duration
	}{
		{"message-service", 9 * time.Second}, // the other one voids after 5 s what this one is about to store
		{"chat-service", 6 * time.Second},    // requests to it are given up
		{"user-service", 3 * time.Second},    // nobody who sends needs it
	} {
		i := s.running[row.service][0]
		awaitSent(t, load, 20)
		i.signal(syscall.SIGSTOP)
		<-time.After(row.freeze)
		i.signal(syscall.SIGCONT)
		woken := time.Now()
		awaitSent(t, load, 20)
		t.Logf("%s: 20 messages more %v after it woke up", i.service, time.Since(woken).Round(time.Millisecond))
	}
	<-asleep
	gateway.signal(syscall.SIGCONT)
	worker.signal(syscall.SIGCONT)
	woken := time.Now()
	awaitSent(t, load, 30)
	for _, i := range s.all() {
		i.awaitReady()
	}
	verdict, err := load.Finish(ctx)
	t.Logf("%v, %v after gateway and worker woke up", verdict, time.Since(woken).Round(time.Millisecond))
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
}
