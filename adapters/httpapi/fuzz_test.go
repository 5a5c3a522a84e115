package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzOperations: whatever a signed-in client sends to an operation, it gets an answer that the document lists, and none
// that says the server failed.
func FuzzOperations(f *testing.F) {
	everything := `{"email":"a@b.c","password":"12345678","username":"ben","refresh_token":"x","title":"t","member_ids":["x"],"client_msg_id":"m","body":"é",` +
		`"last_read_seq":1,"role":"ADMIN","user_id":"x","other_user_id":null,"invite_id":"x","old_password":"correct horse","new_password":"another horse"}`
	for i := range operationPaths() {
		f.Add(uint8(i), "", []byte(everything))
		f.Add(uint8(i), "limit=1&cursor=x&after_seq=-1&before_seq=99999999999999999999&ids=,&q=%00&fields=full&latest=1", []byte("{}"))
	}
	f.Fuzz(func(t *testing.T, operation uint8, query string, body []byte) {
		w := newWorld(t)
		ada := w.register("ada")
		group := ada.group()
		paths := operationPaths()
		method, path, _ := strings.Cut(paths[int(operation)%len(paths)], " ")
		path = strings.NewReplacer("{conversation_id}", group, "{user_id}", ada.id, "{message_id}", ada.say(group, "hello").text("message_id")).Replace(path)

		r := httptest.NewRequest(method, path, bytes.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+ada.token)
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		require.Less(t, rec.Code, http.StatusInternalServerError, rec.Body)
		checkDocumented(t, r, answer{rec.Code, rec.Header(), rec.Body.Bytes()})
		require.True(t, rec.Body.Len() == 0 || json.Valid(rec.Body.Bytes()))
	})
}

// operationPaths returns the operations of the API, "METHOD /path", in a steady order.
func operationPaths() []string {
	var all []string
	for path, item := range document().Paths.Map() {
		for method := range item.Operations() {
			if strings.HasPrefix(path, "/api/") {
				all = append(all, method+" "+path)
			}
		}
	}
	slices.Sort(all)
	return all
}
