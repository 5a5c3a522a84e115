package simulation

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing/synctest"
	"time"

	"chatsystem/application/chats"
	"chatsystem/application/eventqueue"
	"chatsystem/application/fanout"
	"chatsystem/application/messages"
	"chatsystem/application/users"
	"chatsystem/domain"
	"chatsystem/ports"
)

// kind is one of the five services.
type kind string

const (
	userKind    kind = "user"
	chatKind    kind = "chat"
	messageKind kind = "message"
	gatewayKind kind = "gateway"
	workerKind  kind = "worker"
)

// slots lists the instances of every service.
var slots = []kind{userKind, userKind, chatKind, chatKind, messageKind, messageKind, gatewayKind, gatewayKind, workerKind, workerKind}

// process is one run of one instance. It ends by a crash: then nothing it does reaches the world any more.
type process struct {
	w      *world
	kind   kind
	slot   int
	run    int
	ctx    context.Context
	cancel context.CancelFunc
	dead   bool // guarded by scheduler.mu

	chance sync.Mutex
	rng    *rand.Rand
	ids    int

	users    *userService
	chats    *chatService
	messages *messageService
	gateway  *gatewayService
}

func (p *process) String() string { return fmt.Sprintf("%s%d.%d", p.kind, p.slot%2+1, p.run) }

// quiet is the log of every process: the trace tells what happened.
var quiet = slog.New(slog.DiscardHandler)

// start runs a new process in a slot.
func (w *world) start(slot int) *process {
	w.runs[slot]++
	p := &process{w: w, kind: slots[slot], slot: slot, run: w.runs[slot]}
	p.rng = rand.New(rand.NewPCG(w.seed, uint64(slot)<<32+uint64(p.run)))
	p.ctx, p.cancel = context.WithCancel(w.ctx)
	w.alive[slot] = p
	switch p.kind {
	case userKind:
		p.users = newUserService(p)
	case chatKind:
		p.chats = newChatService(p)
	case messageKind:
		p.messages = newMessageService(p)
	case gatewayKind:
		p.gateway = newGatewayService(p)
	case workerKind:
		newWorker(p)
	}
	return p
}

// crash ends a process at once, wherever it is.
func (w *world) crash(p *process) {
	w.mu.Lock()
	p.dead = true
	w.mu.Unlock()
	p.cancel()
	synctest.Wait() // its goroutines run to their ends, and reach nothing
	w.alive[p.slot] = nil
	if p.gateway != nil {
		p.gateway.vanish()
	}
}

// background starts a part of a process, at an instant of its own.
func (p *process) background(run func(context.Context)) {
	p.w.tick()
	go run(p.ctx)
}

// every runs step again and again, a pause after each.
func (p *process) every(pause time.Duration, step func(context.Context)) {
	p.background(func(ctx context.Context) {
		for ctx.Err() == nil {
			p.sleep(ctx, pause+p.jitter(pause/4))
			step(ctx)
		}
	})
}

func (p *process) sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// uuid implements ports.UUIDs.
func (p *process) uuid() string {
	p.chance.Lock()
	defer p.chance.Unlock()
	p.ids++
	return uuid(p.slot+1, p.run, p.ids)
}

// uuid returns an id in canonical form that no other three numbers have.
func uuid(a, b, c int) string {
	return fmt.Sprintf("%04x%04x-0000-7000-8000-%012x", a, b, c)
}

// jitter implements ports.Jitter.
func (p *process) jitter(d time.Duration) time.Duration {
	p.chance.Lock()
	defer p.chance.Unlock()
	return time.Duration(p.rng.Int64N(int64(d)))
}

// entropy implements ports.Entropy.
func (p *process) entropy() (e domain.MessageIDEntropy) {
	p.chance.Lock()
	defer p.chance.Unlock()
	p.ids++
	copy(e[:], []byte{byte(p.slot), byte(p.run >> 8), byte(p.run), byte(p.ids >> 8), byte(p.ids)})
	return e
}

// userService is the user service as the simulation needs it: who signs in and out.
type userService struct {
	login   *users.Login
	refresh *users.Refresh
	logout  *users.Logout
}

