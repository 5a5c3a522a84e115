package socketio

// LeaveTimeout is how long a client has to fetch its goodbye.
const LeaveTimeout = leaveTimeout
