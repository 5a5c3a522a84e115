package domain

// Trace is a place in a trace, in the form of a W3C traceparent header: the trace and the step in it that what follows
// belongs to. The empty Trace is none. It travels beside what is sent between services, never to clients.
type Trace string

// ParseTrace returns the place that a traceparent names; none if it is malformed or of a version other than 00.
func ParseTrace(traceparent string) Trace {
	const form = "00-................................-................-.."
	if len(traceparent) != len(form) {
		return ""
	}
	for i := range len(form) {
		if c := traceparent[i]; form[i] == '.' && !isLowerHex(c) || form[i] != '.' && form[i] != c {
			return ""
		}
	}
	t := Trace(traceparent)
	if isZeros(t.ID()) || isZeros(t.Step()) {
		return ""
	}
	return t
}

// ID returns the trace's id, 32 hexadecimal digits; "" if there is none.
func (t Trace) ID() string { return t.part(3, 35) }

// Step returns the id of the step, 16 hexadecimal digits; "" if there is none.
func (t Trace) Step() string { return t.part(36, 52) }

// Recorded tells whether somebody chose to record the trace: whoever goes on with it does, too.
func (t Trace) Recorded() bool {
	switch t.part(54, 55) {
	case "1", "3", "5", "7", "9", "b", "d", "f":
		return true
	}
	return false
}

func (t Trace) part(from, to int) string {
	if len(t) < to {
		return ""
	}
	return string(t[from:to])
}

func isLowerHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }

func isZeros(digits string) bool {
	for i := range len(digits) {
		if digits[i] != '0' {
			return false
		}
	}
	return true
}
