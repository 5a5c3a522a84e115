//go:build integration

package chatsystem_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// promtool is Prometheus' own judge of what it is given.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	_, err := exec.LookPath("promtool")
	require.NoError(t, err, "scripts/setup checks installs it")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "promtool", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestPrometheusTakesItsFiles(t *testing.T) {
	promtool(t, "check", "config", filepath.Join(observability, "prometheus/prometheus.yml"))
}

func TestPrometheusUnderstandsEveryPanel(t *testing.T) {
	type rule struct{ Record, Expr string }
	var rules []rule
	for _, d := range dashboards(t) {
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				if p.Datasource.Type == "prometheus" {
					expr := strings.ReplaceAll(target.Expr, "$__rate_interval", "1m") // as Grafana fills it in
					rules = append(rules, rule{fmt.Sprintf("panel:%d", len(rules)), expr})
				}
			}
		}
	}
	require.NotEmpty(t, rules)
	promtool(t, "check", "rules", writeYAML(t, map[string]any{"groups": []any{map[string]any{"name": "panels", "rules": rules}}}))
}

func writeYAML(t *testing.T, what any) string {
	t.Helper()
	text, err := yaml.Marshal(what)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "file.yml")
	require.NoError(t, os.WriteFile(file, text, 0o644))
	return file
}

// well is what a system shows in which nothing is wrong, minute by minute (a+bxn: n times b more, from a).
var well = map[string]string{
	`chat_database_failed`:                                                                                 "0x30",
	`chat_messages_reconciled_total{outcome="lost"}`:                                                       "0x30",
	`chat_messages_reconciled_total{outcome="published"}`:                                                  "0+1x30",
	`chat_seqs_voided_total{holder="foreign"}`:                                                             "0x30",
	`chat_seqs_voided_total{holder="tombstone"}`:                                                           "0+1x30",
	`chat_fanout_parked_total`:                                                                             "0x30",
	`chat_messages_sent_total{result="created"}`:                                                           "0+6000x30",
	`chat_messages_sent_total{result="failed"}`:                                                            "0+6x30",
	`http_request_duration_seconds_count{service="chat-service",status="200"}`:                             "0+6000x30",
	`http_request_duration_seconds_count{service="chat-service",status="503"}`:                             "0+6x30",
	`http_request_duration_seconds_bucket{service="chat-service",route="/api/chats",le="0.5"}`:             "0+6000x30",
	`http_request_duration_seconds_bucket{service="chat-service",route="/api/chats",le="2.5"}`:             "0+6000x30",
	`http_request_duration_seconds_bucket{service="chat-service",route="/api/chats",le="+Inf"}`:            "0+6000x30",
	`http_request_duration_seconds_bucket{service="user-service",route="/api/users/auth/login",le="1"}`:    "0x30",
	`http_request_duration_seconds_bucket{service="user-service",route="/api/users/auth/login",le="10"}`:   "0+60x30",
	`http_request_duration_seconds_bucket{service="user-service",route="/api/users/auth/login",le="+Inf"}`: "0+60x30",
	`chat_allocations_unfinished_oldest_age_seconds`:                                                       "2x30",
	`chat_delivery_latency_seconds_bucket{le="0.5"}`:                                                       "0+6000x30",
	`chat_delivery_latency_seconds_bucket{le="2.5"}`:                                                       "0+6000x30",
	`chat_delivery_latency_seconds_bucket{le="+Inf"}`:                                                      "0+6000x30",
	`chat_fanout_lag_seconds_bucket{le="1"}`:                                                               "0+6000x30",
	`chat_fanout_lag_seconds_bucket{le="10"}`:                                                              "0+6000x30",
	`chat_fanout_lag_seconds_bucket{le="+Inf"}`:                                                            "0+6000x30",
	`chat_fanout_retries_total`:                                                                            "0x30",
	`chat_publish_failures_total`:                                                                          "0x30",
	`chat_settle_failures_total`:                                                                           "0x30",
	`chat_gateway_disconnects_total{reason="slow consumer"}`:                                               "0+6x30",
	`chat_gateway_disconnects_total{reason="transport close"}`:                                             "0+600x30",
	`chat_gateway_connections`:                                                                             "1000x30",
	`chat_gateway_resyncs_total`:                                                                           "0+60x30",
	`chat_presence_failures_total`:                                                                         "0x30",
	`chat_revocation_check_failures_total`:                                                                 "0x30",
	`chat_gateway_forward_failures_total`:                                                                  "0+6x30",
	`up{job="chat",service="user-service",instance="a"}`:                                                   "1x30",
	`up{job="chat",service="user-service",instance="b"}`:                                                   "1x30",
	`up{job="chat",service="chat-service",instance="c"}`:                                                   "1x30",
	`up{job="chat",service="message-service",instance="d"}`:                                                "1x30",
	`up{job="chat",service="gateway",instance="e"}`:                                                        "1x30",
	`up{job="chat",service="fanout-worker",instance="f"}`:                                                  "1x30",
	`chat_trace_spans_total{outcome="exported"}`:                                                           "0+6000x30",
	`chat_trace_spans_total{outcome="dropped"}`:                                                            "0+6x30",
}

