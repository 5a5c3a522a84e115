package kafka

import "sync"

// progress knows how far the messages of one partition are dealt with. They are done in any order, but a committed
// offset speaks for all before it: only the finished run from the first on counts. It is safe for concurrent use.
type progress struct {
	mu        sync.Mutex
	unsettled []*delivery // from the first unfinished one on, in the order fetched
	next      int64       // where to resume
	committed int64
}

type delivery struct {
	offset int64
	done   bool
}

// began notes a message as fetched and returns what reports it as done.
func (p *progress) began(offset int64) (done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := &delivery{offset: offset}
	p.unsettled = append(p.unsettled, d)
	return func() { p.finish(d) }
}

func (p *progress) finish(d *delivery) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d.done = true
	for len(p.unsettled) > 0 && p.unsettled[0].done {
		p.next = p.unsettled[0].offset + 1
		p.unsettled = p.unsettled[1:]
	}
}

// due returns where to resume, if that is news to the broker.
func (p *progress) due() (offset int64, news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next, p.next > p.committed
}

// acknowledged notes that the broker knows offset.
func (p *progress) acknowledged(offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.committed = max(p.committed, offset)
}
