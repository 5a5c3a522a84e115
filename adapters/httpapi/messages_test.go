package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAMessageIsSentOnce(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	dm := ann.dm(bob)
	body := object{"client_msg_id": "c-1", "body": "Hello 👋"}
	sent := into[object](t, ann.post(messagesPath(dm), body), http.StatusCreated)
	require.Equal(t, object{
		"conversation_id": dm, "message_id": sent["message_id"], "seq": 1.0, "sender_id": ann.id, "created_at": "2026-01-07T12:34:56Z",
		"preview": "Hello 👋", "has_more": false, "client_msg_id": "c-1", "body": "Hello 👋",
	}, sent)
	require.Equal(t, sent, into[object](t, ann.post(messagesPath(dm), body), http.StatusOK), "a repeat gets the first message")
	ann.post(messagesPath(dm), object{"client_msg_id": "c-1", "body": "Bye"}).requireProblem(t, http.StatusConflict, "client_msg_id_reused")
	require.Equal(t, 2, bob.say(dm, "mine").number("seq"))
}

func TestALongMessageIsReadInFull(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	dm := ann.dm(bob)
	text := strings.Repeat("💬", 100_000)
	sent := ann.say(dm, text)
	require.Equal(t, true, sent["has_more"])
	require.Equal(t, text, sent["body"])

	path := messagesPath(dm) + "/" + sent.text("message_id")
	short := into[object](t, bob.get(path), http.StatusOK)
	require.NotContains(t, short, "body")
	require.Equal(t, strings.Repeat("💬", 200), short["preview"])
	require.Equal(t, sent, into[object](t, bob.get(path+"?fields=full"), http.StatusOK))
}

func TestTheLargestEscapedMessageFits(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	escaped := `{"client_msg_id":"c","body":"` + strings.Repeat(`\ud83d\udcac`, 100_000) + `"}`
	require.Equal(t, http.StatusCreated, ann.post(messagesPath(ann.dm(bob)), escaped).status)
}

func TestHistoryIsPagedBothWays(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	dm := ann.dm(bob)
	for i := range 5 {
		ann.say(dm, fmt.Sprintf("text %d", i+1))
	}
	cases := map[string]struct {
		query       string
		seqs        []float64
		more        bool
		next, first int
	}{
		"from the beginning":    {"", []float64{1, 2, 3, 4, 5}, false, 6, 1},
		"the first page":        {"?limit=2", []float64{1, 2}, true, 3, 1},
		"after a seq":           {"?after_seq=3&limit=200", []float64{4, 5}, false, 6, 4},
		"before a seq":          {"?before_seq=5&limit=2", []float64{3, 4}, true, 5, 3},
		"before the first":      {"?before_seq=1", []float64{}, false, 1, 1},
		"the latest":            {"?latest=true&limit=2", []float64{4, 5}, true, 6, 4},
		"after the last":        {"?after_seq=5", []float64{}, false, 6, 6},
		"far beyond the end":    {"?after_seq=1099511627775", []float64{}, false, 1 << 40, 1 << 40},
		"before the far future": {"?before_seq=1099511627775&limit=1", []float64{5}, true, 6, 5},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			page := into[object](t, bob.get(messagesPath(dm)+tc.query), http.StatusOK)
			seqs := []float64{}
			for _, m := range page["messages"].([]any) {
				seqs = append(seqs, m.(map[string]any)["seq"].(float64))
				require.NotContains(t, m, "body")
			}
			require.Equal(t, tc.seqs, seqs)
			require.Equal(t, tc.more, page["has_more"])
			require.Equal(t, tc.next, page.number("next_seq"))
			require.Equal(t, tc.first, page.number("first_seq"))
		})
	}
}

func TestTheListShowsTheLatestMessageAndWhatIsUnread(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	dm := ann.dm(bob)
	ann.say(dm, "one")
	ann.say(dm, strings.Repeat("long ", 50))

	c := bob.awaitSettled(dm, 2)
	require.Equal(t, 2, c.number("unread_count"))
	require.Equal(t, 2, c.number("last_seq"))
	require.Equal(t, ann.id, c["last_sender_id"])
	require.Equal(t, true, c["last_has_more"])
	require.Equal(t, strings.Repeat("long ", 40), c["last_preview"])

	read := "/api/messages/conversations/" + dm + "/read"
	require.Equal(t, object{"last_read_seq": 1.0, "unread_count": 1.0, "settled_seq": 2.0}, into[object](t, bob.post(read, object{"last_read_seq": 1}), http.StatusOK))
	require.Equal(t, object{"last_read_seq": 2.0, "unread_count": 0.0, "settled_seq": 2.0}, into[object](t, bob.post(read, object{"last_read_seq": 99}), http.StatusOK))
	require.Equal(t, 2, into[object](t, bob.post(read, object{"last_read_seq": 1}), http.StatusOK).number("last_read_seq"), "it never goes back")
}

func TestOnlyMembersReadAndSend(t *testing.T) {
	w := newWorld(t)
	ann, bob, eve := w.register("ann"), w.register("bob"), w.register("eve")
	dm := ann.dm(bob)
	message := messagesPath(dm) + "/" + ann.say(dm, "secret").text("message_id")
	eve.get(messagesPath(dm)).requireProblem(t, http.StatusNotFound, "conversation_not_found")
	eve.get(message+"?fields=full").requireProblem(t, http.StatusNotFound, "conversation_not_found")
	eve.post(messagesPath(dm), object{"client_msg_id": "c", "body": "hi"}).requireProblem(t, http.StatusNotFound, "conversation_not_found")
	eve.post("/api/messages/conversations/"+dm+"/read", object{"last_read_seq": 1}).requireProblem(t, http.StatusNotFound, "conversation_not_found")
}

func TestAForgedMessageIDFindsNothing(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	dm := ann.dm(bob)
	real := ann.say(dm, "hello").text("message_id")
	flipped := "0"
	if real[12] == '0' {
		flipped = "1"
	}
	elsewhere := ann.say(ann.group(), "other").text("message_id")
	for name, id := range map[string]string{
		"another random part":     real[:12] + flipped + real[13:],
		"a seq not reached":       real[:25] + "7",
		"of another conversation": elsewhere,
		"lower case":              strings.ToLower(real),
		"too short":               real[1:],
		"nonsense":                "nonsense",
		"a path in it":            "..%2F" + real,
		"NUL":                     "%00" + real[1:],
		"invalid UTF-8":           "%ff" + real[1:],
	} {
		t.Run(name, func(t *testing.T) {
			ann.get(messagesPath(dm)+"/"+id).requireProblem(t, http.StatusNotFound, "message_not_found")
		})
	}
}
