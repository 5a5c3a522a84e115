package kafka

import (
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

func TestWhatAnEventCosts(t *testing.T) {
	e := domain.MessageNew(portstest.Ordinary())
	value, err := encodeEvent(e)
	require.NoError(t, err)
	portstest.Documented(t, "kafka-bytes", float64(len(value)+len(e.Conversation)), 0.02)
}
