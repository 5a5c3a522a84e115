package main

import (
	"fmt"
	"math"
	"strings"
)

// load is how much the system is used.
type load struct {
	peak        float64   // messages a second
	connections float64   // at that time
	receivers   []float64 // connections that a message reaches: a column each
}

// atPeak is the original design's peak: 700,000 messages a second.
var atPeak = load{peak: 700_000, connections: 50_000_000, receivers: []float64{2, 10, 100}}

const (
	million = 1e6
	giga    = 1e9
)

// line is a row of the model: a figure for each number of receivers.
type line struct {
	what string
	of   func(receivers float64) string
}

func (l load) table(f figures) string {
	var b strings.Builder
	b.WriteString("| at " + thousands(l.peak) + " messages/s")
	for _, r := range l.receivers {
		fmt.Fprintf(&b, " | %.0f receivers", r)
	}
	b.WriteString(" |\n|" + strings.Repeat(" --- |", 1+len(l.receivers)) + "\n")
	for _, row := range append(l.needs(f), l.costs(f)...) {
		b.WriteString("| " + row.what)
		for _, r := range l.receivers {
			b.WriteString(" | " + row.of(r))
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

// needs is what the load takes of each part.
func (l load) needs(f figures) []line {
	half := f.of("utilisation")
	same := func(x float64) func(float64) string { return func(float64) string { return thousands(x) } }
	cores := func(seconds float64) float64 { return math.Ceil(l.peak * seconds / half) }
	return []line{
		{"Postgres: rows written/s", same(l.peak * f.of("postgres-rows"))},
		{"Postgres: cores", same(cores(f.of("postgres-cpu-ms") / 1e3))},
		{"Postgres: primaries of `postgres-cores` cores, conversations spread over them", same(math.Ceil(cores(f.of("postgres-cpu-ms")/1e3) / f.of("postgres-cores")))},
		{"Postgres: log written, MB/s", same(l.peak * f.of("postgres-wal-bytes") / million)},
		{"Postgres: allocations kept 30 days at a tenth of the peak, TB", same(l.peak / 10 * 86400 * 30 * f.of("postgres-bytes") / 1e12)},
		{"DynamoDB: write units/s", same(l.peak * f.of("dynamodb-write-units"))},
		{"Kafka: MB/s in, before replication", same(l.peak * f.of("kafka-bytes") / million)},
		{"chat- and message-service, edge: cores", same(cores((f.of("chat-service-cpu-ms") + f.of("http-cpu-ms")) / 1e3))},
		{"fan-out workers: cores", func(r float64) string { return thousands(cores(r / 100 * f.of("worker-cpu-us") / million)) }},
		{"Redis: cores, a server each", func(r float64) string {
			leases := l.connections / f.of("lease-seconds") * f.of("redis-lease-us") / million / half
			return thousands(math.Ceil(cores(r/100*f.of("redis-cpu-us")/million) + leases))
		}},
		{"Redis: leases, GB", same(l.connections * f.of("redis-registry-bytes") / giga)},
		{"gateways: cores to deliver", func(r float64) string { return thousands(cores(r * f.of("gateway-cpu-us") / million)) }},
		{"gateways: memory for " + thousands(l.connections/million) + " million connections, GB", same(l.connections * f.of("connection-kib") * 1024 / giga)},
		{"to clients, Gbit/s", func(r float64) string { return thousands(l.peak * r * f.of("frame-bytes") * 8 / giga) }},
	}
}

// costs is what a million messages cost.
func (l load) costs(f figures) []line {
	core := f.of("core-hour-usd") / 3600 / f.of("utilisation") // a second of one
	cpu := func(r float64) float64 {
		milliseconds := f.of("postgres-cpu-ms") + f.of("chat-service-cpu-ms") + f.of("http-cpu-ms")
		return million * core * (milliseconds/1e3 + r*f.of("gateway-cpu-us")/1e6 + r/100*(f.of("worker-cpu-us")+f.of("redis-cpu-us"))/1e6)
	}
	store := func(r float64) float64 {
		pages := r * f.of("caught-up") / 50 * f.of("dynamodb-page-units")
		year := f.of("dynamodb-bytes") * million / giga * f.of("dynamodb-gb-month-usd") * 12
		return f.of("dynamodb-write-units")*f.of("dynamodb-write-usd") + pages*f.of("dynamodb-read-usd") + year
	}
	network := func(r float64) float64 { return million * r * f.of("frame-bytes") / giga * f.of("egress-gb-usd") }
	dollars := func(of func(float64) float64) func(float64) string {
		return func(r float64) string { return fmt.Sprintf("$%.2f", of(r)) }
	}
	return []line{
		{"a million messages: processors", dollars(cpu)},
		{"a million messages: DynamoDB, kept a year", dollars(store)},
		{"a million messages: traffic to clients", dollars(network)},
		{"**a million messages**", dollars(func(r float64) float64 { return cpu(r) + store(r) + network(r) })},
	}
}

// thousands shows a number with three digits that count, large ones in groups.
func thousands(x float64) string {
	if x < 100 {
		return fmt.Sprintf("%.3g", x)
	}
	digits := fmt.Sprintf("%.0f", x)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
