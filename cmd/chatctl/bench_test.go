//go:build integration

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBenchScenarios(t *testing.T) {
	t.Parallel()
	server := serve(t)
	for name, tc := range map[string]struct {
		args    []string
		latency []any
		verdict map[string]any
	}{
		"pairs": {
			[]string{"pairs", "--pairs", "4", "--rate", "100", "--duration", "1s"}, []any{"send", "delivery"},
			map[string]any{"sent": 100.0, "acknowledged": 100.0, "delivered": 200.0},
		},
		"group": {
			[]string{"group", "--members", "12", "--senders", "3", "--rate", "30", "--duration", "1s", "--size", "500"}, []any{"send", "delivery"},
			map[string]any{"sent": 30.0, "acknowledged": 30.0, "delivered": 360.0},
		},
		"connections": {[]string{"connections", "--connections", "40", "--users", "7", "--hold", "100ms"}, []any{"connect"}, nil},
		"history": {
			[]string{"history", "--messages", "250", "--size", "300", "--page", "50", "--rate", "50", "--duration", "1s"}, []any{"page"}, nil,
		},
		"reconnect": {
			[]string{"reconnect", "--connections", "30", "--users", "6", "--messages", "5"}, []any{"connected", "caught up"},
			map[string]any{"sent": 15.0, "acknowledged": 15.0, "caught_up": 150.0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newPerson(t, server, "bench").objects(append([]string{"bench"}, tc.args...)...)[0]
			assert.Equal(t, name, r["scenario"])
			assert.NotContains(t, r, "errors")
			var latencies []map[string]any
			for _, l := range r["latencies"].([]any) {
				latencies = append(latencies, l.(map[string]any))
				assert.NotZero(t, l.(map[string]any)["count"])
			}
			assert.Equal(t, tc.latency, fields(latencies, "of"))
			verdict, _ := r["verdict"].(map[string]any)
			for key, value := range verdict {
				want := tc.verdict[key]
				if want == nil {
					want = 0.0
				}
				assert.Equal(t, want, value, key)
			}
			figures := map[string]any{}
			for _, f := range r["figures"].([]any) {
				figures[f.(map[string]any)["name"].(string)] = f.(map[string]any)["value"]
			}
			for _, none := range []string{"dropped", "incomplete pages"} {
				if value, there := figures[none]; there {
					assert.Zero(t, value, none)
				}
			}
		})
	}
}

func TestBenchInAClosedLoopTellsWhatIsDoneAtMost(t *testing.T) {
	t.Parallel()
	server := serve(t)
	for _, args := range [][]string{
		{"pairs", "--pairs", "4", "--at-once", "8", "--duration", "500ms"},
		{"history", "--messages", "100", "--page", "50", "--at-once", "4", "--duration", "500ms"},
	} {
		p := newPerson(t, server, "bench")
		watched := []string{}
		if runtime.GOOS == "linux" {
			watched = []string{"--watch", strconv.Itoa(os.Getpid())}
		}
		r := p.objects(append(append([]string{"bench"}, args...), watched...)...)[0]
		assert.Zero(t, r["offered_per_s"])
		assert.NotContains(t, r, "errors")
		figures := map[string]float64{}
		for _, f := range r["figures"].([]any) {
			figures[f.(map[string]any)["name"].(string)] = f.(map[string]any)["value"].(float64)
		}
		assert.Greater(t, max(figures["acknowledged/s"], figures["pages/s"]), 10.0)
		if len(watched) > 0 {
			assert.Positive(t, figures["CPU seconds of the load"])
		}
	}
	p := newPerson(t, server, "bench")
	assert.Contains(t, p.fails(exitUsage, "bench", "pairs", "--at-once", "5000"), "at once must be")
	assert.Contains(t, p.fails(exitUsage, "bench", "pairs", "--at-once", "8", "--rate", "10"), "at-once")
	assert.Contains(t, p.fails(exitFailure, "bench", "pairs", "--pairs", "1", "--watch", "999999999", "--duration", "100ms"), "999999999")
}

func TestBenchFindsFaults(t *testing.T) {
	t.Parallel()
	server := serve(t)
	twice := &faultyProxy{}
	twice.post = twice.storeTwice(20)
	for name, tc := range map[string]struct {
		proxy *faultyProxy
		finds map[string]any
		code  int
	}{
		"none":                                 {&faultyProxy{}, nil, 0},
		"an acknowledged message is forgotten": {&faultyProxy{post: forgetOne(20)}, map[string]any{"lost": 1.0}, exitFailure},
		"an event is dropped":                  {&faultyProxy{events: dropOne(20)}, map[string]any{"silent": 1.0}, exitFailure},
		"a message is stored twice":            {twice, map[string]any{"stored_more": 1.0}, exitFailure},
		"an event comes twice":                 {&faultyProxy{events: repeatOne(20)}, map[string]any{"duplicated": 1.0}, 0},
		"an event comes late":                  {&faultyProxy{events: delayOne(20)}, map[string]any{"reordered": 1.0}, 0},
		"a connection is cut":                  {&faultyProxy{events: cutOne(20)}, map[string]any{"caught_up": 1.0}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, startProxy(t, server, tc.proxy), "bench")
			r := p.with("", "bench", "group", "--members", "2", "--senders", "1", "--rate", "50", "--duration", "1s", "--json")
			assert.Equal(t, tc.code, r.code, r.errOut)
			verdict := decode(t, r.out)[0]["verdict"].(map[string]any)
			for _, fault := range []string{"failed", "lost", "silent", "stored_more", "duplicated", "reordered", "caught_up"} {
				want := tc.finds[fault]
				if want == nil {
					want = 0.0
				}
				if fault == "caught_up" && want == 1.0 {
					assert.GreaterOrEqual(t, verdict[fault], want, fault) // what came while it was away, too
					continue
				}
				assert.Equal(t, want, verdict[fault], fault)
			}
		})
	}
}

