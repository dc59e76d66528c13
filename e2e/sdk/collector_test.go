package sdk_test

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/xray"
)

// collectorProgram builds the program with the collector's exporter, whose
// requirements are a module's of their own.
func collectorProgram(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "collector")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	build.Dir = "go/collector"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

func TestCollector_ExporterOfXRay(t *testing.T) {
	t.Parallel()
	s := startXRay(t)
	env := []string{"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_REGION=" + awsRegion}
	out := strings.TrimSpace(string(s.program(env, collectorProgram(t), "exporter", "http://"+s.addr["listen"])))
	tr := s.tracesOf(`annotation[cart.id] = 9 AND user = "andrew" AND fault`, 1)[0]
	if want := "1-" + out[:8] + "-" + out[8:]; tr.id != want {
		t.Errorf("the trace is %s, want %s", tr.id, want)
	}
	shop, stock := tr.segments["checkout"], tr.segments["stock"]
	if shop.HTTP.Request.URL != "http://shop.example/cart?id=9" || shop.HTTP.Response.Status != 500 || !strings.Contains(string(shop.Cause), "no tea left") ||
		shop.Metadata["default"]["tenant"] != "acme" {
		t.Errorf("the shop: %+v", shop)
	}
	if sub := shop.under("orders@db.example"); sub.SQL["sanitized_query"] != "SELECT * FROM orders WHERE id = $1" {
		t.Errorf("the query: %+v, of %+v", sub, shop)
	}
	if table := tr.segments["carts"]; !table.Inferred || table.Origin != "AWS::DynamoDB::Table" || table.ParentID != shop.under("DynamoDB").ID {
		t.Errorf("the table: %+v, of %+v", table, shop)
	}
	if !stock.Throttle || stock.ParentID != shop.under("GET /stock").ID {
		t.Errorf("the stock: %+v, of %+v", stock, shop)
	}
	if n := shop.count(); n != 5 {
		t.Errorf("the shop's segment has %d parts, want 5: its calls, and itself", n)
	}
	// What the page of the trace shows.
	var page struct {
		Segments []struct {
			Name, Type, Class string
			Inferred          bool
		}
		Calls []any
	}
	s.call(http.MethodGet, "/api/trace/"+out+"/segments", nil, &page)
	got := map[string]string{}
	for _, segment := range page.Segments {
		got[segment.Name] = segment.Class
	}
	want := map[string]string{"checkout": "fault", "stock": "throttle", "carts": "ok", "orders@db.example": "ok"}
	for name, class := range want {
		if got[name] != class {
			t.Errorf("the page's %s is %q, want %q: %+v", name, got[name], class, page)
		}
	}
	if len(page.Calls) != 3 || len(page.Segments) != 4 {
		t.Errorf("the page's calls: %+v", page)
	}
}

func TestXRayUDP_ExporterPropagatorAndIDsOfOpenTelemetry(t *testing.T) {
	t.Parallel()
	s := startXRay(t)
	headers := strings.Fields(string(s.program(nil, collectorProgram(t), "udp", s.addr["xray"])))
	if len(headers) != 2 || !strings.HasPrefix(headers[0], "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=") || !strings.HasSuffix(headers[0], ";Sampled=1") {
		t.Fatalf("the headers sent on: %q", headers)
	}
	for _, tr := range s.tracesOf(`annotation.handle = "andrew"`, 2) {
		header := headers[1]
		if strings.HasPrefix(headers[0], "Root="+tr.id+";") {
			header = headers[0]
		}
		served := tr.segments["lambda-ish"]
		called := served.under("media.example")
		if want := "Root=" + tr.id + ";Parent=" + called.ID + ";Sampled=1"; header != want || called.Namespace != "remote" {
			t.Errorf("sent on %q, want %q: %+v", header, want, served)
		}
	}
	answer, err := s.xray.BatchGetTraces(t.Context(), &xray.BatchGetTracesInput{TraceIds: []string{"5759e988bd862e3fe1be46a994272793"}})
	if err != nil || len(answer.Traces) != 1 || aws.ToString(answer.Traces[0].Id) != "1-5759e988-bd862e3fe1be46a994272793" {
		t.Errorf("the caller's trace by its id of W3C: %+v, %v", answer, err)
	}
}
