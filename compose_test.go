package chatsystem_test

import (
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	infra    = []string{"postgres", "redis", "zookeeper", "kafka", "localstack"}
	services = []string{"user-service", "chat-service", "message-service", "gateway", "fanout-worker"}
	once     = []string{"secrets", "migrate", "init"}
	obs      = []string{"loki", "alloy", "prometheus", "tempo", "grafana"}
)

// compose resolves docker-compose.yml as `docker compose` would, with the given environment alone.
func compose(t *testing.T, profiles []string, env ...string) *types.Project {
	t.Helper()
	return load(t, profiles, env, "docker-compose.yml")
}

func load(t *testing.T, profiles, env []string, files ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions(files, cli.WithEnv(env), cli.WithProfiles(profiles))
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

func TestComposeCommandLines(t *testing.T) {
	backend := slices.Concat(infra, services, once, []string{"nginx"})
	for line, tc := range map[string]struct{ profiles, services []string }{
		"up": {nil, nil},
		"--profile infra --profile apps --profile edge --profile ui --profile obs up --build": {
			[]string{"infra", "apps", "edge", "ui", "obs"}, slices.Concat(backend, []string{"ui"}, obs),
		},
		"--profile infra --profile apps --profile edge up":   {[]string{"infra", "apps", "edge"}, backend},
		"--profile infra --profile ui up --build":            {[]string{"infra", "ui"}, append(backend, "ui")},
		"--profile infra up":                                 {[]string{"infra"}, infra},
		"--profile apps up, with servers elsewhere":          {[]string{"apps"}, slices.Concat(services, once)},
		"--profile edge up, with services elsewhere":         {[]string{"edge"}, []string{"nginx"}},
		"--profile infra --profile obs up":                   {[]string{"infra", "obs"}, slices.Concat(infra, obs, []string{"secrets"})},
		"--profile infra --profile apps up, without an edge": {[]string{"infra", "apps"}, slices.Concat(infra, services, once)},
	} {
		t.Run(line, func(t *testing.T) {
			require.ElementsMatch(t, tc.services, compose(t, tc.profiles).ServiceNames())
		})
	}
	t.Run("up -d postgres redis localstack", func(t *testing.T) {
		project, err := compose(t, nil).WithServicesEnabled("postgres", "redis", "localstack")
		require.NoError(t, err)
		project, err = project.WithSelectedServices([]string{"postgres", "redis", "localstack"})
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"postgres", "redis", "localstack"}, project.ServiceNames())
	})
	t.Run("up --scale message-service=3 --scale gateway=2, and every other", func(t *testing.T) {
		project := compose(t, []string{"infra", "ui"})
		for _, name := range services {
			s := project.Services[name]
			assert.Empty(t, s.ContainerName, name)
			assert.Empty(t, s.Hostname, name)
			assert.Empty(t, s.Ports, "%s: only one container could have a port of the host", name)
			var err error
			project, err = project.WithServicesTransform(func(n string, s types.ServiceConfig) (types.ServiceConfig, error) {
				if n == name {
					s.SetScale(3)
				}
				return s, nil
			})
			require.NoError(t, err)
			scaled := project.Services[name]
			assert.Equal(t, 3, scaled.GetScale(), name)
		}
	})
}