func TestBenchSoak(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := serve(t, "DATA_DIR="+dir)
	plot := filepath.Join(t.TempDir(), "soak.svg")
	args := []string{
		"bench", "soak", "--duration", "4s", "--round", "500ms", "--rest", "1s", "--rate", "40", "--pairs", "3", "--plot", plot,
		"--metrics", "chat=" + server + "/metrics", "--sqlite", "db=" + filepath.Join(dir, "chat.db"),
	}
	r := newPerson(t, server, "soak").objects(args...)[0]
	messages := r["messages"].(map[string]any)
	assert.Positive(t, messages["acknowledged"])
	assert.Equal(t, messages["sent"], messages["acknowledged"])
	assert.Positive(t, r["returns"], "members leave and come back")
	assert.NotContains(t, r, "errors")
	var series []map[string]any
	for _, s := range r["series"].([]any) {
		series = append(series, s.(map[string]any))
	}
	assert.Equal(t, []any{"goroutines", "heap target", "resident memory", "open files", "log file", "data file"}, fields(series, "measure"))
	drawn, err := os.ReadFile(plot)
	require.NoError(t, err)
	assert.Contains(t, string(drawn), "open files")

	assert.Contains(t, newPerson(t, server, "soak").fails(exitUsage, "bench", "soak"), "nothing to watch")
	assert.Contains(t, newPerson(t, server, "soak").fails(exitUsage, "bench", "soak", "--redis", "nowhere"), "NAME=PLACE")
	var judged atomic.Int64
	lossy := startProxy(t, server, &faultyProxy{post: func(_ int64, w http.ResponseWriter, r *http.Request) bool {
		const short = 120 // what is said in the groups, where members come and go
		return r.ContentLength > short && forgetOne(5)(judged.Add(1), w, r)
	}})
	assert.Contains(t, newPerson(t, lossy, "soak").fails(exitFailure, args...), "acknowledged messages are not in the history")
}

func TestBenchIsCareful(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "http://192.0.2.1", "bench") // an address that nobody has
	assert.Contains(t, p.fails(exitUsage, "bench", "pairs"), "--yes-load-this-server")
	p.env["CHATCTL_SERVER"] = "http://127.0.0.1:1"
	assert.Contains(t, p.fails(exitFailure, "bench", "pairs"), "refused")
	assert.Contains(t, p.fails(exitUsage, "bench", "pairs", "--rate", "1000000"), "rate must be")
	assert.Contains(t, p.fails(exitUsage, "bench", "pairs", "more"), "unknown command")
	delete(p.env, "CHATCTL_PASSWORD")
	assert.Contains(t, p.fails(exitUsage, "bench", "pairs", "--seed", "x"), "CHATCTL_PASSWORD")

	limited := newPerson(t, serve(t, "RATE_LIMITS=on"), "bench")
	assert.Contains(t, limited.fails(exitFailure, "bench", "pairs"), "RATE_LIMITS=off")
}

func TestBenchSearchPlotAndSeed(t *testing.T) {
	t.Parallel()
	server := serve(t)
	p := newPerson(t, server, "bench")
	plot := filepath.Join(t.TempDir(), "plot.svg")
	args := []string{"bench", "pairs", "--seed", "again", "--pairs", "2", "--rate", "20", "--duration", "500ms", "--plot", plot}
	for range 2 {
		assert.Contains(t, p.ok(args...), "Every promise was kept.")
	}
	drawn, err := os.ReadFile(plot)
	require.NoError(t, err)
	assert.Contains(t, string(drawn), "<svg")

	refusing := &faultyProxy{post: func(n int64, w http.ResponseWriter, _ *http.Request) bool {
		if n > 100 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return n > 100
	}}
	found := newPerson(t, startProxy(t, server, refusing), "bench").objects("bench", "pairs", "--search",
		"--limit", "20s", "--pairs", "2", "--rate", "40", "--duration", "500ms")[0]
	assert.NotEmpty(t, found["search"])
	assert.Equal(t, true, found["search"].([]any)[0].(map[string]any)["good"])
	assert.LessOrEqual(t, found["offered_per_s"], 160.0)
}
