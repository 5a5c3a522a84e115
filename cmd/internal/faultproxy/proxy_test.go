package faultproxy_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/faultproxy"
)

// server accepts connections and hands each to serve, until the test ends.
func server(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	var cfg net.ListenConfig
	ln, err := cfg.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return ln.Addr().String()
}

func echo(c net.Conn) { _, _ = io.Copy(c, c) }

func proxied(t *testing.T, target string) *faultproxy.Proxy {
	t.Helper()
	p, err := faultproxy.Start(target)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// dial connects for reads and writes of 10 s at most.
func dial(t *testing.T, p *faultproxy.Proxy) net.Conn {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", p.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	return c
}

// say returns what came back, and after how long.
func say(t *testing.T, c net.Conn, text string) (string, time.Duration) {
	t.Helper()
	began := time.Now()
	_, err := io.WriteString(c, text)
	require.NoError(t, err)
	answer := make([]byte, len(text))
	_, err = io.ReadFull(c, answer)
	require.NoError(t, err)
	return string(answer), time.Since(began)
}

func TestWithoutAFaultEverythingPasses(t *testing.T) {
	p := proxied(t, server(t, echo))
	answer, _ := say(t, dial(t, p), "hello")
	assert.Equal(t, "hello", answer)
	assert.Zero(t, p.Suffered())
}

func TestLatencyHoldsUpBothWays(t *testing.T) {
	p := proxied(t, server(t, echo))
	c := dial(t, p)
	p.Set(faultproxy.Fault{Latency: 40 * time.Millisecond, Jitter: 10 * time.Millisecond})
	answer, took := say(t, c, "hello")
	assert.Equal(t, "hello", answer)
	assert.GreaterOrEqual(t, took, 80*time.Millisecond)
	assert.EqualValues(t, 2, p.Suffered())
}

func TestANarrowWayTakesLongForMuch(t *testing.T) {
	p := proxied(t, server(t, echo))
	p.Set(faultproxy.Fault{BytesPerSecond: 100_000})
	_, took := say(t, dial(t, p), string(make([]byte, 10_000)))
	assert.GreaterOrEqual(t, took, 200*time.Millisecond)
}

func TestConnectionsAreReset(t *testing.T) {
	p := proxied(t, server(t, echo))
	c := dial(t, p)
	say(t, c, "hello")
	p.Set(faultproxy.Fault{CutWithin: 20 * time.Millisecond})
	_, err := c.Read(make([]byte, 1))
	require.ErrorContains(t, err, "reset")
	p.Set(faultproxy.Fault{})
	answer, _ := say(t, dial(t, p), "again")
	assert.Equal(t, "again", answer)
}

func TestASwallowingWayTakesEverythingAndIsCutWhenItEnds(t *testing.T) {
	p := proxied(t, server(t, echo))
	before := dial(t, p)
	say(t, before, "hello")
	p.Set(faultproxy.Fault{Swallow: true})
	during := dial(t, p)
	for _, c := range []net.Conn{before, during} {
		_, err := io.WriteString(c, "anybody?")
		require.NoError(t, err)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
		_, err = c.Read(make([]byte, 1))
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout(), "open, and silent")
		require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	}
	p.Set(faultproxy.Fault{})
	for _, c := range []net.Conn{before, during} {
		_, err := c.Read(make([]byte, 1))
		require.ErrorContains(t, err, "reset")
	}
}

func TestWhoCannotBeReachedIsACut(t *testing.T) {
	p := proxied(t, "127.0.0.1:1")
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", p.Addr())
	if err == nil { // else it was cut before it was noticed that it was open
		defer c.Close()
		_, err = c.Read(make([]byte, 1))
	}
	require.ErrorContains(t, err, "reset")
}

func TestTheEndOfOneSideLeavesTheOtherItsWords(t *testing.T) {
	p := proxied(t, server(t, func(c net.Conn) {
		question, _ := io.ReadAll(c)
		_, _ = c.Write(append(question, "!"...))
	}))
	c := dial(t, p)
	_, err := io.WriteString(c, "hello")
	require.NoError(t, err)
	require.NoError(t, c.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Equal(t, "hello!", string(answer))
}

// TestABrokerIsNamedAsTheProxy answers with a frame that names the broker, its port in two parts.
func TestABrokerIsNamedAsTheProxy(t *testing.T) {
	named := make(chan []byte, 1)
	broker := server(t, func(c net.Conn) {
		frame := <-named
		_, _ = c.Write(frame[:len(frame)-3])
		_, _ = c.Write(frame[len(frame)-3:])
		_, _ = io.Copy(io.Discard, c)
	})
	p, err := faultproxy.StartKafka(broker)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	frame := func(address string) []byte {
		a, err := net.ResolveTCPAddr("tcp", address)
		require.NoError(t, err)
		body := binary.BigEndian.AppendUint32([]byte("before127.0.0.1"), uint32(a.Port))
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
	}
	named <- frame(broker)
	got := make([]byte, len(frame(broker)))
	_, err = io.ReadFull(dial(t, p), got)
	require.NoError(t, err)
	assert.Equal(t, frame(p.Addr()), got)
}
