package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
)

// eachOperation calls f for every operation under /api, with a path in which every id is one that does not exist.
func eachOperation(f func(op *openapi3.Operation, method, path string)) {
	for template, item := range document().Paths.Map() {
		if !strings.HasPrefix(template, "/api/") {
			continue
		}
		segments := strings.Split(template, "/")
		for i, s := range segments {
			if strings.HasPrefix(s, "{") {
				segments[i] = newUUID()
			}
		}
		for method, op := range item.Operations() {
			f(op, method, strings.Join(segments, "/"))
		}
	}
}

func isPublic(op *openapi3.Operation) bool { return op.Security != nil && len(*op.Security) == 0 }

func TestEveryOperationButSignInNeedsAToken(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	w.clock.advance(accessLife)
	eachOperation(func(op *openapi3.Operation, method, path string) {
		if !isPublic(op) {
			w.send(method, path, "", nil).requireProblem(t, http.StatusUnauthorized, "token_invalid")
			w.send(method, path, ann.token, nil).requireProblem(t, http.StatusUnauthorized, "token_expired")
		}
	})
}

func TestEveryOperationRefusesWhatItCannotRead(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	eachOperation(func(op *openapi3.Operation, method, path string) {
		w.send(method, path+"?%zz", ann.token, nil).requireProblem(t, http.StatusBadRequest, "malformed_query")
		if op.RequestBody == nil {
			return
		}
		w.send(method, path, ann.token, `{"a":1,"a":2}`).requireProblem(t, http.StatusBadRequest, "malformed_json")
		w.send(method, path, ann.token, `{}`, withHeader("Content-Type", "text/plain")).requireProblem(t, http.StatusUnsupportedMediaType, "unsupported_media_type")
		w.send(method, path, ann.token, strings.Repeat(" ", 2<<20)).requireProblem(t, http.StatusRequestEntityTooLarge, "body_too_large")
		if op.RequestBody.Value.Required {
			w.send(method, path, ann.token, nil).requireProblem(t, http.StatusBadRequest, "missing_body")
		}
		for name := range op.RequestBody.Value.Content.Get("application/json").Schema.Value.Properties {
			p := w.send(method, path, ann.token, object{name: object{}}).requireProblem(t, http.StatusUnprocessableEntity, "validation_failed")
			fields := make([]string, len(p.Errors))
			for i, e := range p.Errors {
				fields[i] = e.Field
			}
			require.True(t, slices.Contains(fields, name), "%s %s", op.OperationID, name)
		}
	})
}

// badInput is a request that breaks one rule of one field.
type badInput struct {
	method, path string
	body         any
	field, code  string
}

