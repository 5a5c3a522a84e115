package socketio_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
)

func TestThoseHeardOfAboutTheSameTimeArePingedAtOnce(t *testing.T) {
	const apart = 100 * time.Millisecond
	inBubble(t, socketio.DefaultConfig(), func(t *testing.T, w world) {
		interval := socketio.DefaultConfig().PingInterval
		<-time.After(apart)
		first, _ := w.join(t, "")
		<-time.After(apart)
		second, _ := w.join(t, "")
		began := time.Now()
		for range 3 {
			first.Expect("2")
			at := time.Now()
			second.Expect("2")
			require.Equal(t, at, time.Now())
			require.LessOrEqual(t, at.Sub(began), interval)
			require.Greater(t, at.Sub(began), interval-interval/25)
			first.Send("3")
			<-time.After(apart)
			second.Send("3")
			began = time.Now()
		}
	})
}
