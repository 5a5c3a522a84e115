// Package userclient reaches the user service from other services, over HTTP. Drives: nothing. Implements:
// ports.RevocationReader.
package userclient

import (
	"context"
	"net/http"
	"slices"
	"time"

	"chatsystem/adapters/internal/serviceapi"
	"chatsystem/adapters/internal/servicecall"
	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.RevocationReader = (*Client)(nil)

// Config is where the user service is and how to call it.
type Config = servicecall.Config

// NewTransport returns what a Config without a Transport uses, for one that wraps it.
func NewTransport() http.RoundTripper { return servicecall.NewTransport() }

// Client calls the user service. It is safe for concurrent use and needs no closing.
type Client struct{ calls *servicecall.Client }

// New returns the client; it connects to nothing yet.
func New(cfg Config) (*Client, error) {
	calls, err := servicecall.New(cfg, "user service")
	if err != nil {
		return nil, err
	}
	return &Client{calls}, nil
}

// timeout bounds a call; a connection that is being made waits for it.
const timeout = 3 * time.Second

// Revoked implements ports.RevocationReader, in one call for up to serviceapi.MaxBatch sessions.
func (c *Client) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	var revoked []domain.SessionID
	for part := range slices.Chunk(ids, serviceapi.MaxBatch) {
		var answer serviceapi.RevokedAnswer
		call := servicecall.Call{Path: serviceapi.Revoked, Timeout: timeout}
		if _, err := c.calls.Do(ctx, call, serviceapi.RevokedRequest{SessionIDs: part}, &answer); err != nil {
			return nil, err
		}
		revoked = append(revoked, answer.SessionIDs...)
	}
	return revoked, ctx.Err()
}
