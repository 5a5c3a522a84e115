package kafka

import (
	"github.com/segmentio/kafka-go"

	"chatsystem/domain"
)

// traceHeader is the W3C header, which tracing tools of other languages know on Kafka, too.
const traceHeader = "traceparent"

func traceHeaders(t domain.Trace) []kafka.Header {
	if t == "" {
		return nil
	}
	return []kafka.Header{{Key: traceHeader, Value: []byte(t)}}
}

// traceOf returns none where the header is absent or malformed: a message counts for more than its trace.
func traceOf(headers []kafka.Header) domain.Trace {
	for _, h := range headers {
		if h.Key == traceHeader {
			return domain.ParseTrace(string(h.Value))
		}
	}
	return ""
}
