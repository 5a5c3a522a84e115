package chatsystem_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const observability = "deploy/observability"

type alert struct {
	Alert       string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func alerts(t *testing.T) []alert {
	t.Helper()
	var file struct{ Groups []struct{ Rules []alert } }
	readYAML(t, "prometheus/rules.yml", &file)
	var all []alert
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(observability, name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into))
}

type panel struct {
	ID         int
	Type       string
	Title      string
	GridPos    struct{ X, Y, W, H int }
	Datasource struct{ Type, UID string }
	Targets    []struct{ Expr string }
}

type dashboard struct {
	UID    string
	Panels []panel
}

func dashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(observability, "grafana/dashboards/*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]dashboard{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var d dashboard
		require.NoError(t, json.Unmarshal(text, &d), file)
		all[filepath.Base(file)] = d
	}
	return all
}

var (
	metricRow = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (counter|gauge|histogram) \\|")
	inBraces  = regexp.MustCompile(`\{[^}]*\}|\[[^\]]*\]`)
	word      = regexp.MustCompile(`[a-z][a-z0-9]*(_[a-z0-9]+)+`)
	ofAlways  = regexp.MustCompile(`^(go|process)_`)
)

// documented returns the series of docs/metrics.md, which a test of the programs holds to be what they show.
func documented(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("docs/metrics.md")
	require.NoError(t, err)
	series := map[string]bool{}
	for _, row := range metricRow.FindAllStringSubmatch(string(text), -1) {
		series[row[1]] = true
		if row[2] == "histogram" {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				series[row[1]+suffix] = true
			}
		}
	}
	require.Greater(t, len(series), 30)
	return series
}

// requireDocumented fails if an expression asks for a metric that nobody shows. It returns the metrics that it asks for.
func requireDocumented(t *testing.T, known map[string]bool, where, expr string) []string {
	t.Helper()
	var asked []string
	for _, name := range word.FindAllString(inBraces.ReplaceAllString(expr, ""), -1) {
		if name == "histogram_quantile" || ofAlways.MatchString(name) {
			continue
		}
		asked = append(asked, name)
		assert.True(t, known[name], "%s asks for %s, which is not in docs/metrics.md", where, name)
	}
	return asked
}

func TestDashboardsAndAlertsAskForMetricsThatThereAre(t *testing.T) {
	known, shown := documented(t), map[string]bool{}
	for file, d := range dashboards(t) {
		assert.Equal(t, strings.TrimSuffix(file, ".json"), d.UID)
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				assert.Equal(t, p.Datasource.UID, p.Datasource.Type, "%s: %s", file, p.Title)
				if p.Datasource.Type == "prometheus" {
					for _, name := range requireDocumented(t, known, file+": "+p.Title, target.Expr) {
						shown[name] = true
					}
				}
			}
		}
	}
	for _, a := range alerts(t) {
		requireDocumented(t, known, a.Alert, a.Expr)
	}
	for name := range known {
		all := shown[name] || shown[name+"_bucket"] || strings.HasSuffix(name, "_bucket") || strings.HasSuffix(name, "_sum") || strings.HasSuffix(name, "_count")
		assert.True(t, all, "%s is on no dashboard", name)
	}
}

func TestEveryAlertSaysWhatToDo(t *testing.T) {
	text, err := os.ReadFile("docs/observability.md")
	require.NoError(t, err)
	for _, a := range alerts(t) {
		assert.NotEmpty(t, a.Annotations["summary"], a.Alert)
		assert.NotEmpty(t, a.Annotations["runbook"], a.Alert)
		assert.Contains(t, []string{"page", "ticket"}, a.Labels["severity"], a.Alert)
		_, row, found := strings.Cut(string(text), "\n| `"+a.Alert+"` | "+a.Labels["severity"]+" | ")
		row, _, _ = strings.Cut(row, "\n")
		assert.True(t, found && strings.Contains(row, a.Annotations["runbook"]), "%s: docs/observability.md tells the same", a.Alert)
	}
}

