package domain_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestAFaultIsKnownByItsCode(t *testing.T) {
	overHTTP := &domain.Fault{Kind: domain.KindConflict, Code: "group_full", Detail: "as another service wrote it"}
	require.ErrorIs(t, overHTTP, domain.ErrGroupFull)
	require.ErrorIs(t, fmt.Errorf("join: %w", overHTTP), domain.ErrGroupFull)
	require.NotErrorIs(t, overHTTP, domain.ErrLastAdmin)
	require.NotErrorIs(t, overHTTP, errors.New("group_full"))
	require.Contains(t, overHTTP.Error(), "group_full")
}

func TestAFaultCanSayWhenToTryAgain(t *testing.T) {
	before := domain.ErrRateLimited.RetryAfter
	later := domain.ErrRateLimited.After(3 * time.Second)
	require.ErrorIs(t, later, domain.ErrRateLimited)
	require.Equal(t, 3*time.Second, later.RetryAfter)
	require.Equal(t, before, domain.ErrRateLimited.RetryAfter, "the shared one is untouched")
}

func TestAFaultAboutFieldsNamesThem(t *testing.T) {
	one := domain.Invalid("limit", "range", "limit must be 1 to %d.", 200)
	require.Equal(t, "limit must be 1 to 200.", one.Detail)
	require.Equal(t, []domain.FieldFault{{Field: "limit", Code: "range", Detail: "limit must be 1 to 200."}}, one.Fields)
	require.ErrorIs(t, one, domain.InvalidFields(), "all faults about fields have one code")
	two := domain.InvalidFields(one.Fields[0], one.Fields[0])
	require.Len(t, two.Fields, 2)
	require.NotEqual(t, one.Detail, two.Detail)
}

func TestEveryFaultHasItsOwnCodeAndASentence(t *testing.T) {
	faults := []*domain.Fault{
		domain.ErrTokenInvalid, domain.ErrTokenExpired, domain.ErrInvalidCredentials, domain.ErrRefreshInvalid, domain.ErrRefreshReused,
		domain.ErrSessionRevoked, domain.ErrForbidden, domain.ErrAdminOnly, domain.ErrUserNotFound, domain.ErrSessionNotFound,
		domain.ErrConversationNotFound, domain.ErrMemberNotFound, domain.ErrInviteNotFound, domain.ErrMessageNotFound,
		domain.ErrEmailTaken, domain.ErrUsernameTaken, domain.ErrDMConversation, domain.ErrAlreadyMember, domain.ErrGroupFull,
		domain.ErrLastAdmin, domain.ErrClientMsgIDReused, domain.ErrInviteUsed, domain.ErrInviteExpired, domain.ErrRateLimited,
		domain.ErrUnavailable, domain.InvalidFields(),
	}
	seen := map[string]bool{}
	for _, f := range faults {
		require.False(t, seen[f.Code], f.Code)
		seen[f.Code] = true
		require.Regexp(t, `^[a-z_]+$`, f.Code)
		require.Regexp(t, `^[A-Z].*\.$`, f.Detail)
		require.Contains(t, domain.Kinds(), f.Kind)
		require.NotEqual(t, domain.KindInternal, f.Kind)
	}
}

func TestKindsAreAllThereAre(t *testing.T) {
	for i, kind := range domain.Kinds() {
		require.EqualValues(t, i, kind, "in order, none left out")
	}
	require.Equal(t, domain.KindUnavailable, domain.Kinds()[len(domain.Kinds())-1])
}
