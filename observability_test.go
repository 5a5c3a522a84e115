package chatsystem_test

import (
	"encoding/json"
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
	Title      string
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
		assert.Contains(t, string(text), "`"+a.Alert+"`", "docs/observability.md")
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

	var grafana struct {
		Datasources []struct{ UID, Type, URL string }
	}
	readYAML(t, "grafana/provisioning/datasources/chat.yaml", &grafana)
	for _, source := range grafana.Datasources {
		assert.Equal(t, source.Type, source.UID)
		assert.Contains(t, all.ServiceNames(), strings.Split(strings.TrimPrefix(source.URL, "http://"), ":")[0])
	}
	var loki, tempo map[string]any
	readYAML(t, "loki.yaml", &loki)
	readYAML(t, "tempo.yaml", &tempo)
	alloy, err := os.ReadFile(filepath.Join(observability, "config.alloy"))
	require.NoError(t, err)
	assert.Contains(t, string(alloy), `"com.docker.compose.project=`+all.Name+`"`)
}
