//go:build integration

package dynamo_test

import (
	"cmp"
	"context"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/dynamo"
	"chatsystem/ports/portstest"
)

// endpoint is where the tests' DynamoDB Local listens.
func endpoint() string {
	return cmp.Or(os.Getenv("DYNAMODB_ENDPOINT"), "http://127.0.0.1:18000") //nolint:forbidigo // where the test servers are
}

// newConfig names a table of the test's own that does not exist yet; it is dropped afterwards.
func newConfig(t testing.TB) dynamo.Config {
	t.Helper()
	c := dynamo.Config{Endpoint: endpoint(), Region: "us-east-1", Table: "test-" + portstest.NewUUID()}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		_, _ = rawClient().DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &c.Table}) // not every test made it
	})
	return c
}

// openTable returns a store on a new table.
func openTable(t testing.TB, options ...func(*dynamodb.Options)) *dynamo.MessageStore {
	t.Helper()
	s := openStore(t, newConfig(t), options...)
	require.NoError(t, s.EnsureTable(t.Context()), "no DynamoDB Local: start it with scripts/infra up")
	return s
}

func openStore(t testing.TB, c dynamo.Config, options ...func(*dynamodb.Options)) *dynamo.MessageStore {
	t.Helper()
	s, err := dynamo.OpenWith(t.Context(), c, options...)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// rawClient sees the tables as they are. Its credentials are others than the store's: the engine runs with one database
// for all.
func rawClient() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(endpoint()), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}
