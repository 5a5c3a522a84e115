package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAStallIsFeltByEverythingDueMeanwhile shows that the loop is open: a server that stalls for a second adds it to all that
// was due in that second.
func TestAStallIsFeltByEverythingDueMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSchedule(100, 4*time.Second)
		took := newRecorder("request")
		stalled := s.began.Add(2 * time.Second)
		var calls atomic.Int64
		s.run(t.Context(), func(n int) {
			calls.Add(1)
			if now := time.Now(); now.After(stalled.Add(-time.Second)) && now.Before(stalled) {
				time.Sleep(time.Until(stalled)) //nolint:forbidigo // the bubble's clock: the server that stalls
			}
			took.record(time.Since(s.due(n)))
		})
		l := took.latency()
		assert.EqualValues(t, 400, calls.Load())
		assert.EqualValues(t, 400, l.Count)
		assert.InDelta(t, 990, l.Max, 2)
		assert.InDelta(t, 600, l.P90, 20, "a quarter of all was due while it stalled; of them, the 10 %% that waited longest")
		assert.Zero(t, l.P50)
	})
}

func TestAClosedLoopHasSoManyRequestsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const senders, each = 4, 10 * time.Millisecond
		s := newClosedLoop(senders, 1000, time.Second)
		took := newRecorder("request")
		var underWay, most, calls atomic.Int64
		s.run(t.Context(), func(n int) {
			most.Store(max(most.Load(), underWay.Add(1)))
			time.Sleep(each) //nolint:forbidigo // the bubble's clock: the server at work
			underWay.Add(-1)
			calls.Add(1)
			took.record(time.Since(s.due(n)))
		})
		assert.EqualValues(t, senders, most.Load())
		assert.InDelta(t, senders*int64(time.Second/each), calls.Load(), senders)
		assert.InDelta(t, 10, took.latency().Max, 0.1, "each counts from its own start")

		s = newClosedLoop(senders, 10, time.Second)
		calls.Store(0)
		s.run(t.Context(), func(int) { calls.Add(1) })
		assert.EqualValues(t, 10, calls.Load(), "no more than there is room for")
	})
}

func TestWhatProcessesUseIsReadFromTheirTable(t *testing.T) {
	pid, p, ok := parseStat([]byte("123 (a) b (c) S 7 123 7 0 -1 4194560 900 0 0 0 11 22 33 44 20 0 9 0 500 1000000 256 18446744073709551615 1 1"))
	require.True(t, ok)
	assert.Equal(t, 123, pid)
	assert.Equal(t, process{parent: 7, cpu: 110 * clockTick, rss: 256 * int64(os.Getpagesize())}, p)
	for _, line := range []string{"", "123", "x (a) S 1 2 3", "123 (a S 7"} {
		_, _, ok := parseStat([]byte(line))
		assert.False(t, ok, line)
	}
}

func TestArrivalsOfTheLoadAreKnownByTheirText(t *testing.T) {
	m := newMarker()
	event := func(preview string) string {
		return `,{"conversation_id":"c","message_id":"m","seq":17,"sender_id":"s","preview":"` + preview + `","has_more":false}]`
	}
	got, ok := m.arrived([]byte(event(m.text(42, 100))))
	assert.True(t, ok)
	assert.Equal(t, arrival{42, 17}, got)
	assert.Len(t, m.text(42, 100), 100)
	for name, payload := range map[string]string{
		"another load's":         event(newMarker().text(42, 100)),
		"somebody else's":        event(`say \"seq\":99. or nothing`),
		"without a preview":      `,{"seq":1}]`,
		"without a seq":          `,{"preview":"` + m.text(1, 50) + `"}]`,
		"with a number too high": event(string(m) + "99999999."),
		"with no number":         event(string(m) + "x."),
	} {
		_, ok := m.arrived([]byte(payload))
		assert.False(t, ok, name)
	}
}

