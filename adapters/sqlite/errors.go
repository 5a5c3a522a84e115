package sqlite

import (
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	"chatsystem/domain"
)

// code returns SQLite's extended result code of an error, 0 if it is not SQLite's.
func code(err error) int {
	var failed interface {
		error
		Code() int // of *sqlite.Error
	}
	if errors.As(err, &failed) {
		return failed.Code()
	}
	return 0
}

// isUnique tells whether a statement hit a UNIQUE column; a doubled primary key does not count, ids are never made twice.
func isUnique(err error) bool { return code(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE }

// isPrimaryKey tells whether a row of that key is there already.
func isPrimaryKey(err error) bool { return code(err) == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY }

// isForeignKey tells whether a statement referred to a row that is not there.
func isForeignKey(err error) bool { return code(err) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY }

// translate marks what is wrong with the machine rather than with the statement as domain.ErrUnavailable, and a full disk
// as domain.ErrStorageFull; what is wrong with the file itself is ErrDamaged.
func translate(err error) error {
	switch code(err) & 0xff {
	case sqlite3.SQLITE_FULL:
		return marked(err, domain.ErrStorageFull)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL:
		return unavailable(err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		if !errors.Is(err, ErrDamaged) {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return err
}

// unavailable makes err match domain.ErrUnavailable, unless it says more exactly what is wrong with the machine.
func unavailable(err error) error {
	if errors.Is(err, domain.ErrStorageFull) {
		return err
	}
	return marked(err, domain.ErrUnavailable)
}

func marked(err error, fault *domain.Fault) error {
	if errors.Is(err, fault) {
		return err
	}
	return fmt.Errorf("%w: %w", fault, err)
}
