package sqlite

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestNobodySendsWhileTooManyMessagesWaitToBeAnnounced(t *testing.T) {
	d := openTest(t)
	users, ids := addRooms(t, d, 1)
	for seq := range domain.Seq(maxUnannounced) {
		d.unannounced.add(domain.Allocation{Conversation: "elsewhere", Seq: seq}, time.Now())
	}
	draft := domain.Draft{Conversation: ids[0], Sender: users[0], ClientMsgID: "1", Body: "one"}
	_, _, err := d.Append(t.Context(), draft)
	require.ErrorIs(t, err, domain.ErrUnavailable)

	require.NoError(t, d.Settle(t.Context(), []domain.Settlement{{Conversation: "elsewhere", Seq: 1, State: domain.Published}}))
	m, created, err := d.Append(t.Context(), draft)
	require.NoError(t, err)
	require.True(t, created)
	require.EqualValues(t, 1, m.Seq)
}
