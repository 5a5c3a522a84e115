//go:build e2e

package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/otlptest"
)

// TestOneTraceFollowsAMessage from the request that sent it through the broker to the other one's socket, over the four
// processes that have it on the way.
func TestOneTraceFollowsAMessage(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	seen := otlptest.New(t)
	s := newStack(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+seen.URL)
	a, b := s.person(ctx, t), s.person(ctx, t)
	dm, err := a.CreateDM(ctx, b.id)
	require.NoError(t, err)
	sub := s.subscribe(ctx, t, b, 0)
	_, err = a.Send(ctx, dm.ConversationID, "followed")
	require.NoError(t, err)
	next(ctx, t, sub)

	const post = "POST /api/messages/conversations/{conversation_id}/messages"
	require.Eventually(t, func() bool {
		for _, steps := range seen.Traces() {
			has := map[string]bool{}
			for _, step := range steps {
				has[step.Service+": "+step.Path] = true
			}
			if has["message-service: "+post+" > append message > store message"] &&
				has["message-service: "+post+" > publish message:new"] &&
				has["fanout-worker: "+post+" > publish message:new > route message:new"] &&
				has["gateway: "+post+" > publish message:new > route message:new > deliver message:new"] &&
				slices.ContainsFunc(steps, func(s otlptest.Step) bool { return s.Service == "chat-service" }) {
				return true
			}
		}
		return false
	}, 30*time.Second, 100*time.Millisecond, "%v", seen.Traces())
}