func TestComposeServices(t *testing.T) {
	all := compose(t, []string{"*"})
	require.Equal(t, "chat", all.Name)
	require.Equal(t, "chat-network", all.Networks["default"].Name)
	for name, s := range all.Services {
		t.Run(name, func(t *testing.T) {
			if s.Build == nil {
				assert.Regexp(t, `^[a-z0-9/-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$`, s.Image, "is pinned by version")
			} else {
				assert.Equal(t, "deploy/docker/Dockerfile", s.Build.Dockerfile)
				assert.Regexp(t, `(?m)^FROM .* AS `+s.Build.Target+`$`, dockerfile(t), "is a stage of it")
				if s.Build.Target == "service" {
					assert.Equal(t, name, *s.Build.Args["SERVICE"])
					assert.Contains(t, dockerfile(t), " ./cmd/"+name)
				}
			}
			if name == "secrets" {
				assert.Equal(t, "none", s.NetworkMode)
			} else {
				assert.Contains(t, s.Networks, "default")
			}
			limits := s.Deploy.Resources.Limits
			assert.Positive(t, limits.MemoryBytes)
			assert.Positive(t, limits.NanoCPUs)
			assert.Positive(t, limits.Pids)
			assert.Equal(t, "10m", s.Logging.Options["max-size"])
			if slices.Contains(once, name) {
				assert.Equal(t, "on-failure:3", s.Restart)
			} else {
				assert.Equal(t, "unless-stopped", s.Restart)
				require.NotNil(t, s.HealthCheck)
				assert.NotEmpty(t, s.HealthCheck.Test)
			}
			if !slices.Contains(infra, name) {
				assert.True(t, s.ReadOnly)
				assert.Equal(t, []string{"ALL"}, s.CapDrop)
				assert.Equal(t, []string{"no-new-privileges:true"}, s.SecurityOpt)
			}
			for _, v := range s.Volumes {
				if v.Type == types.VolumeTypeVolume {
					assert.Contains(t, all.Volumes, v.Source)
				} else if strings.HasPrefix(v.Source, all.WorkingDir) {
					_, err := os.Stat(v.Source)
					assert.NoError(t, err, "what is mounted is there")
				}
			}
			for _, p := range s.Ports {
				assert.Equal(t, "127.0.0.1", p.HostIP, "for this machine alone unless told otherwise")
			}
		})
	}
}

func dockerfile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("deploy/docker/Dockerfile")
	require.NoError(t, err)
	return string(text)
}

// What depends on what, so that a start waits for what it needs and a server may be elsewhere.
func TestComposeStartsInOrder(t *testing.T) {
	const healthy, done = types.ServiceConditionHealthy, types.ServiceConditionCompletedSuccessfully
	all := compose(t, []string{"*"})
	for name, want := range map[string]map[string]string{
		"kafka":           {"zookeeper": healthy},
		"migrate":         {"postgres": healthy},
		"init":            {"kafka": healthy, "localstack": healthy},
		"user-service":    {"secrets": done, "migrate": done, "postgres": healthy, "redis": healthy},
		"chat-service":    {"secrets": done, "migrate": done, "init": done, "user-service": healthy, "kafka": healthy},
		"message-service": {"migrate": done, "init": done, "chat-service": healthy, "localstack": healthy},
		"gateway":         {"secrets": done, "user-service": healthy, "redis": healthy},
		"fanout-worker":   {"secrets": done, "init": done, "chat-service": healthy, "kafka": healthy},
		"nginx":           {"user-service": healthy, "chat-service": healthy, "message-service": healthy, "gateway": healthy},
		"ui":              {"user-service": healthy, "gateway": healthy},
		"grafana":         {"secrets": done, "loki": healthy, "prometheus": healthy, "tempo": healthy},
	} {
		for on, condition := range want {
			assert.Equal(t, condition, all.Services[name].DependsOn[on].Condition, "%s on %s", name, on)
		}
		for on, dependency := range all.Services[name].DependsOn {
			if slices.Contains(infra, on) && name != "kafka" {
				assert.False(t, dependency.Required, "%s: %s may be elsewhere", name, on)
			}
		}
	}
}

func TestComposePublishes(t *testing.T) {
	all := []string{"infra", "apps", "edge", "ui", "obs"}
	usual := map[string]map[string]uint32{
		"postgres": {"127.0.0.1:5432": 5432}, "redis": {"127.0.0.1:6379": 6379}, "zookeeper": {"127.0.0.1:2181": 2181},
		"kafka": {"127.0.0.1:9092": 9092}, "localstack": {"127.0.0.1:4566": 4566},
		"nginx": {"127.0.0.1:80": 8080}, "ui": {"127.0.0.1:3000": 3000},
		"grafana": {"127.0.0.1:3001": 3000}, "prometheus": {"127.0.0.1:9090": 9090},
	}
	for name, tc := range map[string]struct {
		env   []string
		ports map[string]map[string]uint32 // where they differ
		kafka string                       // as Kafka tells clients on the host
	}{
		"the usual ports": {nil, nil, "localhost:9092"},
		"the ports of scripts/infra": {
			[]string{"POSTGRES_PORT=15432", "REDIS_PORT=16379", "ZOOKEEPER_PORT=12181", "KAFKA_PORT=19092", "DYNAMODB_PORT=18000"},
			map[string]map[string]uint32{
				"postgres": {"127.0.0.1:15432": 5432}, "redis": {"127.0.0.1:16379": 6379}, "zookeeper": {"127.0.0.1:12181": 2181},
				"kafka": {"127.0.0.1:19092": 9092}, "localstack": {"127.0.0.1:18000": 4566},
			}, "localhost:19092",
		},
		"clients elsewhere": {
			[]string{"PUBLISH_ADDRESS=0.0.0.0", "EDGE_PORT=8080", "UI_PORT=8081"},
			map[string]map[string]uint32{"nginx": {"0.0.0.0:8080": 8080}, "ui": {"0.0.0.0:8081": 3000}}, "localhost:9092",
		},
	} {
		t.Run(name, func(t *testing.T) {
			project := compose(t, all, tc.env...)
			want := maps.Clone(usual)
			maps.Copy(want, tc.ports)
			for service, s := range project.Services {
				if len(s.Ports) > 0 || want[service] != nil {
					assert.Equal(t, want[service], published(s), service)
				}
			}
			listeners := project.Services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"]
			require.Equal(t, "INSIDE://kafka:9093,OUTSIDE://"+tc.kafka, *listeners)
		})
	}
}

