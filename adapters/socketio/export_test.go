package socketio

// LeaveTimeout is how long a client has to fetch its goodbye.
const LeaveTimeout = leaveTimeout

// How long hops may take.
const (
	HopDialTimeout   = hopDialTimeout
	HopAnswerTimeout = hopAnswerTimeout
	HopSlack         = hopSlack
)
