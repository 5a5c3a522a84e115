package sqlite

import (
	"database/sql/driver"
	"fmt"
	"time"

	"chatsystem/domain"
)

// moment is a time as the tables keep it: integer milliseconds since 1970 UTC, which sort and compare as they are. The
// zero time is NULL.
type moment struct{ time.Time }

// Value returns the milliseconds, or NULL.
func (m moment) Value() (driver.Value, error) {
	if m.IsZero() {
		return nil, nil
	}
	return domain.StoredTime(m.Time).UnixMilli(), nil
}

func momentOf(milliseconds int64) moment { return moment{time.UnixMilli(milliseconds).UTC()} }

// Scan reads what Value returned.
func (m *moment) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m = moment{}
	case int64:
		*m = momentOf(v)
	default:
		return fmt.Errorf("sqlite: a time is stored as %T", src)
	}
	return nil
}
