package httpapi

import (
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// arrivals is a listener whose connections come from given addresses.
type arrivals struct {
	net.Listener
	from []string
}

var errNoMore = errors.New("no more arrivals")

func (a *arrivals) Accept() (net.Conn, error) {
	if len(a.from) == 0 {
		return nil, errNoMore
	}
	addr, err := net.ResolveTCPAddr("tcp", a.from[0])
	a.from = a.from[1:]
	return &arrival{addr: addr}, err
}

type arrival struct {
	net.Conn
	addr   net.Addr
	closed bool
}

func (a *arrival) RemoteAddr() net.Addr { return a.addr }
func (a *arrival) Close() error         { a.closed = true; return nil }

func TestConnectionLimits(t *testing.T) {
	for name, tc := range map[string]struct {
		limits ConnectionLimits
		from   []string
		taken  int
	}{
		"one address has its share":           {ConnectionLimits{PerAddress: 2}, []string{"192.0.2.1:1", "192.0.2.1:2", "192.0.2.1:3", "192.0.2.2:1"}, 3},
		"an IPv6 network is one address":      {ConnectionLimits{PerAddress: 1}, []string{"[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8:0:1::1]:1"}, 2},
		"a trusted proxy stands for many":     {ConnectionLimits{PerAddress: 1, TrustedProxies: []string{"10.0.0.0/8"}}, []string{"10.0.0.1:1", "10.0.0.1:2"}, 2},
		"all together have a limit":           {ConnectionLimits{Total: 2, TrustedProxies: []string{"10.0.0.0/8"}}, []string{"10.0.0.1:1", "192.0.2.1:1", "192.0.2.2:1"}, 2},
		"without limits everybody is let in":  {ConnectionLimits{}, []string{"192.0.2.1:1", "192.0.2.1:2"}, 2},
		"an IPv4 address in IPv6 is the same": {ConnectionLimits{PerAddress: 1}, []string{"192.0.2.1:1", "[::ffff:192.0.2.1]:2"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := NewConnectionLimiter(tc.limits)
			require.NoError(t, err)
			ln := l.Listener(&arrivals{from: tc.from})
			taken := 0
			for ; ; taken++ {
				if _, err := ln.Accept(); err != nil {
					break
				}
			}
			assert.Equal(t, tc.taken, taken)
			assert.EqualValues(t, len(tc.from)-tc.taken, l.Refused())
		})
	}
}

func TestAClosedConnectionGivesItsPlaceBackOnce(t *testing.T) {
	l, err := NewConnectionLimiter(ConnectionLimits{Total: 2, PerAddress: 1})
	require.NoError(t, err)
	ln := l.Listener(&arrivals{from: []string{"192.0.2.1:1", "192.0.2.1:2", "192.0.2.1:3"}})
	first, err := ln.Accept()
	require.NoError(t, err)
	require.NoError(t, first.Close())
	require.NoError(t, first.Close())
	_, err = ln.Accept()
	require.NoError(t, err)
	_, err = ln.Accept()
	require.ErrorIs(t, err, errNoMore, "the third one finds no place")
	require.Len(t, l.of, 1)
}
