package domain_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"chatsystem/domain"
)

const someID = "01a20a08-25a8-7d19-9099-5ceec40bb671"

func TestACursorSurvivesItsTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).Draw(t, "id")
		want := domain.ListCursor{
			At: time.UnixMilli(rapid.Int64Range(-1<<40, 1<<48).Draw(t, "ms")).UTC(), ID: domain.ConversationID(id),
			Since: domain.ListMark(rapid.Int64().Draw(t, "mark")),
		}
		if want.Since != 0 && rapid.Bool().Draw(t, "moved") {
			want.At, want.Moved = time.Time{}, true
		}
		text := want.String()
		require.Regexp(t, `^[A-Za-z0-9_-]+$`, text, "fit for a URL")
		got, err := domain.ParseListCursor(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestCursorOfTheReleaseBefore(t *testing.T) {
	got, err := domain.ParseListCursor(base64.RawURLEncoding.EncodeToString([]byte("1767789296000." + someID)))
	require.NoError(t, err)
	require.Equal(t, domain.ListCursor{At: founded, ID: someID}, got)
}

func TestWhatNoLinkGaveIsNoCursor(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	texts := map[string]string{
		"nothing":            "",
		"not base 64":        "***",
		"padded":             base64.URLEncoding.EncodeToString([]byte("1."+someID)) + "=",
		"no separator":       encode([]byte("1")),
		"no time":            encode([]byte("." + someID)),
		"a time too large":   encode([]byte("99999999999999999999." + someID)),
		"no id":              encode([]byte("1.")),
		"an id that is none": encode([]byte("1.g")),
		"other spare bits":   strings.TrimSuffix(encode([]byte("1."+someID)), "E") + "F",
		"a mark of nothing":  encode([]byte("1." + someID + ".0")),
		"a mark too large":   encode([]byte("1." + someID + ".99999999999999999999")),
		"two marks":          encode([]byte("1." + someID + ".1.1")),
		"moved since when":   encode([]byte("moved." + someID)),
		"something behind":   encode([]byte("1." + someID + " ")),
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			_, err := domain.ParseListCursor(text)
			requireFields(t, err, "cursor format")
		})
	}
}

func TestAListIsSortedByTheLastMessageElseTheCreation(t *testing.T) {
	v := domain.ConversationView{CreatedAt: founded}
	require.Equal(t, founded, v.SortTime())
	v.Last = &domain.LastMessage{At: founded.Add(time.Hour)}
	require.Equal(t, founded.Add(time.Hour), v.SortTime())
}

func TestIDsAreCanonicalUUIDs(t *testing.T) {
	require.True(t, domain.IsUUID(someID))
	for _, text := range []string{
		"", "01A20A08-25A8-7D19-9099-5CEEC40BB671", someID + "0", someID[:35], "01a20a08025a8-7d19-9099-5ceec40bb671",
		"01a20a08-25a8-7d19-9099-5ceec40bb67g", "{" + someID[:34] + "}", "01a20a08-25a8-7d19-9099-5ceec40bb6-1",
	} {
		require.False(t, domain.IsUUID(text), "%q", text)
	}
	id, err := domain.ParseUserID("user_id", someID)
	require.NoError(t, err)
	require.Equal(t, domain.UserID(someID), id)
	_, err = domain.ParseUserID("user_id", "me")
	requireFields(t, err, "user_id not_an_id")
}
