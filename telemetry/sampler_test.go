package telemetry

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// samplingDaemon answers as X-Ray's daemon does, over TCP.
type samplingDaemon struct {
	mu      sync.Mutex
	rules   string
	targets string
	asked   []samplingStatistics
	down    bool
}

func (d *samplingDaemon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	body := d.rules
	if r.URL.Path == "/SamplingTargets" {
		var in struct{ SamplingStatisticsDocuments []samplingStatistics }
		_ = json.NewDecoder(r.Body).Decode(&in)
		d.asked, body = in.SamplingStatisticsDocuments, d.targets
	}
	_, _ = w.Write([]byte(body))
}

// Rules and their shares are the daemon's; without it, one request a second and one in
// twenty are kept, as X-Ray's SDKs do it.
func TestRemoteSampler_FollowsTheDaemon(t *testing.T) {
	t.Parallel()
	d := &samplingDaemon{rules: `{"SamplingRuleRecords":[
		{"SamplingRule":{"RuleName":"Default","Priority":10000,"FixedRate":0,"ReservoirSize":0,"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":"*","ResourceARN":"*","Version":1}},
		{"SamplingRule":{"RuleName":"carts","Priority":10,"FixedRate":1,"ReservoirSize":0,"ServiceName":"sh?p","ServiceType":"*","Host":"*","HTTPMethod":"GET","URLPath":"/cart/*","ResourceARN":"*","Version":1}},
		{"SamplingRule":{"RuleName":"pay","Priority":20,"FixedRate":0,"ReservoirSize":5,"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":"/pay","ResourceARN":"*","Version":1}}]}`}
	srv := httptest.NewServer(d)
	defer srv.Close()
	now := time.Unix(1_800_000_000, 0)
	s := newRemoteSampler(srv.URL, "shop", slog.New(slog.DiscardHandler))
	s.now = func() time.Time { return now }
	kept := func(path string, n int) (kept int) {
		for range n {
			p := sdktrace.SamplingParameters{Attributes: []attribute.KeyValue{attribute.String("http.request.method", "GET"), attribute.String("url.path", path)}}
			if s.ShouldSample(p).Decision == sdktrace.RecordAndSample {
				kept++
			}
		}
		return kept
	}
	if n := kept("/health", 1000); n < 5 || n > 200 {
		t.Errorf("without rules %d of 1,000 are kept, want about one in twenty", n)
	}
	if err := s.fetchRules(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, b, c := kept("/cart/9", 100), kept("/health", 100), kept("/pay", 100); a != 100 || b != 0 || c != 1 {
		t.Errorf("kept are %d carts, %d checks and %d payments of 100 each, want 100, 0 and one that is borrowed", a, b, c)
	}
	d.targets = `{"SamplingTargetDocuments":[{"RuleName":"pay","FixedRate":0,"ReservoirQuota":7,"ReservoirQuotaTTL":1800000060},{"RuleName":"carts","FixedRate":0}],"LastRuleModification":1}`
	if err := s.fetchTargets(t.Context()); err != nil {
		t.Fatal(err)
	}
	said := map[string]samplingStatistics{}
	for _, one := range d.asked {
		said[one.RuleName] = one
	}
	if c, p := said["carts"], said["pay"]; c.RequestCount != 100 || c.SampledCount != 100 || p.RequestCount != 100 || p.BorrowCount != 1 || len(c.ClientID) != 24 {
		t.Errorf("the daemon was told %+v", d.asked)
	}
	now = now.Add(time.Second)
	if a, p := kept("/cart/9", 100), kept("/pay", 100); a != 0 || p != 7 {
		t.Errorf("with shares, kept are %d carts and %d payments, want 0 and 7", a, p)
	}
	d.down = true
	if err := s.fetchRules(t.Context()); err == nil {
		t.Error("a daemon that answers 503 is no error")
	}
	if n := kept("/health", 100); n != 0 {
		t.Error("rules are forgotten when the daemon is away for a moment")
	}
	now = now.Add(rulesExpire + time.Second)
	if n := kept("/health", 1000); n == 0 {
		t.Error("after an hour without news nothing is kept")
	}
}

// The variables that switch it on, and that a daemon that is away is not waited for.
func TestStart_AsksTheDaemonForRules(t *testing.T) {
	c := newChaos(t)
	for name, arg := range map[string]string{"AWS_XRAY_DAEMON_ADDRESS": "", "OTEL_TRACES_SAMPLER_ARG": "endpoint=" + strings.TrimPrefix(c.URL, "http://")} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_TRACES_SAMPLER", "xray")
			t.Setenv("OTEL_TRACES_SAMPLER_ARG", arg)
			t.Setenv("AWS_XRAY_DAEMON_ADDRESS", "udp:"+c.udp.LocalAddr().String()+" tcp:"+strings.TrimPrefix(c.URL, "http://"))
			before := len(c.taken["/GetSamplingRules"])
			tel, err := Start(t.Context(), Config{})
			if err != nil {
				t.Fatal(err)
			}
			c.wait("/GetSamplingRules", func(taken [][]byte, _ int) bool { return len(taken) > before })
			if err := tel.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