func TestAFieldThatBreaksARuleIsNamedAndNothingChanges(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	group := ann.group(bob)
	ann.say(group, "hello")
	ann.awaitSettled(group, 1)
	const register, me, pass = "/api/users/auth/register", "/api/users/me", "/api/users/me/password"
	messages, read := messagesPath(group), "/api/messages/conversations/"+group+"/read"
	invite, role := conversationPath(group)+"/invite", memberPath(group, bob)+"/role"
	account := func(name string, value any) object {
		o := object{"email": "new@example.com", "password": password, "username": "new"}
		o[name] = value
		return o
	}
	message := func(id, body string) object { return object{"client_msg_id": id, "body": body} }

	cases := map[string]badInput{
		"an e-mail that is none":            {"POST", register, account("email", "new"), "email", "format"},
		"an e-mail with a name":             {"POST", register, account("email", "New <new@example.com>"), "email", "format"},
		"an e-mail of 256 bytes":            {"POST", register, account("email", strings.Repeat("a", 244)+"@example.com"), "email", "format"},
		"an e-mail with NUL":                {"POST", register, account("email", "a\x00@example.com"), "email", "nul"},
		"an empty e-mail":                   {"POST", register, account("email", ""), "email", "format"},
		"a password of 7 bytes":             {"POST", register, account("password", "1234567"), "password", "too_short"},
		"a password of 73 bytes":            {"POST", register, account("password", strings.Repeat("x", 73)), "password", "too_long"},
		"a password of 37 two-byte letters": {"POST", register, account("password", strings.Repeat("ß", 37)), "password", "too_long"},
		"a password that is null":           {"POST", register, account("password", nil), "password", "required"},
		"a username of one letter":          {"POST", register, account("username", " a "), "username", "length"},
		"a username of 101 letters":         {"POST", register, account("username", strings.Repeat("ä", 101)), "username", "length"},
		"a username with a line break":      {"POST", register, account("username", "a\nb"), "username", "printable"},
		"an invisible username":             {"PATCH", me, object{"username": "a\u202eb"}, "username", "printable"},
		"a new password too long":           {"POST", pass, object{"old_password": password, "new_password": strings.Repeat("x", 73)}, "new_password", "too_long"},
		"a search of one letter":            {"GET", "/api/users/search?q=%20a%20", nil, "q", "length"},
		"a search for nothing":              {"GET", "/api/users/search?q=", nil, "q", "length"},
		"a look-up of nobody":               {"GET", "/api/users?ids=", nil, "ids", "not_an_id"},
		"a look-up of 101":                  {"GET", "/api/users?ids=" + strings.Repeat(ann.id+",", 100) + ann.id, nil, "ids", "count"},
		"a look-up of nonsense":             {"GET", "/api/users?ids=" + ann.id + ",nonsense", nil, "ids", "not_an_id"},
		"a look-up given twice":             {"GET", "/api/users?ids=" + ann.id + "&ids=" + bob.id, nil, "ids", "type"},

		"a DM with an empty id":        {"POST", dmPath, object{"other_user_id": ""}, "other_user_id", "not_an_id"},
		"a DM with white space":        {"POST", dmPath, object{"other_user_id": " "}, "other_user_id", "not_an_id"},
		"a DM with an upper-case id":   {"POST", dmPath, object{"other_user_id": strings.ToUpper(bob.id)}, "other_user_id", "not_an_id"},
		"a DM with NUL":                {"POST", dmPath, object{"other_user_id": bob.id + "\x00"}, "other_user_id", "nul"},
		"a group without a title":      {"POST", groupPath, object{"title": " \t ", "member_ids": []string{}}, "title", "length"},
		"a title of 256 letters":       {"POST", groupPath, object{"title": strings.Repeat("é", 256), "member_ids": []string{}}, "title", "length"},
		"a title with a line break":    {"POST", groupPath, object{"title": "a\nb", "member_ids": []string{}}, "title", "printable"},
		"a group without members":      {"POST", groupPath, object{"title": "Team"}, "member_ids", "required"},
		"a member that is a number":    {"POST", groupPath, object{"title": "Team", "member_ids": []any{bob.id, 7}}, "member_ids[1]", "type"},
		"a member that is no id":       {"POST", groupPath, object{"title": "Team", "member_ids": []string{"bob"}}, "member_ids", "not_an_id"},
		"members by the hundred":       {"POST", groupPath, object{"title": "Team", "member_ids": strangers(150)}, "member_ids", "too_many"},
		"a list of none":               {"GET", listPath + "?limit=0", nil, "limit", "range"},
		"a list of 201":                {"GET", listPath + "?limit=201", nil, "limit", "range"},
		"a cursor of one's own making": {"GET", listPath + "?cursor=abc", nil, "cursor", "format"},
		"a title that is empty":        {"PATCH", conversationPath(group), object{"title": ""}, "title", "length"},
		"another title of 256 letters": {"PATCH", conversationPath(group), object{"title": strings.Repeat("é", 256)}, "title", "length"},
		"an invite of nobody":          {"POST", invite, object{"user_id": "nobody"}, "user_id", "not_an_id"},
		"joining by nonsense":          {"POST", conversationPath(group) + "/join", object{"invite_id": "nonsense"}, "invite_id", "not_an_id"},
		"a role that does not exist":   {"PUT", role, object{"role": "OWNER"}, "role", "unknown"},
		"a role in lower case":         {"PUT", role, object{"role": "admin"}, "role", "unknown"},

		"an empty message":              {"POST", messages, message("c", ""), "body", "blank"},
		"a message of white space":      {"POST", messages, message("c", " \n\u2003"), "body", "blank"},
		"a message of 100,001 letters":  {"POST", messages, message("c", strings.Repeat("ä", 100_001)), "body", "too_long"},
		"a message with NUL":            {"POST", messages, message("c", "a\x00b"), "body", "nul"},
		"a message that is a number":    {"POST", messages, object{"client_msg_id": "c", "body": 7}, "body", "type"},
		"an empty client_msg_id":        {"POST", messages, message("", "hi"), "client_msg_id", "format"},
		"a client_msg_id of a space":    {"POST", messages, message(" ", "hi"), "client_msg_id", "format"},
		"a client_msg_id of 65 letters": {"POST", messages, message(strings.Repeat("c", 65), "hi"), "client_msg_id", "format"},
		"a client_msg_id beyond ASCII":  {"POST", messages, message("ü", "hi"), "client_msg_id", "format"},
		"a client_msg_id with NUL":      {"POST", messages, message("c\x00", "hi"), "client_msg_id", "nul"},
		"history of none":               {"GET", messages + "?limit=0", nil, "limit", "range"},
		"history of 201":                {"GET", messages + "?limit=201", nil, "limit", "range"},
		"history after -1":              {"GET", messages + "?after_seq=-1", nil, "after_seq", "range"},
		"history before 0":              {"GET", messages + "?before_seq=0", nil, "before_seq", "range"},
		"history before -1":             {"GET", messages + "?before_seq=-1", nil, "before_seq", "range"},
		"history beyond 64 bits":        {"GET", messages + "?after_seq=9223372036854775808", nil, "after_seq", "type"},
		"history in two directions":     {"GET", messages + "?after_seq=1&before_seq=2", nil, "after_seq", "exclusive"},
		"history both after and latest": {"GET", messages + "?after_seq=0&latest=true", nil, "after_seq", "exclusive"},
		"latest that is false":          {"GET", messages + "?latest=false", nil, "latest", "range"},
		"latest that is a word":         {"GET", messages + "?latest=maybe", nil, "latest", "type"},
		"fields that do not exist":      {"GET", messages + "/" + newUUID() + "?fields=some", nil, "fields", "unknown"},
		"a read pointer below zero":     {"POST", read, object{"last_read_seq": -1}, "last_read_seq", "range"},
		"a read pointer of zero":        {"POST", read, object{"last_read_seq": 0}, "last_read_seq", "range"},
		"a read pointer beyond 64 bits": {"POST", read, `{"last_read_seq":9223372036854775808}`, "last_read_seq", "range"},
		"a read pointer in half":        {"POST", read, `{"last_read_seq":1.5}`, "last_read_seq", "type"},
		"a read pointer in words":       {"POST", read, object{"last_read_seq": "1"}, "last_read_seq", "type"},
		"no read pointer":               {"POST", read, object{}, "last_read_seq", "required"},
	}
	before := ann.everything(group)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w.send(tc.method, tc.path, ann.token, tc.body).requireField(t, tc.field, tc.code)
		})
	}
	require.Equal(t, before, ann.everything(group))
	w.send("POST", "/api/users/auth/login", "", object{"email": "new@example.com", "password": password}).
		requireProblem(t, http.StatusUnauthorized, "invalid_credentials")
	require.Empty(t, into[[]object](t, bob.get("/api/chats/invites"), http.StatusOK))
}

