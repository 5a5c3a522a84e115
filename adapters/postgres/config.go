package postgres

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Config is where the database is and how it is used.
type Config struct {
	// DSN is a connection URL or a keyword/value string, as libpq takes it.
	DSN string
	// MaxConns bounds the connections of this process; 0 means defaultMaxConns.
	MaxConns int
}

const (
	defaultMaxConns = 16
	connMaxLifetime = 30 * time.Minute // so that a failover or another replica is found by and by
	connMaxIdleTime = 5 * time.Minute
	connectTimeout  = 2 * time.Second

	// defaultTimeout bounds a call whose context has no deadline.
	defaultTimeout = 5 * time.Second
	// statementTimeout is when the server itself gives a statement up, in case nobody is left to cancel it.
	statementTimeout = 15 * time.Second
	// idleTimeout is when the server gives up a transaction whose process has frozen with a conversation locked.
	idleTimeout = 10 * time.Second
)

// Validate reports what is wrong with the settings. It does not show the DSN, which may hold a password.
func (c Config) Validate() error {
	var faults []error
	if c.DSN == "" {
		faults = append(faults, errors.New("postgres: dsn is required"))
	} else if _, err := pgx.ParseConfig(c.DSN); err != nil {
		faults = append(faults, errors.New("postgres: dsn is no connection string"))
	}
	if c.MaxConns < 0 {
		faults = append(faults, fmt.Errorf("postgres: max conns must not be negative, is %d", c.MaxConns))
	}
	return errors.Join(faults...)
}

func (c Config) maxConns() int {
	if c.MaxConns == 0 {
		return defaultMaxConns
	}
	return c.MaxConns
}

// connection returns the settings of every connection. What the DSN says goes before what is added here.
func (c Config) connection(params map[string]string) (*pgx.ConnConfig, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	conn, err := pgx.ParseConfig(c.DSN)
	if err != nil {
		return nil, fmt.Errorf("postgres: dsn: %w", err)
	}
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = connectTimeout
	}
	for name, value := range params {
		if _, set := conn.RuntimeParams[name]; !set {
			conn.RuntimeParams[name] = value
		}
	}
	return conn, nil
}

// serviceParams are the server's settings for the connections of a service.
func serviceParams() map[string]string {
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	return map[string]string{
		"statement_timeout":                   ms(statementTimeout),
		"idle_in_transaction_session_timeout": ms(idleTimeout),
	}
}
