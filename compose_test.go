package chatsystem_test

import (
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// compose resolves docker-compose.yml as `docker compose` would, with the given environment alone.
func compose(t *testing.T, profile string, env ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"docker-compose.yml"}, cli.WithEnv(env), cli.WithProfiles([]string{profile}))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

// published returns where the host reaches a service: its own ports and those of the container.
func published(s types.ServiceConfig) map[string]uint32 {
	ports := map[string]uint32{}
	for _, p := range s.Ports {
		ports[p.HostIP+":"+p.Published] = p.Target
	}
	return ports
}

func TestComposeRunsTheServers(t *testing.T) {
	infra := compose(t, "infra")
	require.Equal(t, "chat", infra.Name)
	require.Equal(t, "chat-network", infra.Networks["default"].Name)
	require.ElementsMatch(t, []string{"postgres", "redis", "zookeeper", "kafka", "dynamodb-local"}, infra.ServiceNames())
	for name, s := range infra.Services {
		assert.Regexp(t, `^[a-z0-9/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?$`, s.Image, "%s is pinned by version", name)
		assert.Contains(t, s.Networks, "default", name)
		if assert.NotNil(t, s.HealthCheck, name) {
			assert.NotEmpty(t, s.HealthCheck.Test, name)
		}
		for _, v := range s.Volumes {
			assert.Contains(t, infra.Volumes, v.Source, name)
		}
	}
	require.Equal(t, types.ServiceConditionHealthy, infra.Services["kafka"].DependsOn["zookeeper"].Condition)
	require.Equal(t, "confluentinc/cp-kafka:7.5.0", infra.Services["kafka"].Image)
	require.Equal(t, "confluentinc/cp-zookeeper:7.5.0", infra.Services["zookeeper"].Image)

	require.Empty(t, compose(t, "").Services, "everything has a profile")
}

func TestComposePublishesOnLoopbackAtPortsOfYourChoice(t *testing.T) {
	for name, tc := range map[string]struct {
		env   []string
		ports map[string]map[string]uint32
		kafka string // as Kafka tells clients on the host
	}{
		"the usual ports": {nil, map[string]map[string]uint32{
			"postgres": {"127.0.0.1:5432": 5432}, "redis": {"127.0.0.1:6379": 6379}, "zookeeper": {"127.0.0.1:2181": 2181},
			"kafka": {"127.0.0.1:9092": 9092}, "dynamodb-local": {"127.0.0.1:4566": 8000},
		}, "localhost:9092"},
		"the ports of scripts/infra": {
			[]string{"POSTGRES_PORT=15432", "REDIS_PORT=16379", "ZOOKEEPER_PORT=12181", "KAFKA_PORT=19092", "DYNAMODB_PORT=18000"},
			map[string]map[string]uint32{
				"postgres": {"127.0.0.1:15432": 5432}, "redis": {"127.0.0.1:16379": 6379}, "zookeeper": {"127.0.0.1:12181": 2181},
				"kafka": {"127.0.0.1:19092": 9092}, "dynamodb-local": {"127.0.0.1:18000": 8000},
			}, "localhost:19092",
		},
	} {
		t.Run(name, func(t *testing.T) {
			infra := compose(t, "infra", tc.env...)
			for service, ports := range tc.ports {
				assert.Equal(t, ports, published(infra.Services[service]), service)
			}
			listeners := infra.Services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"]
			require.Equal(t, "INSIDE://kafka:9093,OUTSIDE://"+tc.kafka, *listeners)
		})
	}
}

func TestComposeKeepsMessagesUnlessToldOtherwise(t *testing.T) {
	command := func(env ...string) []string { return compose(t, "infra", env...).Services["dynamodb-local"].Command }
	options := []string{"-jar", "DynamoDBLocal.jar", "-sharedDb", "-disableTelemetry"}
	require.Equal(t, append(options, "-dbPath", "data"), command())
	require.Equal(t, append(options, "-inMemory"), command("DYNAMODB_STORE=-inMemory"))
}