// Prometheus finds what compose runs, and Grafana what the dashboards ask.
func TestObservabilityNamesTheServicesOfCompose(t *testing.T) {
	all := compose(t, []string{"*"})
	var prometheus struct {
		ScrapeConfigs []struct {
			JobName string `yaml:"job_name"`
			DNS     []struct {
				Names []string
				Port  int
			} `yaml:"dns_sd_configs"`
		} `yaml:"scrape_configs"`
	}
	readYAML(t, "prometheus/prometheus.yml", &prometheus)
	chat := prometheus.ScrapeConfigs[0]
	require.Equal(t, "chat", chat.JobName)
	assert.ElementsMatch(t, services, chat.DNS[0].Names)
	for _, name := range services {
		assert.Equal(t, ":9090", *all.Services[name].Environment["ADMIN_ADDR"], name)
		assert.Equal(t, "http://tempo:4318", *all.Services[name].Environment["OTEL_EXPORTER_OTLP_ENDPOINT"], name)
	}
	assert.Equal(t, 9090, chat.DNS[0].Port)

	var loki, tempo struct {
		Server struct {
			Port int `yaml:"http_listen_port"`
		}
		Distributor struct {
			Receivers struct {
				OTLP struct {
					Protocols struct{ HTTP struct{ Endpoint string } }
				}
			}
		}
	}
	readYAML(t, "loki.yaml", &loki)
	readYAML(t, "tempo.yaml", &tempo)
	assert.Equal(t, "0.0.0.0:4318", tempo.Distributor.Receivers.OTLP.Protocols.HTTP.Endpoint, "where the services send traces")
	urls := map[string]string{
		"prometheus": "http://prometheus:9090",
		"loki":       fmt.Sprintf("http://loki:%d", loki.Server.Port),
		"tempo":      fmt.Sprintf("http://tempo:%d", tempo.Server.Port),
	}
	var grafana struct {
		Datasources []struct{ UID, Type, URL string }
	}
	readYAML(t, "grafana/provisioning/datasources/chat.yaml", &grafana)
	require.Len(t, grafana.Datasources, len(urls))
	for _, source := range grafana.Datasources {
		assert.Equal(t, source.Type, source.UID)
		assert.Equal(t, urls[source.UID], source.URL)
		assert.Contains(t, all.ServiceNames(), source.UID)
	}
	var provider struct {
		Providers []struct{ Options struct{ Path string } }
	}
	readYAML(t, "grafana/provisioning/dashboards/chat.yaml", &provider)
	mounted := map[string]string{}
	for _, v := range all.Services["grafana"].Volumes {
		mounted[v.Target] = v.Source
	}
	folder, err := filepath.Abs(filepath.Join(observability, "grafana/dashboards"))
	require.NoError(t, err)
	assert.Equal(t, folder, mounted[provider.Providers[0].Options.Path])

	alloy, err := os.ReadFile(filepath.Join(observability, "config.alloy"))
	require.NoError(t, err)
	assert.Contains(t, string(alloy), `"com.docker.compose.project=`+all.Name+`"`)
	assert.Contains(t, string(alloy), `"`+urls["loki"]+`/loki/api/v1/push"`)
}

// Alloy's own parser is no module that can be fetched: its blocks are looked at by what they refer to.
var (
	alloyBlock     = regexp.MustCompile(`(?m)^([a-z.]+) "([a-z]+)" \{$`)
	alloyReference = regexp.MustCompile(`\b((?:discovery|loki)(?:\.[a-z]+)+)\.(?:targets|output|receiver)\b`)
)

func TestAlloyPassesLogsFromBlockToBlock(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(observability, "config.alloy"))
	require.NoError(t, err)
	blocks, used := map[string]bool{}, map[string]bool{}
	for _, block := range alloyBlock.FindAllStringSubmatch(string(text), -1) {
		blocks[block[1]+"."+block[2]] = true
	}
	for _, reference := range alloyReference.FindAllStringSubmatch(string(text), -1) {
		used[reference[1]] = true
	}
	used["loki.source.docker.project"] = true // which begins it all
	assert.Equal(t, blocks, used)
	assert.Equal(t, strings.Count(string(text), "{"), strings.Count(string(text), "}"))
}

// Grafana draws what has a place of its own, an id, and a datasource.
func TestDashboardsAreWhole(t *testing.T) {
	for file, d := range dashboards(t) {
		ids, cells := map[int]bool{}, map[[2]int]string{}
		for _, p := range d.Panels {
			assert.False(t, ids[p.ID], "%s: %s has another's id", file, p.Title)
			ids[p.ID] = true
			assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, "%s: %s", file, p.Title)
			for x := range p.GridPos.W {
				for y := range p.GridPos.H {
					cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
					require.Empty(t, cells[cell], "%s: %s is on another", file, p.Title)
					cells[cell] = p.Title
				}
			}
			assert.Equal(t, p.Type == "row", len(p.Targets) == 0, "%s: %s", file, p.Title)
			for _, target := range p.Targets {
				assert.NotEmpty(t, target.Expr, "%s: %s", file, p.Title)
			}
		}
	}
}
