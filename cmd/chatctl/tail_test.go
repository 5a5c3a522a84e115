//go:build integration

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTail(t *testing.T) {
	t.Parallel()
	server := serve(t, "ACCESS_TOKEN_TTL=3s")
	ada, ben := registered(t, server, "ada"), registered(t, server, "ben")
	ada.ok("group", "Garden", "ben")
	ada.ok("send", "Garden", "one")
	ada.ok("send", "@ben", "psst")

	all, stop := ben.start("tail")
	shows(t, all, "[Garden] ada: one")
	shows(t, all, "[@ada] ada: psst")
	ada.ok("send", "Garden", "two")
	shows(t, all, "[Garden] ada: two")
	ada.ok("group", "Choir", "ben")
	ada.ok("send", "Choir", "la la")
	shows(t, all, "[Choir] ada: la la")

	garden, stopGarden := ben.start("tail", "Garden", "--since", "1h", "--json")
	ada.ok("send", "@ben", "not for the garden")
	ada.ok("send", "Garden", "three")
	shows(t, garden, "three")
	assert.Zero(t, stopGarden())
	assert.Equal(t, []any{"one", "two", "three"}, fields(decode(t, garden.String()), "preview"))

	middle := time.Now().Format(time.RFC3339Nano)
	for i := range 5 {
		ada.ok("send", "Garden", "since "+strconv.Itoa(i))
	}
	since, stopSince := ben.start("tail", "Garden", "--since", middle, "--json")
	shows(t, since, "since 4")
	stopSince()
	assert.Equal(t, []any{"since 0", "since 1", "since 2", "since 3", "since 4"}, fields(decode(t, since.String()), "preview"))

	for until := time.Now().Add(8 * time.Second); time.Now().Before(until); { // several lives of an access token
		ben.ok("whoami")
		ben.ok("send", "Garden", "still here")
	}
	ada.ok("send", "Garden", "the end")
	shows(t, all, "ada: the end")
	assert.Zero(t, stop(), "Ctrl-C is no failure")
	ben.fails(exitUsage, "tail", "--since", "yesterday")
}

func TestTailGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	server := serve(t)
	ada := registered(t, server, "ada")
	ada.ok("group", "Notes")
	ada.ok("send", "Notes", "before")
	state := filepath.Join(t.TempDir(), "positions")
	var got []any
	for i := range 3 {
		out, stop := ada.start("tail", "--resume", state, "-n", "0", "--json")
		require.Eventually(t, func() bool { // it has begun
			info, err := os.Stat(state)
			return err == nil && info.Size() > 0
		}, 10*time.Second, 10*time.Millisecond)
		ada.ok("send", "Notes", "live "+strconv.Itoa(i))
		shows(t, out, "live "+strconv.Itoa(i))
		stop()
		got = append(got, fields(decode(t, out.String()), "preview")...)
		ada.ok("send", "Notes", "away "+strconv.Itoa(i))
	}
	assert.Equal(t, []any{"live 0", "away 0", "live 1", "away 1", "live 2"}, got)
}
