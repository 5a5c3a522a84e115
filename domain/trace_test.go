package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"chatsystem/domain"
)

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestTraceNamesATraceAndAStep(t *testing.T) {
	trace := domain.ParseTrace(traceparent)
	assert.Equal(t, domain.Trace(traceparent), trace)
	assert.Equal(t, "4bf92f3577b34da6a3ce929d0e0e4736", trace.ID())
	assert.Equal(t, "00f067aa0ba902b7", trace.Step())
	assert.True(t, trace.Recorded())
	assert.False(t, domain.ParseTrace(traceparent[:54]+"0").Recorded())
}

func TestNoTraceHasNoIDs(t *testing.T) {
	var none domain.Trace
	assert.Empty(t, none.ID())
	assert.Empty(t, none.Step())
	assert.False(t, none.Recorded())
}

func TestWhatIsNoTraceparentIsNoTrace(t *testing.T) {
	for name, s := range map[string]string{
		"nothing":                 "",
		"too short":               traceparent[:54],
		"more of a later version": "01" + traceparent[2:] + "-later",
		"another version":         "01" + traceparent[2:],
		"no dash":                 "00_" + traceparent[3:],
		"upper case":              "00-4BF92F3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"no hexadecimal digits":   "00-zbf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"trace of zeros":          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"step of zeros":           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
	} {
		t.Run(name, func(t *testing.T) { assert.Empty(t, domain.ParseTrace(s)) })
	}
}
