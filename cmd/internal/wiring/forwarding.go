package wiring

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/url"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

	"chatsystem/adapters/socketio"
	"chatsystem/cmd/internal/config"
)

// forwarding lets a gateway pass requests of other gateways' sessions on, so that long-polling needs no sticky routing.
var forwarding = fx.Options(
	fx.Provide(newSealer, newSessionIDs, newForwarder),
	fx.Invoke(watchForwarder),
)

// gatewayAddress is where other gateways reach this one, host:port.
type gatewayAddress string

func newSealer(s config.Secret) (*socketio.Sealer, error) {
	key, err := derive(s, "session ids")
	if err != nil {
		return nil, err
	}
	return socketio.NewSealer(key)
}

func newSessionIDs(s *socketio.Sealer, own gatewayAddress) sessionIDs {
	return func() (string, error) { return s.Seal(string(own)) }
}

func newForwarder(srv *socketio.Server, sealer *socketio.Sealer, own gatewayAddress, s config.Secret) (*socketio.Forwarder, error) {
	key, err := derive(s, "gateway hop")
	if err != nil {
		return nil, err
	}
	return socketio.NewForwarder(socketio.ForwardConfig{Address: string(own), Sealer: sealer, Credential: hex.EncodeToString(key)}, srv)
}

func watchForwarder(r prometheus.Registerer, f *socketio.Forwarder) error {
	return register(r,
		gauge("chat_gateway_hops", "Requests that are being passed on to other gateways.", func() int64 { return int64(f.Hops()) }),
		counter("chat_gateway_forwarded_total", "Requests for sessions of other gateways that were passed on to them.", f.Forwarded),
		counter("chat_gateway_forward_failures_total", "Requests for sessions of other gateways that got no answer from them.", f.ForwardFailed),
	)
}

// newGatewayAddress returns the setting, else this host's address and the port the gateway listens on.
func newGatewayAddress(cfg config.Gateway) (gatewayAddress, error) {
	if cfg.InternalURL != "" {
		u, err := url.Parse(cfg.InternalURL)
		if err != nil {
			return "", fmt.Errorf("GATEWAY_INTERNAL_URL: %w", err)
		}
		if u.Port() == "" {
			return gatewayAddress(net.JoinHostPort(u.Hostname(), "80")), nil
		}
		return gatewayAddress(u.Host), nil
	}
	host, port, err := net.SplitHostPort(cfg.HTTPAddr)
	if err != nil {
		return "", fmt.Errorf("HTTP_ADDR: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		if host, err = ownAddress(); err != nil {
			return "", err
		}
	}
	return gatewayAddress(net.JoinHostPort(host, port)), nil
}

// ownAddress returns the first address of this host that others can reach, else the loopback address.
func ownAddress() (string, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return "", fmt.Errorf("own address: %w", err)
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			return n.IP.String(), nil
		}
	}
	return "127.0.0.1", nil
}
