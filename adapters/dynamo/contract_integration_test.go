//go:build integration

package dynamo_test

import (
	"testing"

	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func TestMessageStore(t *testing.T) {
	s := openTable(t)
	portstest.RunMessageStore(t, func(testing.TB) ports.MessageStore { return s })
}
