package main

import (
	"fmt"
	"time"
)

// measurements is what is measured, and how often.
type measurements struct {
	scenarios []scenario
	passes    int
	limit     time.Duration // for all of it: a machine so slow measures nothing
}

// scenario is a load, and what is read from its results.
type scenario struct {
	name string
	// loads are the arguments of chatctl bench, each load on the same server, one after the other.
	loads func(target) []string
	rows  []row
}

// row is a figure of the table.
type row struct {
	what   string
	unit   string
	goal   float64 // for ours ÷ baseline; 0: none
	higher bool    // is better
	value  func([]result) float64
}

const members = 100 // of the group

// plan returns what is measured.
func plan(quick bool) measurements {
	passes, seconds, connections, archive, atOnce, limit := 3, 5, 10_000, 10_000, []int{32, 128}, 40*time.Minute
	if quick {
		passes, seconds, connections, archive, atOnce, limit = 1, 3, 2000, 1000, []int{64}, 10*time.Minute
	}
	const hold = 25 // seconds: every connection has one heartbeat
	same := func(format string, args ...any) func(target) []string {
		return func(target) []string { return []string{fmt.Sprintf(format, args...)} }
	}
	first := func(f func(result) float64) func([]result) float64 {
		return func(rs []result) float64 { return f(rs[0]) }
	}
	return measurements{passes: passes, limit: limit, scenarios: []scenario{
		{
			name: "latency",
			loads: func(target) (loads []string) {
				for _, rate := range []int{200, 500} {
					loads = append(loads, fmt.Sprintf("pairs --pairs 100 --rate %d --duration %ds", rate, seconds))
				}
				return loads
			},
			rows: []row{
				{"200 msgs/s over 100 pairs, due → peer's socket, p50", "ms", 0.4, false, func(rs []result) float64 { return rs[0].latency("delivery").P50 }},
				{"200 msgs/s, p99", "ms", 0.4, false, func(rs []result) float64 { return rs[0].latency("delivery").P99 }},
				{"500 msgs/s, p50", "ms", 0, false, func(rs []result) float64 { return rs[1].latency("delivery").P50 }},
				{"500 msgs/s, p99", "ms", 0.05, false, func(rs []result) float64 { return rs[1].latency("delivery").P99 }},
				{"p99 at 500/s ÷ p99 at 200/s (ours: at most 2)", "×", 0, false, func(rs []result) float64 {
					return rs[1].latency("delivery").P99 / rs[0].latency("delivery").P99
				}},
			},
		},
		{
			name: "best rate",
			loads: func(target) (loads []string) {
				for _, n := range atOnce {
					loads = append(loads, fmt.Sprintf("pairs --pairs 64 --at-once %d --duration %ds", n, seconds))
				}
				return loads
			},
			rows: []row{
				{"best accepted, stored and delivered msgs/s", "/s", 6, true, func(rs []result) float64 { return best(rs).figure("delivered/s") / 2 }},
				{"CPU seconds per 1000 of them, store included", "s", 0.25, false, func(rs []result) float64 {
					r := best(rs)
					return r.figure("CPU seconds of the load") / float64(r.Verdict.Acknowledged) * 1000
				}},
			},
		},
		{
			name:  "group",
			loads: same("group --members %d --senders 8 --rate 200 --duration %ds", members, seconds),
			rows: []row{
				{"group of 100, 8 senders, 19,800 deliveries/s, p99", "ms", 0.08, false, first(func(r result) float64 { return r.latency("delivery").P99 })},
				{"the same, out of order", "%", 0, false, first(func(r result) float64 {
					return 100 * float64(r.Verdict.Reordered) / float64(r.Verdict.Delivered)
				})},
				{"the same, CPU per 1000 deliveries", "ms", 0, false, first(func(r result) float64 {
					return r.figure("CPU seconds of the load") / float64(r.Verdict.Delivered) * 1e6
				})},
			},
		},
		{
			name: "deliveries",
			loads: func(t target) []string {
				from := map[target]int{baseline: 150, ours: 500}[t]
				return []string{fmt.Sprintf("group --members %d --senders 8 --search --limit 500ms --rate %d --duration %ds", members, from, max(2, seconds-2))}
			},
			rows: []row{
				{"highest deliveries/s with p99 < 500 ms", "/s", 4, true, first(func(r result) float64 { return r.figure("delivered/s") * (members - 1) / members })},
			},
		},
		{
			name:  "connections",
			loads: same("connections --connections %d --users 100 --rate 1000 --hold %ds", connections, hold),
			rows: []row{
				{fmt.Sprintf("memory per idle authenticated connection (%d)", connections), "KiB", 0.9, false, first(func(r result) float64 {
					return r.figure("bytes in memory more") / r.figure("opened") / 1024
				})},
				{"idle CPU per 1000 connections with heartbeats", "ms/s", 0.2, false, first(func(r result) float64 {
					return r.figure("CPU seconds of holding") / hold / r.figure("opened") * 1e6
				})},
				{"CPU to open and authenticate one connection", "ms", 0.2, false, first(func(r result) float64 {
					return r.figure("CPU seconds of opening") / r.figure("opened") * 1e3
				})},
			},
		},
		{
			name:  "history",
			loads: same("history --messages %d --size 2000 --page 200 --at-once 8 --duration %ds", archive, seconds),
			rows: []row{
				{fmt.Sprintf("history pages of 200 from %d messages of 2000 characters", archive), "/s", 5, true, first(func(r result) float64 { return r.figure("pages/s") })},
				{"CPU of one such page", "ms", 0, false, first(func(r result) float64 {
					return r.figure("CPU seconds of the load") / r.figure("pages/s") / r.Seconds * 1e3
				})},
			},
		},
		{
			name:  "reconnect",
			loads: same("reconnect --connections %d --users 400 --messages 20", connections),
			rows: []row{
				{fmt.Sprintf("%d reconnect and catch up 20 messages each", connections), "s", 0.12, false, first(func(r result) float64 { return r.Seconds })},
				{"the same, CPU", "s", 0, false, first(func(r result) float64 { return r.figure("CPU seconds of the storm") })},
			},
		},
	}}
}

// best is the result with the most messages delivered per second.
func best(rs []result) result {
	top := rs[0]
	for _, r := range rs[1:] {
		if r.figure("delivered/s") > top.figure("delivered/s") {
			top = r
		}
	}
	return top
}