// lifetimes of tokens are short, so that they run out within a run.
var lifetimes = users.Lifetimes{Access: 3 * time.Minute, Refresh: time.Hour}

func newUserService(p *process) *userService {
	db, secrets := database{p.w.postgres, p}, credentials{p}
	announcements := users.NewAnnouncements(redis{p}, time.Now, quiet)
	p.background(announcements.Run)
	mint := users.NewTokenMint(secrets, secrets, lifetimes)
	return &userService{
		login:   users.NewLogin(db, db, secrets, mint, p.uuid, time.Now),
		refresh: users.NewRefresh(db, db, announcements, mint, time.Now),
		logout:  users.NewLogout(db, announcements, mint),
	}
}

type chatService struct {
	createDM *chats.CreateDM
	invite   *chats.InviteMember
	invites  *chats.ListInvites
	join     *chats.JoinConversation
	remove   *chats.RemoveMember
	setRole  *chats.SetRole
	list     *chats.ListConversations
	get      *chats.GetConversation
}

func newChatService(p *process) *chatService {
	db := database{p.w.postgres, p}
	invites := wrap(p.w.bug.invites, p, ports.InviteStore(db))
	conversations := wrap(p.w.bug.conversations, p, ports.ConversationStore(db))
	notices := eventqueue.NewNotices(publisher{p}, quiet)
	p.background(notices.Run)
	system := chats.System{Clock: time.Now, UUIDs: p.uuid}
	return &chatService{
		createDM: chats.NewCreateDM(db, db, db, notices, system),
		invite:   chats.NewInviteMember(invites, notices, system),
		invites:  chats.NewListInvites(invites),
		join:     chats.NewJoinConversation(invites, db, notices, time.Now),
		remove:   chats.NewRemoveMember(conversations, notices),
		setRole:  chats.NewSetRole(conversations, db, redis{p}, notices),
		list:     chats.NewListConversations(db),
		get:      chats.NewGetConversation(db),
	}
}

type messageService struct {
	send    *messages.Send
	history *messages.History
	get     *messages.Get
	read    *messages.MarkRead
}

func newMessageService(p *process) *messageService {
	db := database{p.w.postgres, p}
	seqs := wrap(p.w.bug.allocations, p, ports.Allocations(db))
	store := wrap(p.w.bug.store, p, ports.MessageStore(messageStore{p}))
	heads := wrap(p.w.bug.heads, p, ports.HeadReader(db))
	events := publisher{p}
	announcer := messages.NewAnnouncer(events, seqs, quiet)
	log := messages.NewSequencedLog(seqs, store, p.entropy, announcer, quiet)
	reconcile := messages.NewReconcile(seqs, store, wrap(p.w.bug.resolver, p, messages.Resolver(log)), events, seqs, quiet)
	notices := eventqueue.NewNotices(events, quiet)
	p.background(announcer.Run)
	p.background(notices.Run)
	p.every(time.Second, func(ctx context.Context) { // Reconcile.Run would draw its pauses from the machine's chance
		ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
		defer cancel()
		if n, err := reconcile.Execute(ctx); n > 0 && err == nil {
			p.w.seen("left-over finished by reconcile")
		}
	})
	return &messageService{
		send:    messages.NewSend(log, announcer),
		history: messages.NewHistory(heads, store),
		get:     messages.NewGet(heads, store),
		read:    messages.NewMarkRead(db, notices),
	}
}

func newWorker(p *process) {
	cache := wrap(p.w.bug.cache, p, ports.MembershipCache(redis{p}))
	gateways := wrap(p.w.bug.gateways, p, ports.GatewayPublisher(redis{p}))
	source := wrap(p.w.bug.source, p, ports.EventSource(p.w.kafka.join(p)))
	recipients := fanout.NewRecipients(cache, database{p.w.postgres, p}, quiet)
	p.background(fanout.NewRoute(source, recipients, redis{p}, gateways, time.Now, p.jitter, quiet).Run)
}

// wrap puts what a planted bug has in the place of a part around it.
func wrap[T any](bug func(*process, T) T, p *process, part T) T {
	if bug == nil {
		return part
	}
	return bug(p, part)
}
