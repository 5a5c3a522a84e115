package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/internal/serviceapi"
	"chatsystem/domain"
	"chatsystem/ports"
)

const (
	testCredential   = "what services show each other"
	otherCredential  = "what they showed, or will show"
	testConversation = "0192f5d0-0000-7000-8000-000000000001"
	testUser         = "0192f5d0-0000-7000-8000-000000000002"
)

// chatPorts answers every call with what it was told to, and remembers the requests to allocate.
type chatPorts struct {
	err       error
	requests  []domain.AllocationRequest
	requestID string
}

func (p *chatPorts) Allocate(ctx context.Context, r domain.AllocationRequest) (domain.Allocation, bool, error) {
	p.requests = append(p.requests, r)
	p.requestID = ports.RequestIDOf(ctx)
	return domain.Allocation{Conversation: r.Conversation, Seq: 7, State: domain.Pending}, len(p.requests) == 1, p.err
}

func (p *chatPorts) Void(context.Context, domain.ConversationID, domain.Seq, domain.VoidReason) error {
	return p.err
}

func (p *chatPorts) Settle(context.Context, []domain.Settlement) error { return p.err }

func (p *chatPorts) LeaseUnfinished(_ context.Context, _, _ time.Duration, limit int) ([]domain.Allocation, error) {
	return make([]domain.Allocation, limit), p.err
}

func (p *chatPorts) Members(context.Context, []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error) {
	return nil, p.err
}

func (p *chatPorts) Revoked(_ context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	return ids, p.err
}

func newInternalSite(t *testing.T, credential string, p *chatPorts) testSite {
	t.Helper()
	accepted := []string{credential, otherCredential}
	return newTestSite(t, Config{}, InternalUserRoutes(accepted, p),
		InternalChatRoutes(accepted, InternalChatPorts{Sequences: p, Settler: p, Unfinished: p, Members: p}))
}

// callsOf is one good body for each call, by path.
func callsOf() map[string]string {
	allocate := fmt.Sprintf(`{"sender_id":%q,"client_msg_id":"m-1","body_hash":%q,"entropy":"AAECAwQ="}`, testUser, strings.Repeat("A", 43)+"=")
	return map[string]string{
		serviceapi.Of(serviceapi.Allocate, testConversation):      allocate,
		serviceapi.Of(serviceapi.AllocateAlias, testConversation): allocate,
		serviceapi.Of(serviceapi.Void, testConversation):          `{"seq":1,"reason":"tombstone"}`,
		serviceapi.Settle:  `{"settlements":[]}`,
		serviceapi.Lease:   `{"age_ms":1,"lease_ms":1,"limit":2}`,
		serviceapi.Members: `{"conversation_ids":[]}`,
		serviceapi.Revoked: `{"session_ids":[]}`,
	}
}

func serviceRequest(path, body string) *http.Request {
	r := request(http.MethodPost, path, body)
	r.Header.Set(serviceapi.CredentialHeader, testCredential)
	return r
}

func TestOnlyServicesMakeInternalCalls(t *testing.T) {
	for path, body := range callsOf() {
		for name, header := range map[string]http.Header{
			"no credential":          {},
			"another credential":     {serviceapi.CredentialHeader: {testCredential + "x"}},
			"an empty one":           {serviceapi.CredentialHeader: {""}},
			"the token of a user":    {"Authorization": {"Bearer user:ann"}},
			"it in another header":   {"Authorization": {"Bearer " + testCredential}},
			"the wrong one is first": {serviceapi.CredentialHeader: {"x", testCredential}},
		} {
			t.Run(path+" with "+name, func(t *testing.T) {
				s := newInternalSite(t, testCredential, &chatPorts{})
				r := request(http.MethodPost, path, body)
				for k, v := range header {
					r.Header[k] = v
				}
				requireProblem(t, s.do(r), http.StatusForbidden, "forbidden")
				lines := s.logged(t, "service credential refused")
				require.Len(t, lines, 1)
				require.Equal(t, "ERROR", lines[0]["level"])
				require.Equal(t, "192.0.2.1", lines[0]["client"])
				require.Equal(t, strings.ReplaceAll(path, testConversation, "{conversation_id}"), lines[0]["route"])
				require.NotContains(t, s.log.String(), testCredential)
			})
		}
		for _, credential := range []string{testCredential, otherCredential} {
			t.Run(path+" with "+credential, func(t *testing.T) {
				s := newInternalSite(t, testCredential, &chatPorts{})
				r := serviceRequest(path, body)
				r.Header.Set(serviceapi.CredentialHeader, credential)
				require.Less(t, s.do(r).Code, 300)
				require.Empty(t, s.logged(t, "service credential refused"))
			})
		}
	}
}

