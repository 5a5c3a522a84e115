package simulation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"chatsystem/application/chats"
	"chatsystem/domain"
)

// requestTimeout is how long a service works on a request.
const requestTimeout = 10 * time.Second

// errGone is what a client hears when its request ends with the connection.
var errGone = errors.New("simulated: connection lost")

// visit is a request at the service it reached.
type visit struct {
	*process

	ctx context.Context
}

// request is a call of a client that is not answered yet.
type request struct {
	id     int
	name   string
	on     *process
	done   bool // the service has answered; the answer is under way
	answer func()
	fail   func()
}

// ask sends a request to an instance of a service; reply is called with the answer, at once if there is nobody to ask.
func ask[T any](c *client, name string, at kind, serve func(visit) (T, error), reply func(T, error)) {
	w := c.w
	var none T
	p := w.instance(at)
	if p == nil {
		reply(none, errGone)
		return
	}
	w.asked++
	r := &request{id: w.asked, name: c.name + " " + name, on: p, fail: func() { reply(none, errGone) }}
	w.requests = append(w.requests, r)
	go func() {
		ctx, cancel := context.WithTimeout(withTag(p.ctx, fmt.Sprintf("for %s %s, %d", c.name, name, r.id)), requestTimeout)
		defer cancel()
		out, err := serve(visit{p, ctx})
		w.mu.Lock()
		defer w.mu.Unlock()
		r.done, r.answer = !p.dead, func() { reply(out, err) }
	}()
}

// answered returns the requests whose answers are under way, and those whose service has died.
func (w *world) answered() (ready, broken []*request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.requests {
		switch {
		case r.on.dead:
			broken = append(broken, r)
		case r.done:
			ready = append(ready, r)
		}
	}
	byID := func(a, b *request) int { return cmp.Compare(a.id, b.id) }
	slices.SortFunc(ready, byID)
	slices.SortFunc(broken, byID)
	return ready, broken
}

// end takes a request out, with its answer or without.
func (w *world) end(r *request, answer bool) {
	w.requests = slices.DeleteFunc(w.requests, func(other *request) bool { return other == r })
	if answer {
		r.answer()
		return
	}
	r.fail()
}

// listAll pages through the list of conversations.
func (r visit) listAll(user domain.UserID) ([]domain.ConversationView, error) {
	var all []domain.ConversationView
	limit := 20
	in := chats.ListInput{Viewer: user, Limit: &limit}
	for {
		page, err := r.chats.list.Execute(r.ctx, in)
		if err != nil {
			return nil, err
		}
		if all = append(all, page.Conversations...); page.Next == "" {
			return all, nil
		}
		in.Cursor = page.Next
	}
}
