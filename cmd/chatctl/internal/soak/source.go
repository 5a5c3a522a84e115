package soak

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// Source is something to be watched.
type Source interface {
	Name() string
	// Read returns what it holds now, by the names of measures.
	Read(ctx context.Context) (map[string]float64, error)
}

// The measures, and how much each may grow from one half of a run to its end without meaning anything: caches fill, the
// collector runs at other moments.
var measures = []measure{
	{Name: "goroutines", metric: "go_goroutines", slack: 10},
	// What is allocated is a saw; the heap at which the next collection begins is twice what the last one found alive.
	{Name: "heap target", metric: "go_memstats_next_gc_bytes", slack: 4 << 20, bytes: true},
	{Name: "resident memory", metric: "process_resident_memory_bytes", slack: 12 << 20, bytes: true},
	{Name: "open files", metric: "process_open_fds", slack: 8},
	{Name: keysMeasure, slack: 32},
	{Name: flatFileMeasure, slack: 4 << 20, bytes: true},
	{Name: fileMeasure, bytes: true, grows: true},
}

const (
	keysMeasure     = "keys"
	flatFileMeasure = "log file"
	fileMeasure     = "data file"
)

type measure struct {
	Name   string
	metric string  // of Prometheus
	slack  float64 // absolute; a twentieth of what there is, if that is more
	bytes  bool
	grows  bool // it holds what users wrote: shown, not judged
}

// maxMetrics bounds an answer.
const maxMetrics = 4 << 20

// Metrics reads a program's page of Prometheus metrics.
func Metrics(name, url string) Source { return metricsSource{name, url} }

type metricsSource struct{ name, url string }

func (s metricsSource) Name() string { return s.name }

func (s metricsSource) Read(ctx context.Context) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	req.Close = true // else the watching would be seen among the open files
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	return parseMetrics(io.LimitReader(answer.Body, maxMetrics))
}

// parseMetrics takes the measures, which have no labels, from a page in the text format.
func parseMetrics(page io.Reader) (map[string]float64, error) {
	found := map[string]float64{}
	for lines := bufio.NewScanner(page); lines.Scan(); {
		metric, text, _ := strings.Cut(lines.Text(), " ")
		for _, m := range measures {
			if m.metric == "" || m.metric != metric {
				continue
			}
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", metric, err)
			}
			found[m.Name] = value
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no metrics of a Go program")
	}
	return found, nil
}

// Redis counts the keys of a server, all databases' but the first's left out.
func Redis(name, addr string) Source { return redisSource{name, addr} }

type redisSource struct{ name, addr string }

func (s redisSource) Name() string { return s.name }

func (s redisSource) Read(ctx context.Context) (map[string]float64, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := io.WriteString(conn, "DBSIZE\r\n"); err != nil {
		return nil, err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return nil, err
	}
	count, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimPrefix(answer, ":")), 64)
	if err != nil {
		return nil, fmt.Errorf("no count of keys: %q", answer)
	}
	return map[string]float64{keysMeasure: count}, nil
}

// SQLite tells the sizes of a database file, which grows with what users write, and of the log beside it, which must not.
func SQLite(name, path string) Source { return sqliteSource{name, path} }

type sqliteSource struct{ name, path string }

func (s sqliteSource) Name() string { return s.name }

func (s sqliteSource) Read(context.Context) (map[string]float64, error) {
	data, err := os.Stat(s.path)
	if err != nil {
		return nil, err
	}
	sizes := map[string]float64{fileMeasure: float64(data.Size()), flatFileMeasure: 0}
	log, err := os.Stat(s.path + "-wal")
	switch {
	case err == nil:
		sizes[flatFileMeasure] = float64(log.Size())
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	return sizes, nil
}