// troubles are what shows besides while something is wrong, and which alerts fire then.
var troubles = map[string]map[string]string{
	"MessageLost":         {`chat_messages_reconciled_total{outcome="lost"}`: "0x15 1x15"},
	"ForeignMessageAtSeq": {`chat_seqs_voided_total{holder="foreign"}`: "0x15 1x15"},
	"EventsParked":        {`chat_fanout_parked_total`: "0x15 1x15"},
	"SendsFail":           {`chat_messages_sent_total{result="failed"}`: "0+120x30"},
	"RequestsFail":        {`http_request_duration_seconds_count{service="chat-service",status="503"}`: "0+120x30"},
	"RequestsSlow":        {`http_request_duration_seconds_bucket{service="chat-service",route="/api/chats",le="0.5"}`: "0+5900x30"},
	"UnfinishedMessages":  {`chat_allocations_unfinished_oldest_age_seconds`: "0+60x30"},
	"SeqsVoided":          {`chat_seqs_voided_total{holder="tombstone"}`: "0+12x30"},
	"DeliverySlow":        {`chat_delivery_latency_seconds_bucket{le="0.5"}`: "0+5900x30"},
	"FanoutBehind":        {`chat_fanout_lag_seconds_bucket{le="1"}`: "0+5000x30"},
	"FanoutRetries":       {`chat_fanout_retries_total`: "0+1x30"},
	"PublishFails":        {`chat_publish_failures_total`: "0+1x30"},
	"SettleFails":         {`chat_settle_failures_total`: "0+1x30"},
	"ConsumersSlow":       {`chat_gateway_disconnects_total{reason="slow consumer"}`: "0+120x30"},
	"ManyResyncs":         {`chat_gateway_resyncs_total`: "0+6000x30"},
	"PresenceFails":       {`chat_presence_failures_total`: "0+1x30"},
	"RevocationUnknown":   {`chat_revocation_check_failures_total`: "0+1x30"},
	"HopsFail":            {`chat_gateway_forward_failures_total`: "0+120x30"},
	"InstanceDown":        {`up{job="chat",service="user-service",instance="b"}`: "0x30"},
	"ServiceDown":         {`up{job="chat",service="gateway",instance="e"}`: "_x30"},
	"DatabaseFailed":      {`chat_database_failed`: "0x10 1x20"},
	"TracesLost":          {`chat_trace_spans_total{outcome="dropped"}`: "0+600x30"},
	"":                    {}, // nothing is wrong
}

// TestEachAlertFiresForItsTroubleAlone lets Prometheus judge half an hour of each trouble.
func TestEachAlertFiresForItsTroubleAlone(t *testing.T) {
	type object = map[string]any
	var tests []object
	for trouble, shows := range troubles {
		shown := maps.Clone(well)
		maps.Copy(shown, shows)
		var series []object
		for name, values := range shown {
			series = append(series, object{"series": name, "values": values})
		}
		var fires []object
		if trouble != "" {
			fires = []object{{"labels": fmt.Sprintf("{alertname=%q}", trouble), "value": 1}}
		}
		tests = append(tests, object{
			"name": trouble, "interval": "1m", "input_series": series,
			"promql_expr_test": []object{{
				"expr": `count by (alertname) (ALERTS{alertstate="firing"})`, "eval_time": "20m", "exp_samples": fires,
			}},
		})
	}
	for _, a := range alerts(t) {
		assert.Contains(t, troubles, a.Alert)
	}
	rules, err := filepath.Abs(filepath.Join(observability, "prometheus/rules.yml"))
	require.NoError(t, err)
	promtool(t, "test", "rules", writeYAML(t, object{"rule_files": []string{rules}, "evaluation_interval": "1m", "tests": tests}))
}
