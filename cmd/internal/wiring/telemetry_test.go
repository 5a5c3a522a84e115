package wiring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"chatsystem/adapters/tracing"
	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/otlptest"
	"chatsystem/cmd/internal/scenario"
	"chatsystem/cmd/internal/wiring"
)

// chat is a running one-process system, in memory.
type chat struct {
	*fxtest.App
	url     string
	metrics prometheus.Gatherer
	log     *bytes.Buffer // to be read after it was stopped
}

func startChat(t *testing.T, traces tracing.Config) *chat {
	t.Helper()
	cfg, err := config.Load[config.Chat](map[string]string{"HTTP_ADDR": "127.0.0.1:0", "BCRYPT_COST": "4"})
	require.NoError(t, err)
	cfg.Memory = true
	c := &chat{log: &bytes.Buffer{}}
	build := wiring.Chat(context.Background(), cfg, wiring.NewJSONLogger(c.log, slog.LevelInfo, "chat"), func(a net.Addr) { c.url = "http://" + a.String() })
	c.App = fxtest.New(t, build, fx.Replace(traces), fx.Populate(&c.metrics)).RequireStart()
	return c
}

// talk lets two people chat.
func (c *chat) talk(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, scenario.TwoGateways(ctx, c.url, c.url))
}

// TestAMessageIsOneTrace follows messages from the request that sent them to the sockets that received them.
func TestAMessageIsOneTrace(t *testing.T) {
	seen := otlptest.New(t)
	app := startChat(t, tracing.Config{Endpoint: seen.URL, Service: "chat", Version: "test"})
	app.talk(t)
	app.RequireStop() // which sends what has been recorded

	const post = "POST /api/messages/conversations/{conversation_id}/messages"
	step := func(path string) otlptest.Step { return otlptest.Step{Service: "chat", Path: path} }
	sends, delivered := 0, 0
	for id, steps := range seen.Traces() {
		if !slices.Contains(steps, step(post)) {
			continue
		}
		sends++
		assert.Contains(t, steps, step(post+" > append message > store message"))
		assert.Contains(t, steps, step(post+" > publish message:new"))
		if slices.Contains(steps, step(post+" > publish message:new > route message:new > deliver message:new")) {
			delivered++
		}
		assert.Contains(t, app.log.String(), `"trace_id":"`+id+`"`)
	}
	assert.Positive(t, sends)
	assert.Positive(t, delivered, "the other one is away for some of them only, and the last is perhaps not routed before the stop")
}

func TestLogLinesNameServiceAndRequest(t *testing.T) {
	app := startChat(t, tracing.Config{})
	app.talk(t)
	app.RequireStop()
	requests := 0
	for line := range strings.Lines(app.log.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		assert.Equal(t, "chat", fields["service"])
		if fields["msg"] == "request" {
			requests++
			assert.NotEmpty(t, fields["request_id"])
			assert.NotContains(t, fields, "trace_id", "nobody traces")
		}
	}
	assert.Positive(t, requests)
}

// TestMetricsAreDocumented holds docs/metrics.md to what programs show, name by name, with type and labels.
func TestMetricsAreDocumented(t *testing.T) {
	app := startChat(t, tracing.Config{})
	app.talk(t)
	shown := rows(t, app.metrics)
	app.RequireStop()
	for _, build := range builds(t) { // what the services show besides
		var service prometheus.Gatherer
		app := fxtest.New(t, build, fx.Populate(&service)).RequireStart()
		maps.Copy(shown, rows(t, service))
		app.RequireStop()
	}
	assert.Equal(t, documented(t), shown)
}

// row is what a table says of a metric and a test can know.
type row struct{ kind, labels string }

// rows returns what is shown, but for what is the runtime's.
func rows(t *testing.T, g prometheus.Gatherer) map[string]row {
	t.Helper()
	families, err := g.Gather()
	require.NoError(t, err)
	shown := map[string]row{}
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "go_") || strings.HasPrefix(f.GetName(), "process_") {
			continue
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, "`"+l.GetName()+"`")
		}
		shown[f.GetName()] = row{strings.ToLower(f.GetType().String()), strings.Join(labels, ", ")}
	}
	return shown
}

// documented returns the rows of the tables.
func documented(t *testing.T) map[string]row {
	t.Helper()
	page, err := os.ReadFile("../../../docs/metrics.md")
	require.NoError(t, err)
	found := map[string]row{}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) > 4 && strings.HasPrefix(line, "| `") {
			name := strings.Trim(cells[1], " `")
			require.NotContains(t, found, name, "twice")
			found[name] = row{strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])}
		}
	}
	return found
}

// TestMetricsMoveWithWhatHappens reads them after two people have chatted.
func TestMetricsMoveWithWhatHappens(t *testing.T) {
	app := startChat(t, tracing.Config{})
	app.talk(t)
	count := map[string]float64{}
	require.Eventually(t, func() bool { // the last of it: the sockets end
		families, err := app.metrics.Gather()
		if !assert.NoError(t, err) {
			return true
		}
		clear(count)
		for _, f := range families {
			for _, m := range f.GetMetric() {
				count[f.GetName()] += m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
		return count["chat_gateway_disconnects_total"] > 0
	}, 10*time.Second, 5*time.Millisecond)
	app.RequireStop()
	for _, name := range []string{
		"chat_messages_sent_total", "chat_publish_batch_size", "chat_publish_duration_seconds", "chat_settle_batch_size",
		"chat_fanout_lag_seconds", "chat_fanout_batch_size", "chat_fanout_route_duration_seconds",
		"chat_fanout_deliveries_total", "chat_fanout_receivers_total", "chat_fanout_deliver_duration_seconds",
		"chat_delivery_latency_seconds", "chat_gateway_authenticate_duration_seconds",
	} {
		assert.Positive(t, count[name], name)
	}
	for _, name := range []string{
		"chat_publish_failures_total", "chat_settle_failures_total", "chat_seqs_voided_total", "chat_messages_reconciled_total",
		"chat_fanout_retries_total", "chat_presence_failures_total", "chat_revocation_check_failures_total", "chat_trace_spans_total",
	} {
		assert.Zero(t, count[name], name)
	}
}
