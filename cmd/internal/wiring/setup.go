package wiring

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"chatsystem/adapters/dynamo"
	"chatsystem/adapters/kafka"
	"chatsystem/adapters/postgres"
	"chatsystem/cmd/internal/config"
)

// setupTimeout bounds Init: a cloud takes a minute to make a table.
const setupTimeout = 3 * time.Minute

// MigrateUp brings the schema up to date, or waits for who is doing so.
func MigrateUp(ctx context.Context, cfg config.Migrate, log *slog.Logger) error {
	return postgres.Migrate(ctx, cfg.PostgresConfig(), log)
}

// MigrationStatus writes the steps of the schema and when they were applied.
func MigrationStatus(ctx context.Context, cfg config.Migrate, log *slog.Logger, w io.Writer) error {
	steps, err := postgres.Migrations(ctx, cfg.PostgresConfig(), log)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range steps {
		applied := "pending"
		if !s.AppliedAt.IsZero() {
			applied = s.AppliedAt.UTC().Format(time.RFC3339)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\n", applied, s.Name) // Flush tells
	}
	return table.Flush()
}

// Init makes the topics and the table that are missing.
func Init(ctx context.Context, cfg config.Init, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	if err := kafka.CreateTopics(ctx, cfg.KafkaConfig("init"), cfg.Replicas); err != nil {
		return err
	}
	log.Info("the topics are there", "brokers", cfg.KafkaBrokers)
	store, err := dynamo.Open(ctx, cfg.DynamoConfig())
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.EnsureTable(ctx); err != nil {
		return err
	}
	log.Info("the table is there", "table", cfg.DynamoTable)
	return nil
}