// TestEveryInternalCallIsTried fails for a call that callsOf, and so the tests above, forget.
func TestEveryInternalCallIsTried(t *testing.T) {
	tried := callsOf()
	walked := 0
	routes := newInternalSite(t, testCredential, &chatPorts{}).Handler.(chi.Routes)
	require.NoError(t, chi.Walk(routes, func(_, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		walked++
		require.Contains(t, tried, serviceapi.Of(pattern, testConversation))
		return nil
	}))
	require.Equal(t, len(tried), walked)
}

func TestWithoutACredentialNobodyMakesInternalCalls(t *testing.T) {
	s := newInternalSite(t, "", &chatPorts{})
	r := request(http.MethodPost, serviceapi.Members, `{"conversation_ids":[]}`)
	requireProblem(t, s.do(r), http.StatusForbidden, "forbidden")
	r.Header.Set(serviceapi.CredentialHeader, "")
	requireProblem(t, s.do(r), http.StatusForbidden, "forbidden")
}

func TestInternalBodiesAreStrict(t *testing.T) {
	tooMany := `{"session_ids":[` + strings.TrimSuffix(strings.Repeat(`"`+testUser+`",`, serviceapi.MaxBatch+1), ",") + `]}`
	last := fmt.Sprintf(`"last":{"sender_id":%q}`, testUser)
	for name, tc := range map[string]struct {
		path, body, code string
		status           int
	}{
		"nothing":                    {serviceapi.Members, "", "missing_body", 400},
		"no object":                  {serviceapi.Members, `[]`, "malformed_json", 400},
		"a member twice":             {serviceapi.Members, `{"conversation_ids":[],"conversation_ids":[]}`, "malformed_json", 400},
		"more behind it":             {serviceapi.Members, `{} {}`, "malformed_json", 400},
		"another type":               {serviceapi.Lease, `{"age_ms":"1","lease_ms":1,"limit":1}`, "malformed_json", 400},
		"a hash of another length":   {serviceapi.Of(serviceapi.Allocate, testConversation), `{"body_hash":"AAAA"}`, "malformed_json", 400},
		"more than 2 MiB":            {serviceapi.Members, `{"x":"` + strings.Repeat("x", maxServiceBytes) + `"}`, "body_too_large", 413},
		"too many sessions":          {serviceapi.Revoked, tooMany, "validation_failed", 422},
		"no session id":              {serviceapi.Revoked, `{"session_ids":["x"]}`, "validation_failed", 422},
		"no sender":                  {serviceapi.Of(serviceapi.Allocate, testConversation), `{"client_msg_id":"x"}`, "validation_failed", 422},
		"no client_msg_id":           {serviceapi.Of(serviceapi.Allocate, testConversation), fmt.Sprintf(`{"sender_id":%q}`, testUser), "validation_failed", 422},
		"no conversation's id":       {serviceapi.Of(serviceapi.Allocate, "x"), fmt.Sprintf(`{"sender_id":%q,"client_msg_id":"x"}`, testUser), "conversation_not_found", 404},
		"no seq":                     {serviceapi.Of(serviceapi.Void, testConversation), `{"reason":"foreign"}`, "validation_failed", 422},
		"an unknown reason":          {serviceapi.Of(serviceapi.Void, testConversation), `{"seq":1,"reason":"x"}`, "validation_failed", 422},
		"a lease without limit":      {serviceapi.Lease, `{"age_ms":1,"lease_ms":1}`, "validation_failed", 422},
		"a lease beyond all time":    {serviceapi.Lease, `{"age_ms":1,"lease_ms":9223372036854775807,"limit":1}`, "validation_failed", 422},
		"a settlement of nothing":    {serviceapi.Settle, `{"settlements":[{}]}`, "validation_failed", 422},
		"a settlement to a nowhere":  {serviceapi.Settle, fmt.Sprintf(`{"settlements":[{"conversation_id":%q,"seq":1,"state":"X",%s}]}`, testConversation, last), "validation_failed", 422},
		"a settlement of a high seq": {serviceapi.Settle, fmt.Sprintf(`{"settlements":[{"conversation_id":%q,"seq":1099511627776,"state":"STORED",%s}]}`, testConversation, last), "validation_failed", 422},
	} {
		t.Run(name, func(t *testing.T) {
			s := newInternalSite(t, testCredential, &chatPorts{})
			requireProblem(t, s.do(serviceRequest(tc.path, tc.body)), tc.status, tc.code)
		})
	}
	t.Run("but for members that a later version knows", func(t *testing.T) {
		s := newInternalSite(t, testCredential, &chatPorts{})
		require.Equal(t, http.StatusOK, s.do(serviceRequest(serviceapi.Members, `{"conversation_ids":[],"new":1}`)).Code)
	})
}

