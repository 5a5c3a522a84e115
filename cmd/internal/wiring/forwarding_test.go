package wiring

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/config"
)

func TestWhereOtherGatewaysReachThisOne(t *testing.T) {
	own, err := ownAddress()
	require.NoError(t, err)
	require.False(t, net.ParseIP(own).IsUnspecified())
	for name, tc := range map[string]struct{ setting, listen, want string }{
		"the setting":                          {"http://gateway-1.internal:9000", "10.1.2.3:8080", "gateway-1.internal:9000"},
		"the setting without a port":           {"http://gateway-1.internal", "10.1.2.3:8080", "gateway-1.internal:80"},
		"the setting with a path":              {"http://gateway-1.internal:9000/", ":8080", "gateway-1.internal:9000"},
		"the setting by IPv6":                  {"http://[2001:db8::1]:9000", ":8080", "[2001:db8::1]:9000"},
		"the setting by IPv6 without a port":   {"http://[2001:db8::1]", ":8080", "[2001:db8::1]:80"},
		"it listens on one address":            {"", "10.1.2.3:8080", "10.1.2.3:8080"},
		"it listens on one address of IPv6":    {"", "[2001:db8::1]:8080", "[2001:db8::1]:8080"},
		"it listens on a name":                 {"", "gateway-1.internal:8080", "gateway-1.internal:8080"},
		"it listens on all addresses":          {"", ":8080", net.JoinHostPort(own, "8080")},
		"it listens on all addresses of IPv4":  {"", "0.0.0.0:8080", net.JoinHostPort(own, "8080")},
		"it listens on all addresses, as IPv6": {"", "[::]:8080", net.JoinHostPort(own, "8080")},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newGatewayAddress(config.Gateway{InternalURL: tc.setting, Common: config.Common{HTTPAddr: tc.listen}})
			require.NoError(t, err)
			assert.EqualValues(t, tc.want, got)
		})
	}
}
