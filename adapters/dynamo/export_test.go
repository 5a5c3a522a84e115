package dynamo

// OpenWith is Open with more options for the client: tests watch and bend its requests.
var OpenWith = open

// Table returns the name of the store's table.
func (s *MessageStore) Table() string { return *s.table }
