package httpapi_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
	"chatsystem/adapters/memory"
	"chatsystem/application/chats"
	"chatsystem/application/eventqueue"
	"chatsystem/application/messages"
	"chatsystem/application/users"
	"chatsystem/domain"
)

// world is the whole system behind its REST API, on memory adapters.
type world struct {
	t       *testing.T
	handler http.Handler
	clock   *manualClock
	store   *memory.Store
}

const (
	accessLife  = 15 * time.Minute
	refreshLife = 7 * 24 * time.Hour
)

func newWorld(t *testing.T) *world { return newWorldWith(t, httpapi.Config{}) }

func newWorldWith(t *testing.T, cfg httpapi.Config) *world {
	t.Helper()
	clock := &manualClock{now: time.Date(2026, 1, 7, 12, 34, 56, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	store, entries, bus := memory.NewStore(clock.Now), memory.NewMessageStore(), memory.NewGatewayBus()
	notices := eventqueue.NewNotices(discardEvents{}, log)
	announcer := messages.NewAnnouncer(discardEvents{}, store, log)
	runInBackground(t, notices.Run, announcer.Run)

	tokens := testTokens{clock}
	life := users.Lifetimes{Access: accessLife, Refresh: refreshLife}
	mint := users.NewTokenMint(tokens, tokens, life)
	presence := memory.NewPresence(clock.Now)
	system := chats.System{Clock: clock.Now, UUIDs: newUUID}
	seqlog := messages.NewSequencedLog(store, entries, newEntropy, announcer, log)

	handler, err := httpapi.NewHandler(cfg, log, prometheus.NewRegistry(), tokens,
		httpapi.UserRoutes(httpapi.UserUseCases{
			Register:       users.NewRegister(store, plainPasswords{}, mint, newUUID, clock.Now),
			Login:          users.NewLogin(store, store, plainPasswords{}, mint, newUUID, clock.Now),
			Refresh:        users.NewRefresh(store, store, bus, mint, clock.Now),
			Logout:         users.NewLogout(store, bus, mint),
			LogoutAll:      users.NewLogoutAll(store, bus, life),
			GetMe:          users.NewGetMe(store),
			UpdateMe:       users.NewUpdateMe(store),
			ChangePassword: users.NewChangePassword(store, plainPasswords{}, bus, life),
			ListSessions:   users.NewListSessions(store, clock.Now),
			RevokeSession:  users.NewRevokeSession(store, bus, life),
			LookupUsers:    users.NewLookupUsers(store),
			SearchUsers:    users.NewSearchUsers(store),
		}),
		httpapi.ChatRoutes(httpapi.ChatUseCases{
			CreateDM:           chats.NewCreateDM(store, store, store, notices, system),
			CreateGroup:        chats.NewCreateGroup(store, store, store, notices, system),
			ListConversations:  chats.NewListConversations(store),
			GetConversation:    chats.NewGetConversation(store),
			RenameConversation: chats.NewRenameConversation(store, store, notices),
			ListMembers:        chats.NewListMembers(store, presence),
			RemoveMember:       chats.NewRemoveMember(store, notices),
			LeaveConversations: chats.NewLeaveConversations(chats.NewRemoveMember(store, notices)),
			SetRole:            chats.NewSetRole(store, store, presence, notices),
			InviteMember:       chats.NewInviteMember(store, notices, system),
			JoinConversation:   chats.NewJoinConversation(store, store, notices, clock.Now),
			ListInvites:        chats.NewListInvites(store),
			DeclineInvite:      chats.NewDeclineInvite(store, clock.Now),
		}),
		httpapi.MessageRoutes(httpapi.MessageUseCases{
			Send:     messages.NewSend(seqlog, announcer),
			History:  messages.NewHistory(store, entries),
			Get:      messages.NewGet(store, entries),
			MarkRead: messages.NewMarkRead(store, notices),
		}),
	)
	require.NoError(t, err)
	return &world{t, handler, clock, store}
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send makes a request; body is JSON text, or a value to encode, or nil for none. The answer is checked against the
// document.
func (w *world) send(method, path, token string, body any, change ...func(*http.Request)) answer {
	w.t.Helper()
	var b io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		b = strings.NewReader(body)
	default:
		encoded, err := json.Marshal(body)
		require.NoError(w.t, err)
		b = bytes.NewReader(encoded)
	}
	r := httptest.NewRequest(method, path, b)
	if b != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, c := range change {
		c(r)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	a := answer{rec.Code, rec.Header(), rec.Body.Bytes()}
	checkDocumented(w.t, r, a)
	return a
}

// into decodes a successful answer of a status.
func into[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	require.Equal(t, status, a.status, string(a.body))
	var v T
	require.NoError(t, json.Unmarshal(a.body, &v))
	return v
}

// object is a JSON object of an answer.
type object map[string]any

func (o object) text(name string) string { return o[name].(string) }
func (o object) number(name string) int  { return int(o[name].(float64)) }

// problem is an error answer.
type problem struct {
	Code   string
	Detail string
	Errors []struct{ Field, Code, Detail string }
}

func (a answer) requireProblem(t *testing.T, status int, code string) problem {
	t.Helper()
	p := into[problem](t, a, status)
	require.Equal(t, code, p.Code, p.Detail)
	return p
}

// requireField checks that the answer names exactly one field at fault.
func (a answer) requireField(t *testing.T, field, code string) {
	t.Helper()
	p := a.requireProblem(t, http.StatusUnprocessableEntity, "validation_failed")
	require.Len(t, p.Errors, 1, p.Detail)
	require.Equal(t, field, p.Errors[0].Field)
	require.Equal(t, code, p.Errors[0].Code)
	require.NotEmpty(t, p.Errors[0].Detail)
}

// account is a user who is signed in.
type account struct {
	w              *world
	id, name       string
	token, refresh string
}

const password = "correct horse"

// register makes an account called name and signs it in.
func (w *world) register(name string) account {
	w.t.Helper()
	body := object{"email": name + "@example.com", "password": password, "username": name}
	return w.signedIn(w.send("POST", "/api/users/auth/register", "", body), http.StatusCreated)
}

func (w *world) login(name string, change ...func(*http.Request)) account {
	w.t.Helper()
	body := object{"email": name + "@example.com", "password": password}
	return w.signedIn(w.send("POST", "/api/users/auth/login", "", body, change...), http.StatusOK)
}

func (w *world) signedIn(a answer, status int) account {
	w.t.Helper()
	s := into[struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		User         object
	}](w.t, a, status)
	return account{w: w, id: s.User.text("user_id"), name: s.User.text("username"), token: s.AccessToken, refresh: s.RefreshToken}
}

func (a account) get(path string) answer { a.w.t.Helper(); return a.w.send("GET", path, a.token, nil) }
func (a account) delete(path string) answer {
	a.w.t.Helper()
	return a.w.send("DELETE", path, a.token, nil)
}

func (a account) post(path string, body any) answer {
	a.w.t.Helper()
	return a.w.send("POST", path, a.token, body)
}

func (a account) patch(path string, body any) answer {
	a.w.t.Helper()
	return a.w.send("PATCH", path, a.token, body)
}

func (a account) put(path string, body any) answer {
	a.w.t.Helper()
	return a.w.send("PUT", path, a.token, body)
}

// group makes a group of the caller and the members and returns its id.
func (a account) group(members ...account) string {
	a.w.t.Helper()
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.id
	}
	g := into[object](a.w.t, a.post("/api/chats/conversations/group", object{"title": "Team Chat", "member_ids": ids}), http.StatusCreated)
	return g.text("conversation_id")
}

// dm opens the direct conversation with another user and returns its id.
func (a account) dm(other account) string {
	a.w.t.Helper()
	res := a.post("/api/chats/conversations/dm", object{"other_user_id": other.id})
	require.Less(a.w.t, res.status, 300)
	return into[object](a.w.t, res, res.status).text("conversation_id")
}

// say sends a message and returns it.
func (a account) say(conversation, text string) object {
	a.w.t.Helper()
	body := object{"client_msg_id": rand.Text(), "body": text}
	return into[object](a.w.t, a.post(messagesPath(conversation), body), http.StatusCreated)
}

// awaitSettled waits until a conversation is settled up to seq, which happens in the background, and returns it.
func (a account) awaitSettled(conversation string, seq int) object {
	a.w.t.Helper()
	tick, timeout := time.NewTicker(5*time.Millisecond), time.After(5*time.Second)
	defer tick.Stop()
	for {
		c := into[object](a.w.t, a.get(conversationPath(conversation)), http.StatusOK)
		if c.number("settled_seq") == seq {
			return c
		}
		select {
		case <-tick.C:
		case <-timeout:
			require.FailNow(a.w.t, "not settled in time", "seq %d: %v", seq, c)
		}
	}
}

func conversationPath(id string) string { return "/api/chats/conversations/" + id }
func messagesPath(id string) string     { return "/api/messages/conversations/" + id + "/messages" }

type manualClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manualClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newUUID() string { return uuid.Must(uuid.NewV7()).String() }

func newEntropy() (e domain.MessageIDEntropy) {
	_, _ = rand.Read(e[:]) // never fails
	return e
}
