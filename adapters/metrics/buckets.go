package metrics

import "github.com/prometheus/client_golang/prometheus"

// latencies are of things that should take milliseconds and, while a part is down, take as long as that: the message waits
// and is not lost. 2, 5 and 20 ms bound what a send is to take at rest and under load; 100 ms is the reorder window.
var latencies = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 60, 600, 3600}

// durations are of calls that end with a deadline of 5 s.
var durations = []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5}

// sizes are of batches, the largest of which holds 512.
var sizes = prometheus.ExponentialBuckets(1, 2, 10)