// everything is what the API shows a member of itself and a conversation.
func (a account) everything(conversation string) []string {
	a.w.t.Helper()
	var shown []string
	for _, path := range []string{"/api/users/me", listPath, conversationPath(conversation) + "/members", messagesPath(conversation), "/api/chats/invites"} {
		shown = append(shown, string(a.get(path).body))
	}
	return shown
}

func TestAllRulesABodyBreaksAreNamedTogether(t *testing.T) {
	w := newWorld(t)
	body := object{"email": "none", "password": "short", "username": ""}
	p := w.send("POST", "/api/users/auth/register", "", body).requireProblem(t, http.StatusUnprocessableEntity, "validation_failed")
	require.Len(t, p.Errors, 3)
}

func TestUnknownMembersAreIgnored(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	me := into[object](t, ann.patch("/api/users/me", object{"username": "anna", "Username": "x", "role": "ADMIN", "deep": object{"a": []int{1}}}), http.StatusOK)
	require.Equal(t, "anna", me["username"])
}

func TestTheLongestLegalInputIsTaken(t *testing.T) {
	w := newWorld(t)
	body := object{"email": strings.Repeat("a", 243) + "@example.com", "password": strings.Repeat("ß", 36), "username": strings.Repeat("ä", 100)}
	ann := w.signedIn(w.send("POST", "/api/users/auth/register", "", body), http.StatusCreated)
	g := into[object](t, ann.post(groupPath, object{"title": strings.Repeat("é", 255), "member_ids": []string{}}), http.StatusCreated)
	sent := ann.post(messagesPath(g.text("conversation_id")), object{"client_msg_id": strings.Repeat("~", 64), "body": strings.Repeat("💬", 100_000)})
	require.Equal(t, http.StatusCreated, sent.status)
}

func TestEveryLimitedOperationRefusesTooMuch(t *testing.T) {
	one := httpapi.Rate{Requests: 1, Window: 1e9 * 60}
	limits := httpapi.DefaultLimits()
	for name := range limits {
		limits[name] = one
	}
	w := newWorldWith(t, httpapi.Config{Limits: limits})
	ann := w.register("ann")
	eachOperation(func(op *openapi3.Operation, method, path string) {
		if op.Responses.Value("429") == nil {
			return
		}
		if method == http.MethodGet {
			path += "?q=ann"
		}
		w.send(method, path, ann.token, nil)
		a := w.send(method, path, ann.token, nil)
		a.requireProblem(t, http.StatusTooManyRequests, "rate_limited")
		require.NotEmpty(t, a.header.Get("Retry-After"))
	})
}

// strangers returns ids of nobody.
func strangers(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("01a2317f-7d75-7520-a1eb-%012d", i)
	}
	return ids
}
