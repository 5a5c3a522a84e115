package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"chatsystem/adapters/memory"
	"chatsystem/domain"
)

// world is one run: the services, what they stand on, their clients, and the driver that decides what happens next.
// Everything but the scheduler and the notes is the driver's, and the one goroutine's that it lets run.
type world struct {
	scheduler

	seed    uint64
	rng     *rand.Rand // the only source of chance; the driver's alone
	bug     bug
	weather weather
	calm    bool // no more faults: everything heals
	ctx     context.Context

	postgres *memory.Store
	table    *table
	redis    *redisServer
	kafka    *broker
	down     map[string]time.Time // parts that do not answer, and until when

	alive    []*process // by slot; nil is down
	runs     []int
	requests []*request
	late     []lateEffect
	links    []*link
	clients  []*client
	people   []domain.UserID
	emails   map[domain.UserID]string

	model         *model
	drafts, asked int
	ticks         int
	connections   int
	server        int // the state of the server: grows with every restore

	notes      sync.Mutex
	violations []violation
	trace      trace
	stats      stats
}

// lateEffect is a call that takes effect after its caller gave it up.
type lateEffect struct {
	*call

	happen func()
}

const password = "correct horse battery"

func newWorld(ctx context.Context, seed uint64, b bug) *world {
	w := &world{
		seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), bug: b, ctx: ctx,
		alive: make([]*process, len(slots)), runs: make([]int, len(slots)),
		down: map[string]time.Time{}, emails: map[domain.UserID]string{}, stats: stats{},
		redis: newRedisServer(), kafka: &broker{fromLast: b.fromLast}, table: newTable(),
	}
	w.weather = drawWeather(w.rng)
	w.model = newModel(w)
	w.furnish()
	for slot, k := range slots {
		if k != workerKind || w.weather.workersFrom == 0 {
			w.start(slot)
		}
	}
	w.kafka.rebalance(w.rng.IntN)
	for i, u := range []int{0, 0, 1, 2, 3} {
		w.clients = append(w.clients, newClient(w, fmt.Sprintf("%c%d", 'a'+u, i), w.people[u]))
	}
	synctest.Wait()
	return w
}

// furnish fills an empty database with people and groups, the same every time: this is also what a backup holds.
func (w *world) furnish() {
	w.postgres = memory.NewStore(time.Now)
	w.people = nil
	for i := range 4 {
		w.people = append(w.people, w.addUser(i))
	}
	w.addGroup(1, w.people...)
	w.addGroup(2, w.people[:3]...)
	if w.weather.moody { // a group whose only member may leave before somebody accepts
		w.addGroup(4, w.people[3])
		w.addInvite(100, 4, w.people[3], w.people[0])
	}
	if w.weather.crowded { // a group with one place left, for which two are invited
		crowd := []domain.UserID{w.people[0]}
		for i := range domain.MaxActiveMembers - 2 {
			crowd = append(crowd, w.addUser(10+i))
		}
		w.addGroup(3, crowd...)
		for i, u := range w.people[1:] {
			w.addInvite(i, 3, w.people[0], u)
		}
	}
}

func (w *world) addUser(n int) domain.UserID {
	now := time.Now()
	id := domain.UserID(uuid(0xaaaa, 0, n))
	email := fmt.Sprintf("user%d@example.org", n)
	u := domain.User{ID: id, Email: email, Username: fmt.Sprintf("user %d", n), PasswordHash: password, CreatedAt: domain.StoredTime(now)}
	s := domain.Session{ID: domain.SessionID(uuid(0xbbbb, 0, n)), UserID: id, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	first := domain.RefreshToken{Hash: domain.TokenHash{byte(n)}, SessionID: s.ID, IssuedAt: now, ExpiresAt: s.ExpiresAt}
	must(w.postgres.CreateUser(w.ctx, u, s, first))
	w.emails[id] = email
	return id
}

func (w *world) addGroup(n int, members ...domain.UserID) {
	g, err := domain.NewGroup(domain.ConversationID(uuid(0xcccc, 0, n)), fmt.Sprintf("group %d", n), members[0], members, time.Now())
	must(err)
	must(w.postgres.CreateGroup(w.ctx, g))
	w.model.changed(g.Snapshot())
}

func (w *world) addInvite(n, group int, by, user domain.UserID) {
	i := domain.NewInvite(domain.InviteID(uuid(0xdddd, 0, n)), domain.ConversationID(uuid(0xcccc, 0, group)), user, by, time.Now())
	_, _, err := w.postgres.OpenInvite(w.ctx, i, func(*domain.Conversation) error { return nil })
	must(err)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// instance returns a living instance of a service; nil if there is none.
func (w *world) instance(k kind) *process {
	var living []*process
	for _, p := range w.alive {
		if p != nil && p.kind == k {
			living = append(living, p)
		}
	}
	if len(living) == 0 {
		return nil
	}
	return pick(w.rng, living)
}

func (w *world) happensLater(c *call, effect func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = append(w.late, lateEffect{c, effect})
}

// takeLate takes a late effect out of the list.
func (w *world) takeLate() lateEffect {
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.SortStableFunc(w.late, func(a, b lateEffect) int { return a.compare(b.call) })
	i := w.rng.IntN(len(w.late))
	e := w.late[i]
	w.late = slices.Delete(w.late, i, i+1)
	return e
}

// seen counts something that happened, for the statistics.
func (w *world) seen(what string) {
	w.notes.Lock()
	defer w.notes.Unlock()
	w.stats[what]++
}

// stop ends all processes: what they still do reaches nothing.
func (w *world) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.alive {
		if p != nil {
			p.dead = true
		}
	}
}

func (w *world) broken() bool {
	w.notes.Lock()
	defer w.notes.Unlock()
	return len(w.violations) > 0
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }
