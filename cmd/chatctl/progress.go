package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress returns what shows how far long work has come: a bar on a terminal, nothing elsewhere.
func (a *app) progress(total int64, what string) *progressbar.ProgressBar {
	if !a.terminal || total <= 0 {
		return progressbar.DefaultSilent(total)
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(a.errOut), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond),
	)
}
