package internal_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/oriel-dev/oriel/"

// core is what the design calls "@": the rooms that know the domain and no wire.
var core = []string{"event", "fault", "query", "meta", "auth", "dataset", "workspace", "sampling", "trace", "ingest", "querier", "item", "item/grouping", "symbol", "alert"}

// arrows is the whole list of who may import whom. A room that is not here, or
// an arrow that is not here, fails the test: a new one is a reviewed line.
var arrows = map[string][]string{
	"internal/event":                       {},
	"internal/fault":                       {},
	"internal/golden":                      {},
	"internal/call":                        rooms("event"),
	"internal/tracesearch":                 rooms("call", "event", "fault", "query", "query/xrayfilter", "servicegraph", "store", "xraymodel"),
	"internal/servicegraph":                rooms("call", "event", "query", "store", "xraymodel"),
	"internal/health":                      rooms("query"),
	"internal/pulse":                       rooms("health", "store"),
	"internal/plot":                        {},
	"internal/query":                       rooms("event", "fault", "query/pattern"),
	"internal/query/pattern":               rooms("event", "fault", "protocol/jsonscan"),
	"internal/query/insights":              rooms("event", "fault", "query", "logline"),
	"internal/query/xrayfilter":            rooms("call", "event", "fault", "query", "xraymodel"),
	"internal/query/rql":                   rooms("event", "fault", "query"),
	"internal/query/rql/rqltest":           rooms("event", "query", "query/rql", "store"),
	"internal/query/logtext":               rooms("event", "fault", "query", "query/pattern"),
	"internal/query/insights/insightstest": rooms("event", "fault", "golden", "query", "query/insights", "logline", "store"),
	"internal/meta":                        rooms("fault"),
	"internal/trace":                       rooms("event", "fault"),
	"internal/item":                        rooms("event", "fault", "meta", "query", "query/rql", "item/grouping"),
	"internal/item/grouping":               rooms("fault"),
	"internal/sourcemap":                   rooms("fault"),
	"internal/symbol":                      rooms("fault", "meta", "sourcemap"),
	"internal/xraymodel":                   rooms("call", "event", "fault", "trace"),
	"internal/store":                       rooms("event", "fault", "query"),
	"internal/store/segment":               rooms("event", "fault"),
	"internal/store/sqlgen":                rooms("event", "fault", "query", "query/pattern", "store"),
	"internal/store/storetest":             rooms("call", "event", "fault", "query", "query/pattern", "store"),
	"internal/store/duckdb":                rooms("call", "event", "fault", "query", "query/pattern", "store", "store/sqlgen", "store/segment"),
	"internal/auth":                        rooms("fault", "meta"),
	"internal/sampling":                    rooms("fault", "meta"),
	"internal/workspace":                   rooms("event", "fault", "meta", "query"),
	"internal/dataset":                     rooms("event", "fault", "meta", "query", "store"),
	"internal/ingest":                      rooms("event", "fault", "query", "store", "dataset", "ingest/journal"),
	"internal/ingest/journal":              rooms("fault"),
	"internal/querier":                     rooms("event", "fault", "query", "query/insights", "query/rql", "store", "dataset", "trace", "logpattern"),
	"internal/logpattern":                  {},
	"internal/logline":                     rooms("event", "protocol/jsonscan"),
	"internal/protocol":                    rooms(append(core, "protocol/body")...),
	"internal/protocol/body":               {},
	"internal/protocol/jsonscan":           {},
	"internal/protocol/otlp":               rooms("event", "fault", "logline", "protocol/jsonscan"),
	"internal/protocol/aws":                rooms("auth", "fault", "protocol/body", "protocol/jsonscan"),
	"internal/protocol/sts":                rooms("auth", "fault", "protocol", "protocol/aws"),
	"internal/outbound":                    {},
	"internal/alert":                       rooms("event", "fault", "meta", "query", "querier", "item", "outbound"),
	"internal/protocol/cloudwatch":         rooms(append(core, "store", "outbound", "protocol", "protocol/aws", "protocol/otlp", "protocol/jsonscan", "logline", "logpattern", "query/pattern", "query/insights")...),
	"internal/protocol/xray":               rooms(append(core, "call", "store", "protocol", "protocol/aws", "protocol/otlp", "protocol/jsonscan", "xraymodel", "servicegraph", "tracesearch", "query/xrayfilter")...),
	"internal/protocol/protocoltest":       rooms(append(core, "protocol", "protocol/otlp", "golden")...),
	"internal/protocol/honeycomb":          rooms(append(core, "protocol", "protocol/body", "protocol/otlp", "protocol/jsonscan", "plot")...),
	"internal/protocol/rollbar":            rooms(append(core, "store", "outbound", "protocol", "protocol/body", "protocol/jsonscan", "sourcemap", "query/rql")...),
	"internal/api":                         rooms(append(core, "call", "health", "pulse", "servicegraph", "xraymodel", "query/xrayfilter", "tracesearch", "store", "xraymodel", "query/logtext", "logpattern", "query/insights", "query/rql")...),
	"internal/cli":                         rooms("event", "fault", "query", "trace", "cli/usage"),
	"internal/cli/usage":                   {},
	"internal/sample":                      {},
	"internal/recording":                   {},
	"internal/recording/record":            append(rooms("recording"), "examples/cruddur/app", "examples/cruddur/command"),
	"internal/demo":                        rooms("auth", "fault", "protocol", "recording"),
	"internal/server":                      append(rooms(append(core, "store", "store/duckdb", "ingest/journal", "protocol", "protocol/body", "protocol/otlp", "protocol/honeycomb", "protocol/rollbar", "protocol/sts", "protocol/cloudwatch", "protocol/xray", "api", "cli/usage", "demo")...), "ui"),
	"orieltest":                            rooms("server"),
	"cmd/oriel":                            append(rooms("server", "cli", "cli/usage", "demo"), "examples/cruddur/command"),
	"ui":                                   {},
	"bench/outage":                         {"telemetry"},
	"bench":                                rooms("event", "query", "store", "store/segment", "store/duckdb", "protocol/otlp", "sample"),
}

func rooms(names ...string) []string {
	paths := make([]string, len(names))
	for i, n := range names {
		paths[i] = "internal/" + n
	}
	return paths
}

// The table of rooms in docs/architecture.md is read by newcomers: it names all.
func TestArchitecturePage_NamesEveryRoom(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for room := range arrows {
		if name, ours := strings.CutPrefix(room, "internal/"); ours && !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/architecture.md does not name the room %s", name)
		}
	}
}

func TestRoomsImportOnlyWhatTheTableAllows(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&pkg); err != nil {
			t.Fatal(err)
		}
		room := strings.TrimPrefix(pkg.ImportPath, module)
		if room == "internal" || strings.Contains(room, "node_modules/") {
			continue
		}
		allowed, known := arrows[room]
		if !known {
			t.Errorf("room %s is not in the table: add it with what it may import", room)
			continue
		}
		for _, imp := range pkg.Imports {
			to, ours := strings.CutPrefix(imp, module)
			if ours && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s, which the table does not allow", room, to)
			}
		}
	}
}
