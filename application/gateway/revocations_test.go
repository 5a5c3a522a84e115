package gateway_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/application/gateway"
	"chatsystem/domain"
)

// asked answers with what it was made to, and counts how often.
type asked struct {
	answer func(ctx context.Context) ([]domain.SessionID, error)
	times  int
}

func (a *asked) Revoked(ctx context.Context, _ []domain.SessionID) ([]domain.SessionID, error) {
	a.times++
	return a.answer(ctx)
}

func says(ended []domain.SessionID, err error) *asked {
	return &asked{answer: func(context.Context) ([]domain.SessionID, error) { return ended, err }}
}

// silent answers when its caller gives up.
func silent() *asked {
	return &asked{answer: func(ctx context.Context) ([]domain.SessionID, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
}

func TestRevocations(t *testing.T) {
	errDown := errors.New("it is down")
	ask := func(t *testing.T, record, owner *asked) ([]domain.SessionID, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := gateway.NewRevocations(record, owner, slog.New(slog.DiscardHandler))
		return r.Revoked(ctx, []domain.SessionID{laptop, phone})
	}
	t.Run("the owner of sessions is left alone while the record answers", func(t *testing.T) {
		owner := says(nil, nil)
		ended, err := ask(t, says([]domain.SessionID{laptop}, nil), owner)
		require.NoError(t, err)
		assert.Equal(t, []domain.SessionID{laptop}, ended)
		assert.Zero(t, owner.times)
	})
	t.Run("it is asked when the record fails", func(t *testing.T) {
		ended, err := ask(t, says(nil, errDown), says([]domain.SessionID{phone}, nil))
		require.NoError(t, err)
		assert.Equal(t, []domain.SessionID{phone}, ended)
	})
	t.Run("a record that does not answer leaves most of the time to the owner", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var left time.Duration
			owner := &asked{answer: func(ctx context.Context) ([]domain.SessionID, error) {
				deadline, _ := ctx.Deadline()
				left = time.Until(deadline)
				return nil, nil
			}}
			_, err := ask(t, silent(), owner)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, left, 700*time.Millisecond)
		})
	})
	t.Run("while neither answers nobody can tell", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, err := ask(t, says(nil, errDown), silent())
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
	})
}
