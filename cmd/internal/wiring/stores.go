package wiring

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"chatsystem/adapters/dynamo"
	"chatsystem/adapters/postgres"
	"chatsystem/adapters/sqlite"
	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/verify"
)

// StoresInFile opens the database of the one-process build to be checked: for reading only, or, to be repaired too, under the
// lock that a running server holds. The caller calls closing.
func StoresInFile(ctx context.Context, path string, repair bool) (s verify.Stores, closing func() error, err error) {
	cfg := sqlite.Config{Path: path}
	if !repair {
		db, err := sqlite.OpenReadOnly(ctx, cfg)
		if err != nil {
			return s, nil, err
		}
		return verify.Stores{Records: db, Entries: db, File: db}, db.Close, nil
	}
	lock, err := sqlite.LockDir(filepath.Dir(path))
	if err != nil {
		return s, nil, fmt.Errorf("a repair needs the server to be stopped: %w", err)
	}
	db, err := sqlite.Open(ctx, cfg, time.Now, newEntropy)
	if err != nil {
		return s, nil, errors.Join(err, lock.Unlock())
	}
	return verify.Stores{Records: db, Entries: db, File: db}, func() error { return errors.Join(db.Close(), lock.Unlock()) }, nil
}

// StoresOfServices opens what the five services share, to be checked and repaired. The caller calls closing.
func StoresOfServices(ctx context.Context, cfg config.Stores) (s verify.Stores, closing func() error, err error) {
	db, err := postgres.Open(cfg.PostgresConfig(), time.Now)
	if err != nil {
		return s, nil, err
	}
	if err := db.CheckSchema(ctx); err != nil {
		return s, nil, errors.Join(err, db.Close())
	}
	store, err := dynamo.Open(ctx, cfg.DynamoConfig())
	if err != nil {
		return s, nil, errors.Join(err, db.Close())
	}
	closing = func() error {
		store.Close()
		return db.Close()
	}
	return verify.Stores{Records: db, Entries: store, Voids: store}, closing, nil
}
