package postgres

import (
	"database/sql/driver"
	"fmt"
	"time"

	"chatsystem/domain"
)

// moment is a time as the tables keep it: to the millisecond, read back in UTC. The zero time is NULL.
type moment struct{ time.Time }

// Value returns the time, or NULL.
func (m moment) Value() (driver.Value, error) {
	if m.IsZero() {
		return nil, nil
	}
	return domain.StoredTime(m.Time), nil
}

// Scan reads what Value returned.
func (m *moment) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m = moment{}
	case time.Time:
		*m = moment{v.UTC()}
	default:
		return fmt.Errorf("postgres: a time is stored as %T", src)
	}
	return nil
}
