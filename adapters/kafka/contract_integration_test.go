//go:build integration

package kafka

import (
	"testing"

	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func TestEventBusContract(t *testing.T) {
	portstest.RunEventBus(t, func(t testing.TB) (ports.EventPublisher, ports.EventSource) {
		cfg := newCluster(t)
		consumer, _ := startConsumer(t, cfg)
		return newProducer(t, cfg), consumer
	})
}
