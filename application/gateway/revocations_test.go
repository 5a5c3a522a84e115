package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/application/gateway"
	"chatsystem/domain"
)

// sessionsRecord answers which sessions have ended, as a test says.
type sessionsRecord func(context.Context) ([]domain.SessionID, error)

func (r sessionsRecord) Revoked(ctx context.Context, _ []domain.SessionID) ([]domain.SessionID, error) {
	return r(ctx)
}

func TestRevocations(t *testing.T) {
	const leaves = 2 * time.Second // when the caller does
	away := errors.New("away")
	ended := func(ids ...domain.SessionID) sessionsRecord {
		return func(context.Context) ([]domain.SessionID, error) { return ids, nil }
	}
	partly := func(ids ...domain.SessionID) sessionsRecord {
		return func(context.Context) ([]domain.SessionID, error) { return ids, away }
	}
	fails := func(context.Context) ([]domain.SessionID, error) { return nil, away }
	hangs := func(ctx context.Context) ([]domain.SessionID, error) { <-ctx.Done(); return nil, ctx.Err() }

	for name, tc := range map[string]struct {
		record, owner sessionsRecord
		want          []domain.SessionID
		fails         error
		takes         time.Duration
	}{
		"the record answers: its owner is not asked": {record: ended(laptop), owner: fails, want: []domain.SessionID{laptop}},
		"the record fails: its owner answers":        {record: fails, owner: ended(phone), want: []domain.SessionID{phone}},
		"the record hangs: its owner answers before a client that connects has waited too long": {
			record: hangs, owner: ended(phone), want: []domain.SessionID{phone}, takes: 300 * time.Millisecond,
		},
		"the record knows of some only: its owner answers": {record: partly(laptop), owner: ended(laptop, phone), want: []domain.SessionID{laptop, phone}},
		"the record knows of some only, and its owner fails": {
			record: partly(laptop), owner: fails, want: []domain.SessionID{laptop}, fails: away,
		},
		"both fail":                          {record: fails, owner: fails, fails: away},
		"both hang, until the caller leaves": {record: hangs, owner: hangs, fails: context.DeadlineExceeded, takes: leaves},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), leaves)
				defer cancel()
				began := time.Now()
				got, err := gateway.NewRevocations(tc.record, tc.owner, slog.New(slog.DiscardHandler)).Revoked(ctx, []domain.SessionID{laptop, phone})
				require.ErrorIs(t, err, tc.fails)
				assert.Equal(t, tc.want, got)
				assert.Equal(t, tc.takes, time.Since(began))
			})
		})
	}

	t.Run("asking the owner is said once, and its end", func(t *testing.T) {
		var log bytes.Buffer
		var now sessionsRecord
		record := sessionsRecord(func(ctx context.Context) ([]domain.SessionID, error) { return now(ctx) })
		r := gateway.NewRevocations(record, ended(), slog.New(slog.NewTextHandler(&log, nil)))
		for _, now = range []sessionsRecord{fails, fails, ended(), ended(), fails} {
			_, err := r.Revoked(t.Context(), []domain.SessionID{laptop})
			require.NoError(t, err)
		}
		assert.Equal(t, 2, strings.Count(log.String(), "level=WARN"))
		assert.Equal(t, 1, strings.Count(log.String(), "level=INFO"))
	})

	t.Run("a caller who has left does not trouble the owner", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		asked := false
		owner := sessionsRecord(func(context.Context) ([]domain.SessionID, error) { asked = true; return nil, nil })
		_, err := gateway.NewRevocations(sessionsRecord(hangs), owner, slog.New(slog.DiscardHandler)).Revoked(ctx, []domain.SessionID{laptop})
		require.ErrorIs(t, err, context.Canceled)
		assert.False(t, asked)
	})
}