func TestComposeKeepsMessagesUnlessToldOtherwise(t *testing.T) {
	command := func(env ...string) []string {
		return compose(t, []string{"infra"}, env...).Services["localstack"].Command
	}
	options := []string{"-jar", "DynamoDBLocal.jar", "-port", "4566", "-sharedDb", "-disableTelemetry"}
	require.Equal(t, append(slices.Clone(options), "-dbPath", "data"), command())
	require.Equal(t, append(slices.Clone(options), "-inMemory"), command("DYNAMODB_STORE=-inMemory"))
}

func TestComposeWithLocalStackItself(t *testing.T) {
	project := load(t, []string{"infra", "ui"}, nil, "docker-compose.yml", "deploy/localstack/compose.yaml")
	s := project.Services["localstack"]
	assert.Equal(t, "localstack/localstack:4.14.0", s.Image)
	assert.Empty(t, s.Command)
	assert.Empty(t, s.User)
	assert.Empty(t, s.WorkingDir)
	assert.Empty(t, s.Volumes, "it keeps nothing")
	assert.Equal(t, map[string]uint32{"127.0.0.1:4566": 4566}, published(s))
	assert.Contains(t, s.HealthCheck.Test, "http://127.0.0.1:4566/_localstack/health")
}

// Who can read which secret: the private key of tokens is the user service's alone.
func TestComposeSecrets(t *testing.T) {
	readers := map[string][]string{}
	for name, s := range compose(t, []string{"*"}).Services {
		for _, v := range s.Volumes {
			if name != "secrets" {
				readers[v.Source] = append(readers[v.Source], name)
			}
		}
		for variable, value := range s.Environment {
			if strings.HasSuffix(variable, "_FILE") {
				assert.True(t, slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool {
					return strings.HasPrefix(*value, v.Target+"/")
				}), "%s: %s is in a volume", name, variable)
			}
		}
	}
	assert.Equal(t, []string{"user-service"}, readers["signing-key"])
	assert.ElementsMatch(t, services, readers["service-secret"])
	assert.Equal(t, []string{"grafana"}, readers["grafana-password"])
}

// TestServicesTrustTheEdgeAlone: whose word about clients counts, is at the addresses that nginx and ui have, and no
// others.
func TestServicesTrustTheEdgeAlone(t *testing.T) {
	for _, env := range [][]string{nil, {"NETWORK_PREFIX=10.9.8"}} {
		p := compose(t, []string{"*"}, env...)
		_, network, err := net.ParseCIDR(p.Networks["default"].Ipam.Config[0].Subnet)
		require.NoError(t, err)
		_, dynamic, err := net.ParseCIDR(p.Networks["default"].Ipam.Config[0].IPRange)
		require.NoError(t, err)
		var edges []string
		for name, s := range p.Services {
			address := s.Networks["default"]
			if address == nil || address.Ipv4Address == "" {
				continue
			}
			require.Contains(t, []string{"nginx", "ui"}, name)
			edges = append(edges, address.Ipv4Address)
			require.True(t, network.Contains(net.ParseIP(address.Ipv4Address)))
			require.False(t, dynamic.Contains(net.ParseIP(address.Ipv4Address)), "no other container can get it")
		}
		require.Len(t, edges, 2)
		for _, name := range services {
			if name != "fanout-worker" {
				require.ElementsMatch(t, edges, strings.Split(*p.Services[name].Environment["TRUSTED_PROXIES"], ","), name)
			}
		}
	}
}