func TestEventsOfAConnectionAreJudged(t *testing.T) {
	acked := map[int]int64{0: 1, 1: 2, 2: 3}
	for name, tc := range map[string]struct {
		came []arrival
		want Verdict
		gap  map[int]int64
	}{
		"all in order":        {[]arrival{{0, 1}, {1, 2}, {2, 3}}, Verdict{Delivered: 3}, map[int]int64{}},
		"one again":           {[]arrival{{0, 1}, {1, 2}, {0, 1}, {2, 3}}, Verdict{Delivered: 3, Duplicated: 1}, map[int]int64{}},
		"one late":            {[]arrival{{0, 1}, {2, 3}, {1, 2}}, Verdict{Delivered: 3, Reordered: 1}, map[int]int64{}},
		"one never":           {[]arrival{{0, 1}, {2, 3}}, Verdict{Delivered: 2}, map[int]int64{1: 2}},
		"one at another seq":  {[]arrival{{0, 1}, {1, 9}, {2, 3}}, Verdict{Delivered: 3, Reordered: 1}, map[int]int64{1: 2}},
		"one not acked, too":  {[]arrival{{0, 1}, {1, 2}, {2, 3}, {7, 4}}, Verdict{Delivered: 4}, map[int]int64{}},
		"nothing":             {nil, Verdict{}, acked},
		"an earlier one last": {[]arrival{{2, 3}, {1, 2}, {0, 1}}, Verdict{Delivered: 3, Reordered: 2}, map[int]int64{}},
	} {
		var v Verdict
		gap := v.events(tc.came, acked)
		assert.Equal(t, tc.want, v, name)
		assert.Equal(t, tc.gap, gap, name)
	}
}

func TestSearchFindsWhereTheServerGivesIn(t *testing.T) {
	offer := func(capacity float64) func(float64) (Result, error) {
		return func(rate float64) (Result, error) {
			r := Result{Offered: rate, Latencies: []Latency{{P99: 5}}}
			if rate > capacity {
				r.Latencies[0].P99 = 9000
			}
			return r, nil
		}
	}
	s := Search{From: 100, Limit: 500 * time.Millisecond}
	for _, capacity := range []float64{10, 130, 5000, 100} {
		got, err := s.run(offer(capacity))
		require.NoError(t, err)
		assert.LessOrEqual(t, got.Offered, capacity)
		assert.GreaterOrEqual(t, got.Offered*fineness, capacity)
		assert.LessOrEqual(t, len(got.Search), maxTries)
	}
	_, err := s.run(offer(0))
	require.ErrorContains(t, err, "no rate")

	broken, err := s.run(func(rate float64) (Result, error) {
		return Result{Offered: rate, Verdict: &Verdict{Lost: 1}}, nil
	})
	require.NoError(t, err)
	assert.True(t, broken.Failed(), "a loss is never just a rate that is too high")

	failed := errors.New("setup")
	_, err = s.run(func(float64) (Result, error) { return Result{}, failed })
	assert.ErrorIs(t, err, failed)
}

func TestPlansAreBounded(t *testing.T) {
	good := Pairs(10, 100, 100, time.Second)
	require.NoError(t, good.Validate())
	for name, change := range map[string]func(*Messaging){
		"no rate":           func(m *Messaging) { m.Rate = 0 },
		"too fast":          func(m *Messaging) { m.Rate = MaxRate + 1 },
		"too long":          func(m *Messaging) { m.Duration = MaxDuration + time.Second },
		"too many requests": func(m *Messaging) { m.Rate, m.Duration = MaxRate, MaxDuration },
		"too many members":  func(m *Messaging) { m.Members = MaxMembers + 1 },
		"too many people":   func(m *Messaging) { m.Conversations = MaxConnections },
		"more senders than members": func(m *Messaging) {
			m.Senders = 3
		},
		"nothing to say": func(m *Messaging) { m.Size = 0 },
	} {
		bad := good
		change(&bad)
		assert.Error(t, bad.Validate(), name)
	}
	assert.Error(t, Connections{Users: 2, Count: 1, Rate: 1}.Validate())
	assert.Error(t, History{Messages: 100, Size: 1, Page: 201, Rate: 1, Duration: time.Second}.Validate())
	assert.Error(t, Reconnect{Users: 3, Count: 3, Size: 1}.Validate())
}

func TestAResultIsDrawn(t *testing.T) {
	r := newRecorder("a <b> & c")
	for i := range 1000 {
		r.record(time.Duration(i*i) * time.Microsecond)
	}
	result := Result{Scenario: "pairs", Offered: 10, Seconds: 3, Latencies: []Latency{r.latency(), newRecorder("none").latency()}}
	var svg, table strings.Builder
	require.NoError(t, result.WriteSVG(&svg))
	curves := 0
	for d := xml.NewDecoder(strings.NewReader(svg.String())); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "polyline" {
			curves++
		}
	}
	assert.Equal(t, 2, curves)
	assert.NotContains(t, svg.String(), "NaN")
	require.NoError(t, result.WriteTable(&table))
	assert.Contains(t, table.String(), "█")
	assert.Contains(t, table.String(), "pairs: 10/s due for 3 s")
}
