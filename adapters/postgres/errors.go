package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"chatsystem/domain"
)

// The conditions of Postgres (SQLSTATE) that are told apart.
const (
	uniqueViolation      = "23505"
	foreignKeyViolation  = "23503"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	readOnlyTransaction  = "25006" // connected to a standby
	lockNotAvailable     = "55P03"
	idleInTransaction    = "25P03" // the server gave this transaction up
)

// unavailableClasses are the first two characters of conditions that are about the server, not about the statement.
var unavailableClasses = map[string]bool{
	"08": true, // connection exception
	"53": true, // insufficient resources: disk, memory, connections
	"57": true, // operator intervention: shutdown, starting up, statement timeout
	"58": true, // system error: I/O
}

// condition returns the SQLSTATE of an error, "" if it does not come from the server.
func condition(err error) string {
	var failed *pgconn.PgError
	if errors.As(err, &failed) {
		return failed.Code
	}
	return ""
}

// isUnique tells whether a statement hit the unique constraint of this name.
func isUnique(err error, constraint string) bool {
	var failed *pgconn.PgError
	return errors.As(err, &failed) && failed.Code == uniqueViolation && failed.ConstraintName == constraint
}

// isForeignKey tells whether a statement referred to a row that is not there.
func isForeignKey(err error) bool { return condition(err) == foreignKeyViolation }

// isGivenUp tells whether the server undid a transaction only because of others that ran beside it.
func isGivenUp(err error) bool {
	code := condition(err)
	return code == serializationFailure || code == deadlockDetected
}

// translate marks what is wrong with the server or the way to it as domain.ErrUnavailable. A context that has ended
// stays what it is.
func translate(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case isDown(err):
		return unavailable(err)
	}
	return err
}

func isDown(err error) bool {
	switch code := condition(err); {
	case code == serializationFailure, code == deadlockDetected, code == readOnlyTransaction, code == lockNotAvailable,
		code == idleInTransaction:
		return true
	case code != "":
		return unavailableClasses[code[:2]]
	}
	var connect *pgconn.ConnectError
	var network net.Error
	for _, sign := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, sign) {
			return true
		}
	}
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err)
}

// unavailable makes err match domain.ErrUnavailable.
func unavailable(err error) error {
	if errors.Is(err, domain.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", domain.ErrUnavailable, err)
}
