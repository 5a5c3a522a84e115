package httpapi

// encodeAll encodes a list; an empty one is [], never null.
func encodeAll[T, U any](list []T, encode func(T) U) []U {
	out := make([]U, len(list))
	for i, v := range list {
		out[i] = encode(v)
	}
	return out
}

// orEmpty returns what an optional text of a request holds.
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