func TestAFaultKeepsItsCodeOnTheWay(t *testing.T) {
	for err, want := range map[error]struct {
		status int
		code   string
	}{
		domain.ErrConversationNotFound: {404, "conversation_not_found"},
		domain.ErrClientMsgIDReused:    {409, "client_msg_id_reused"},
		domain.ErrUnavailable:          {503, "unavailable"},
		errors.New("a bug"):            {500, "internal"},
	} {
		s := newInternalSite(t, testCredential, &chatPorts{err: fmt.Errorf("allocate: %w", err)})
		for path, body := range callsOf() {
			requireProblem(t, s.do(serviceRequest(path, body)), want.status, want.code)
		}
	}
}

func TestAllocating(t *testing.T) {
	p := &chatPorts{}
	s := newInternalSite(t, testCredential, p)
	for i, path := range []string{serviceapi.Allocate, serviceapi.AllocateAlias} {
		r := serviceRequest(serviceapi.Of(path, testConversation), callsOf()[serviceapi.Of(path, testConversation)])
		r.Header.Set(requestIDHeader, "request-1")
		w := s.do(r)
		require.Equal(t, []int{http.StatusCreated, http.StatusOK}[i], w.Code)
		require.Contains(t, w.Body.String(), `"seq":7`)
		require.Equal(t, "request-1", p.requestID)
		require.Equal(t, domain.AllocationRequest{
			Conversation: testConversation, Sender: testUser, ClientMsgID: "m-1", Entropy: domain.MessageIDEntropy{0, 1, 2, 3, 4},
		}, p.requests[i])
	}
}

func TestALeaseIsBounded(t *testing.T) {
	s := newInternalSite(t, testCredential, &chatPorts{})
	w := s.do(serviceRequest(serviceapi.Lease, `{"age_ms":1,"lease_ms":1,"limit":100000}`))
	require.Equal(t, serviceapi.MaxBatch, strings.Count(w.Body.String(), `"seq"`))
}

func TestInternalCallsAreInNoDocument(t *testing.T) {
	c, err := loadContract()
	require.NoError(t, err)
	for _, word := range []string{"/internal", "allocate-seq", serviceapi.CredentialHeader} {
		require.NotContains(t, string(c.json), word)
	}
}

func TestTheCredentialIsDerivedFromTheSecret(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 32)
	first, err := ServiceCredential(secret)
	require.NoError(t, err)
	again, err := ServiceCredential(slices.Clone(secret))
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Len(t, first, 43)
	secret[31]++
	other, err := ServiceCredential(secret)
	require.NoError(t, err)
	require.NotEqual(t, first, other)
	_, err = ServiceCredential(secret[:31])
	require.ErrorContains(t, err, "32 bytes")
}
