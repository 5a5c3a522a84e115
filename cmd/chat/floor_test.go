package main

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"chatsystem/ports/portstest"
	"chatsystem/sdk"
)

const (
	floorCost     = 12 // as it is set by default
	floorPassword = "correct horse"
	floorFlood    = 16 // people who sign in at once, again and again
	floorLasting  = 5 * time.Second
)

// signIns is a server with somebody who is signed in.
type signIns struct {
	*process
	client *sdk.Client
}

func newSignIns(b *testing.B) signIns {
	p := newProcess(b)
	p.env = []string{"BCRYPT_COST=12", "LOG_LEVEL=error"}
	p.start()
	p.awaitReady()
	client, err := sdk.New(p.url())
	require.NoError(b, err)
	_, err = client.Register(b.Context(), sdk.Registration{Email: "ada@example.org", Password: floorPassword, Username: "ada"})
	require.NoError(b, err)
	return signIns{p, client}
}

// login signs in once more, as another device would.
func (s signIns) login(ctx context.Context) error {
	device, err := sdk.New(s.url())
	if err != nil {
		return err
	}
	_, err = device.Login(ctx, "ada@example.org", floorPassword)
	return err
}

// BenchmarkFloorLogin is a sign-in over HTTP beside the hash that it compares.
func BenchmarkFloorLogin(b *testing.B) {
	s := newSignIns(b)
	hash, err := bcrypt.GenerateFromPassword([]byte(floorPassword), floorCost)
	require.NoError(b, err)
	milliseconds := func(do func() error) func() float64 {
		return func() float64 { return 1e3 / portstest.Rate(b, 1, floorLasting, func(int) error { return do() }) }
	}
	portstest.Floor{
		Row: "login beside one bcrypt", Unit: "ms", Target: 1.1, AtMost: true,
		Floor: milliseconds(func() error { return bcrypt.CompareHashAndPassword(hash, []byte(floorPassword)) }),
		Ours:  milliseconds(func() error { return s.login(b.Context()) }),
	}.Run(b)
}

// BenchmarkFloorLoginFlood is what somebody who is signed in already waits for an answer while many others sign in.
func BenchmarkFloorLoginFlood(b *testing.B) {
	s := newSignIns(b)
	portstest.Floor{
		Row: "p99 of other requests during a flood of logins beside none", Unit: "ms", Target: 2, AtMost: true,
		Floor: func() float64 { return s.p99(b) },
		Ours: func() float64 {
			ctx, cancel := context.WithCancel(b.Context())
			var flood sync.WaitGroup
			defer flood.Wait()
			defer cancel()
			for range floorFlood {
				flood.Go(func() {
					for ctx.Err() == nil {
						_ = s.login(ctx) // some are refused for want of time
					}
				})
			}
			return s.p99(b)
		},
	}.Run(b)
}

// p99 asks two hundred times a second and returns what 99 of 100 do not wait longer for, in milliseconds.
func (s signIns) p99(b *testing.B) float64 {
	var waits []float64
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for began := time.Now(); time.Since(began) < floorLasting; <-pace.C {
		asked := time.Now()
		_, err := s.client.Me(b.Context())
		require.NoError(b, err)
		waits = append(waits, time.Since(asked).Seconds()*1e3)
	}
	slices.Sort(waits)
	return waits[len(waits)*99/100]
}
