package program

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/config"
)

const healthTimeout = 3 * time.Second

// Healthcheck returns the subcommand that containers ask whether the server is ready.
func Healthcheck[S config.ServerSettings]() *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Exit with 0 if the server on HTTP_ADDR is ready", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := Load[S]()
			if err != nil {
				return err
			}
			return checkHealth(cmd.Context(), cfg.ListenAddr())
		},
	}
}

// checkHealth asks the server, which for a server on all addresses is this host.
func checkHealth(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	client := http.Client{Timeout: healthTimeout}
	answer, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("not reachable: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", answer.Status)
	}
	return nil
}
