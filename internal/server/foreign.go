package server

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/oriel-dev/oriel/internal/ingest"
)

// foreign is a protocol that we do not speak, by the paths that its senders use.
type foreign struct {
	path   *regexp.Regexp
	name   string
	remedy string
}

const sendOTLP = "Send OTLP instead: OTEL_EXPORTER_OTLP_ENDPOINT with this server's address, without a path."

// foreigners are the protocols whose senders are pointed here most often.
func foreigners() []foreign {
	through := func(receiver string) string {
		return "An OpenTelemetry collector with the receiver " + receiver + " turns it into OTLP, which is taken here."
	}
	return []foreign{
		{regexp.MustCompile(`^/api/v[12]/spans$`), "Zipkin's", through("zipkin")},
		{regexp.MustCompile(`^/api/traces$`), "Jaeger's", through("jaeger")},
		{regexp.MustCompile(`^/loki/api/v1/push$`), "Loki's", through("loki")},
		{regexp.MustCompile(`^/api/v1/write$|^/api/v1/push$`), "Prometheus's remote write", "Metrics are taken as OTLP: Prometheus can write them so, or a collector with the receiver prometheus."},
		{regexp.MustCompile(`^/api/\d+/(?:envelope|store)/?$`), "Sentry's", "Report errors with an SDK of Rollbar's, or as exceptions on spans in OTLP."},
		{regexp.MustCompile(`^/v0\.\d/(?:traces|stats)$|^/api/v\d/(?:series|logs|check_run)$`), "Datadog's", through("datadog")},
		{regexp.MustCompile(`^/(?:[\w.-]+/)?_bulk$`), "Elasticsearch's", "Send log lines to CloudWatch Logs' API, or as OTLP."},
		{regexp.MustCompile(`^/intake/v2/`), "Elastic APM's", sendOTLP},
		{regexp.MustCompile(`^/api/v1/import|^/insert/`), "VictoriaMetrics'", sendOTLP},
		{regexp.MustCompile(`^/trace/v1$|^/log/v1$|^/metric/v1$`), "New Relic's", sendOTLP},
	}
}

// nameForeign returns the protocol that a request is of, and what its sender should
// do: for whoever wonders why nothing arrives.
func nameForeign(list []foreign, r *http.Request) (name, remedy string) {
	for _, f := range list {
		if f.path.MatchString(r.URL.Path) {
			return f.name, f.remedy
		}
	}
	return "", ""
}

// refuseForeign answers a request that brings something to an address where nothing
// is taken, and notes it for the set-up page. It reports whether it is one.
func (s *Server) refuseForeign(w http.ResponseWriter, r *http.Request, list []foreign) bool {
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		return false
	}
	name, remedy := nameForeign(list, r)
	reason := "this is " + name + " protocol, which Oriel does not speak"
	if name == "" {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			return false // our own API says what is wrong
		}
		reason = "nothing is taken at this address"
		remedy = "The set-up page says where each SDK sends: OTLP to /v1/traces, /v1/logs and /v1/metrics, events to /1/events, items of Rollbar to /api/1/item/, AWS's services to /."
	}
	s.door.Ledger().Refuse(ingest.Refused{
		Protocol: "http", Method: r.Method, Path: r.URL.Path, Remote: r.RemoteAddr, Status: http.StatusNotFound, Reason: reason, Remedy: remedy,
	})
	answerText(w, http.StatusNotFound, reason+". "+remedy+"\n")
	return true
}
