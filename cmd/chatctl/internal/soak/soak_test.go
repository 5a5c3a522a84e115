package soak

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// atRest is a series whose values at rest are these, 10 s apart, with much more while it works.
func atRest(m measure, values ...float64) *Series {
	s := &Series{Source: "chat", Measure: m.Name, measure: m}
	for i, v := range values {
		at := float64(10 * i)
		s.Points = append(s.Points, Point{At: at, Value: 10*v + 500}, Point{At: at + 5, Value: v, Rest: true})
	}
	return s
}

func TestWhatCountsAsALeak(t *testing.T) {
	routines := measure{Name: "goroutines", slack: 10}
	for name, tc := range map[string]struct {
		measure measure
		rests   []float64
		want    string
	}{
		"the same after every round":                   {routines, []float64{20, 20, 20, 20, 20, 20, 20, 20, 20, 20}, Flat},
		"now more, now less":                           {routines, []float64{60, 20, 50, 30, 60, 20, 55, 25, 60, 20}, Flat},
		"five more after every round":                  {routines, []float64{20, 25, 30, 35, 40, 45, 50, 55, 60, 65}, Leak},
		"more and more, with a dip":                    {routines, []float64{20, 30, 40, 50, 60, 70, 45, 90, 100, 110, 120, 130}, Leak},
		"grown at first, and level since":              {routines, []float64{20, 80, 140, 180, 200, 200, 201, 200, 201, 200}, Flat},
		"one more after every round, within the slack": {routines, []float64{20, 21, 22, 23, 24, 25, 26, 27, 28, 29}, Flat},
		"a hundredth more, of much":                    {routines, []float64{5000, 5010, 5020, 5030, 5040, 5050, 5060, 5070, 5080, 5090}, Flat},
		"less and less":                                {routines, []float64{200, 190, 180, 170, 160, 150, 140, 130, 120, 110}, Flat},
		"an outlier at the end":                        {routines, []float64{20, 20, 20, 20, 20, 20, 20, 20, 20, 900}, Flat},
		"six rounds":                                   {routines, []float64{20, 30, 40, 50, 60, 70}, TooShort},
		"what users write":                             {measure{grows: true}, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Grows},
	} {
		t.Run(name, func(t *testing.T) {
			s := atRest(tc.measure, tc.rests...)
			s.judge()
			assert.Equal(t, tc.want, s.Verdict, "grew by %g", s.Growth)
		})
	}
}

// program holds something for every round, and gives back what is not leaked.
type program struct {
	leaks float64

	mu   sync.Mutex
	held float64
	gone bool
}

func (p *program) Name() string { return "program" }

func (p *program) Read(context.Context) (map[string]float64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return nil, errors.New("gone")
	}
	return map[string]float64{"goroutines": p.held}, nil
}

func (p *program) hold(more float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held += more
}

func (p *program) leave(gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = gone
}

func (p *program) round(ctx context.Context) error {
	p.hold(100)
	select {
	case <-time.After(10 * time.Second):
		p.hold(p.leaks - 100)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestALeakIsFoundBetweenRounds(t *testing.T) {
	for want, leaks := range map[string]float64{"Leak suspected: no (1 series over 12 rounds)": 0, "Leak suspected: yes: program goroutines": 5} {
		synctest.Test(t, func(t *testing.T) {
			p := &program{held: 7, leaks: leaks}
			rounds := 0
			r, err := Run(t.Context(), Config{
				Duration: 150 * time.Second, Rest: 3 * time.Second, Every: 1500 * time.Millisecond, Sources: []Source{p}, Round: p.round,
				Progress: func(n int, _ time.Duration) { rounds = n },
			})
			require.NoError(t, err)
			assert.Equal(t, want, r.Verdict())
			assert.Equal(t, 12, r.Rounds)
			assert.Equal(t, 12, rounds)
			for i, p := range r.Series[0].rests() {
				assert.Equal(t, 7+float64(i+1)*leaks, p.Value, "at rest nothing of the load is left")
			}
			var svg, table strings.Builder
			require.NoError(t, r.WriteSVG(&svg))
			assert.Equal(t, 12, shapes(t, svg.String())["circle"])
			assert.NotContains(t, svg.String(), "NaN")
			require.NoError(t, r.WriteTable(&table))
			assert.Contains(t, table.String(), r.Series[0].Verdict)
		})
	}
}

// shapes counts the elements of a drawing.
func shapes(t *testing.T, svg string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return counts
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok {
			counts[e.Name.Local]++
		}
	}
}

func TestASoakEndsWithWhatItWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &program{}
		cfg := Config{Duration: time.Hour, Rest: time.Second, Every: time.Second, Sources: []Source{p}, Round: p.round}
		time.AfterFunc(20*time.Minute, func() { p.leave(true) })
		_, err := Run(t.Context(), cfg)
		require.ErrorContains(t, err, "read program: gone")

		p.leave(false)
		failed := errors.New("the load failed")
		cfg.Round = func(context.Context) error { return failed }
		_, err = Run(t.Context(), cfg)
		require.ErrorIs(t, err, failed)
	})
}

func TestSources(t *testing.T) {
	page := "# HELP go_goroutines Number\n# TYPE go_goroutines gauge\ngo_goroutines 42\ngo_goroutines_other 1\n" +
		"process_resident_memory_bytes 1.5e+07\nchat_x{a=\"b\"} 3\n"
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, page)
	}))
	defer server.Close()
	read := func(s Source) (map[string]float64, error) { return s.Read(t.Context()) }

	got, err := read(Metrics("chat", server.URL))
	require.NoError(t, err)
	assert.Equal(t, map[string]float64{"goroutines": 42, "resident memory": 1.5e7}, got)
	page = "go_goroutines many\n"
	_, err = read(Metrics("chat", server.URL))
	require.ErrorContains(t, err, "many")
	page = "<html>"
	_, err = read(Metrics("chat", server.URL))
	require.ErrorContains(t, err, "no metrics")
	status = http.StatusNotFound
	_, err = read(Metrics("chat", server.URL))
	require.ErrorContains(t, err, "404")

	file := filepath.Join(t.TempDir(), "chat.db")
	_, err = read(SQLite("sqlite", file))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(file, make([]byte, 100), 0o600))
	got, err = read(SQLite("sqlite", file))
	require.NoError(t, err)
	assert.Equal(t, map[string]float64{"data file": 100, "log file": 0}, got)
	require.NoError(t, os.WriteFile(file+"-wal", make([]byte, 30), 0o600))
	got, err = read(SQLite("sqlite", file))
	require.NoError(t, err)
	assert.Equal(t, map[string]float64{"data file": 100, "log file": 30}, got)

	for answer, want := range map[string]float64{":7\r\n": 7, "-ERR no\r\n": -1} {
		got, err = read(Redis("redis", redisThatAnswers(t, answer)))
		if want < 0 {
			require.ErrorContains(t, err, "ERR no")
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, map[string]float64{"keys": want}, got)
	}
}

// redisThatAnswers takes one connection and answers its first line.
func redisThatAnswers(t *testing.T, answer string) string {
	t.Helper()
	var cfg net.ListenConfig
	ln, err := cfg.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		line := make([]byte, len("DBSIZE\r\n"))
		if _, err := io.ReadFull(conn, line); err == nil && string(line) == "DBSIZE\r\n" {
			_, _ = io.WriteString(conn, answer)
		}
	}()
	return ln.Addr().String()
}
