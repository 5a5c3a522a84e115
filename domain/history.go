package domain

// HistoryQuery asks for one page of a conversation's log. Exactly one of the three places counts.
type HistoryQuery struct {
	Direction Direction
	From      Seq // exclusive: after_seq or before_seq; unused for Latest
	Limit     int // messages; voids are not counted
}

// Direction says which way a page reads from its place.
type Direction int

// The directions.
const (
	Forward  Direction = iota // above From, oldest first
	Backward                  // below From, the newest of them
	Latest                    // the newest there are
)

// NewHistoryQuery validates the places and the limit of a page; nil means "not given". Without a place the page is the
// first one.
func NewHistoryQuery(afterSeq, beforeSeq *int64, latest *bool, limit *int) (HistoryQuery, error) {
	q := HistoryQuery{Limit: DefaultPageLimit}
	given := 0
	if afterSeq != nil {
		given++
		if *afterSeq < 0 || Seq(*afterSeq) > MaxSeq {
			return q, Invalid("after_seq", "range", "after_seq must be 0 to %d.", MaxSeq)
		}
		q.From = Seq(*afterSeq)
	}
	if beforeSeq != nil {
		given++
		if *beforeSeq < 1 || Seq(*beforeSeq) > MaxSeq {
			return q, Invalid("before_seq", "range", "before_seq must be 1 to %d.", MaxSeq)
		}
		q.Direction, q.From = Backward, Seq(*beforeSeq)
	}
	if latest != nil {
		given++
		if !*latest {
			return q, Invalid("latest", "range", "latest can only be true.")
		}
		q.Direction = Latest
	}
	if given > 1 {
		return q, Invalid("after_seq", "exclusive", "Give only one of after_seq, before_seq and latest.")
	}
	if limit != nil {
		if *limit < 1 || *limit > MaxPageLimit {
			return q, Invalid("limit", "range", "limit must be 1 to %d.", MaxPageLimit)
		}
		q.Limit = *limit
	}
	return q, nil
}

// HistoryPage is a part of the log without holes: First ≤ every message's seq < Next, and every seq in between is a
// message of the page or a void.
type HistoryPage struct {
	Messages []Pointer // ascending by seq
	HasMore  bool      // settled messages follow in the direction of the query
	First    Seq       // the lowest seq covered
	Next     Seq       // the first seq above what is covered
}
