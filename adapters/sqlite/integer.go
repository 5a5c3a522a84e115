package sqlite

import "fmt"

// integer and flag are scanned without reflection, which database/sql uses for a plain int64 and bool.
type (
	integer int64
	flag    bool
)

// Scan implements sql.Scanner.
func (n *integer) Scan(src any) error {
	v, ok := src.(int64)
	if !ok {
		return fmt.Errorf("sqlite: an integer is stored as %T", src)
	}
	*n = integer(v)
	return nil
}

// Scan implements sql.Scanner.
func (f *flag) Scan(src any) error {
	var n integer
	err := n.Scan(src)
	*f = n != 0
	return err
}
