package kafka

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestFetchLeavesOutWhatBelongsToAnEarlierAssignment(t *testing.T) {
	c, err := NewConsumer(Config{Brokers: []string{"127.0.0.1:1"}, ClientID: "test"}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	fetch := func() (seqs []domain.Seq, reassigned bool) {
		batch, err := c.Fetch(t.Context(), 10)
		require.NoError(t, err)
		for _, e := range batch.Events {
			seqs = append(seqs, e.Seq)
		}
		return seqs, batch.Reassigned
	}
	read := func(generation int64, seq domain.Seq) {
		c.fetched <- fetched{domain.Event{Seq: seq}, generation, func() {}}
	}

	c.generation.Store(1)
	read(1, 1)
	seqs, reassigned := fetch()
	assert.Equal(t, []domain.Seq{1}, seqs)
	assert.False(t, reassigned, "the first assignment takes nothing back")

	read(1, 2)
	c.generation.Store(2)
	read(1, 3)
	read(2, 4)
	seqs, reassigned = fetch()
	assert.Equal(t, []domain.Seq{4}, seqs, "2 and 3 come again to whoever has the partition now")
	assert.True(t, reassigned)
}
