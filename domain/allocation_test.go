package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestAnAllocationMovesForwardOnly(t *testing.T) {
	allowed := map[[2]domain.AllocationState]bool{
		{domain.Pending, domain.Stored}:    true,
		{domain.Pending, domain.Published}: true,
		{domain.Pending, domain.Voided}:    true,
		{domain.Stored, domain.Published}:  true,
	}
	states := []domain.AllocationState{domain.Pending, domain.Stored, domain.Published, domain.Voided, ""}
	for _, from := range states {
		for _, to := range states {
			require.Equal(t, allowed[[2]domain.AllocationState{from, to}], from.CanBecome(to), "%s → %s", from, to)
		}
	}
}

func TestAnAllocationTakesTheNextSeq(t *testing.T) {
	now := time.Date(2026, 1, 7, 12, 34, 56, 789_123_456, time.UTC)
	r := domain.AllocationRequest{
		Conversation: "c", Sender: "u", ClientMsgID: "id", BodyHash: domain.BodyHash{1}, Entropy: domain.MessageIDEntropy{1, 2, 3, 4, 5},
	}
	at := now.Truncate(time.Millisecond)
	require.Equal(t, domain.Allocation{
		Conversation: "c", Seq: 8, MessageID: domain.NewMessageID(at, r.Entropy, 8), Sender: "u", ClientMsgID: "id",
		BodyHash: domain.BodyHash{1}, CreatedAt: at, MembersVersion: 3, State: domain.Pending,
	}, domain.NewAllocation(r, 7, 3, now, at.Add(-time.Hour)))
}

func TestTimesNeverGoBackInsideAConversation(t *testing.T) {
	now := time.UnixMilli(1_767_789_296_000).UTC()
	previous := now.Add(time.Minute)
	a := domain.NewAllocation(domain.AllocationRequest{}, 1, 1, now, previous)
	require.Equal(t, previous, a.CreatedAt)
	require.Equal(t, previous, a.MessageID.Time())
}

func TestUnreadIsNeverNegative(t *testing.T) {
	for _, tc := range []struct {
		settled, lastRead domain.Seq
		voids, want       int64
	}{
		{0, 0, 0, 0}, {5, 0, 0, 5}, {5, 2, 1, 2}, {5, 5, 0, 0}, {3, 7, 0, 0}, {5, 0, 5, 0},
	} {
		require.Equal(t, tc.want, domain.UnreadCount(tc.settled, tc.lastRead, tc.voids), "%+v", tc)
	}
	require.EqualValues(t, 4, domain.Head{Floor: 5, LastSeq: 9}.Settled())
}
