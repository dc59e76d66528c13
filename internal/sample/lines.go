package sample

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Line is one line that a service printed.
type Line struct {
	Service   int   // index of Services
	At        int64 // Unix ns
	Severity  int   // OTLP SeverityNumber
	Text      string
	High, Low uint64 // halves of the id of the trace it belongs to
	Span      uint64
}

// OTLP severity numbers.
const (
	levelTrace = 1
	levelDebug = 5
	levelInfo  = 9
	levelWarn  = 13
	levelError = 17
	levelFatal = 21
)

// Logger writes what the services print while they serve traces, each in the
// manner of its language: access lines, JSON, logfmt, plain text, stack traces,
// terminal colours. Not safe for concurrent use.
type Logger struct {
	rng *rand.Rand
}

// NewLogger returns a logger whose lines are the same for the same seed and traces.
func NewLogger(seed uint64) *Logger {
	return &Logger{rng: rand.New(rand.NewPCG(seed, 0x6c6f67))}
}

// served is a span that a service prints something about.
type served struct {
	trace  *Trace
	span   *Span
	at     int64 // when the span ended, Unix ns
	took   time.Duration
	user   string
	region string
	build  string
	client string
	route  string
	path   string
	status int
	size   int64
}

// TraceID is the trace's id as headers and log lines write it.
func (t *Trace) TraceID() string {
	b := binary.LittleEndian.AppendUint64(nil, t.High)
	return hex.EncodeToString(binary.LittleEndian.AppendUint64(b, t.Low))
}

func spanID(id uint64) string {
	return hex.EncodeToString(binary.LittleEndian.AppendUint64(nil, id))
}

// Lines returns what is printed about a trace that starts at the given time
// (Unix ns), in no particular order.
func (l *Logger) Lines(tr *Trace, start int64) []Line {
	var out []Line
	for i := range tr.Spans {
		s := &tr.Spans[i]
		if s.Kind != kindServer && s.Kind != kindConsumer {
			continue
		}
		r := describe(tr, s, start)
		for _, line := range l.about(&r) {
			line.Service, line.High, line.Low, line.Span = s.Service, tr.High, tr.Low, s.ID
			if line.At == 0 {
				line.At = r.at
			}
			out = append(out, line)
		}
	}
	return append(out, l.troubles(tr, start)...)
}

func describe(tr *Trace, s *Span, start int64) served {
	r := served{trace: tr, span: s, at: start + s.End, took: time.Duration(s.End - s.Start), status: 200, route: s.Name}
	for _, a := range s.Attributes {
		switch v := a.Value.(type) {
		case string:
			switch a.Name {
			case "user.id":
				r.user = v
			case "app.region":
				r.region = v
			case "app.build_id":
				r.build = v
			case "client.address":
				r.client = v
			case "url.path":
				r.path = v
			}
		case int64:
			switch a.Name {
			case "http.response.status_code":
				r.status = int(v)
			case "app.request.size":
				r.size = v
			}
		}
	}
	return r
}

func (r *served) ms() float64 { return float64(r.took.Microseconds()) / 1000 }

// about is what one service prints of one request.
func (l *Logger) about(r *served) []Line {
	lines := l.usual(r)
	if r.span.Failed && r.span.Kind == kindServer {
		lines = append(lines, Line{At: r.at - 1000, Severity: levelError, Text: stack(r)})
	}
	return lines
}

func (l *Logger) usual(r *served) []Line {
	switch r.span.Service {
	case web:
		return []Line{webAccess(r)}
	case gateway:
		return []Line{gatewayAccess(r)}
	case activities:
		return l.activities(r)
	case users:
		return l.logfmt(r)
	case messages:
		return l.messages(r)
	case notifications:
		return []Line{{Severity: levelInfo, Text: fmt.Sprintf("[%s] notified %s: %d new, %d unread", hostOf(r, l), r.user, l.rng.IntN(4), l.rng.IntN(60))}}
	case search:
		return l.search(r)
	case auth:
		return l.auth(r)
	case media:
		return l.media(r)
	case worker:
		return l.worker(r)
	case billing:
		return l.billing(r)
	case recommend:
		return []Line{{Severity: levelDebug, Text: fmt.Sprintf("DEBUG:recommend.model:scored %d candidates for %s in %.1f ms (model v%d)", 40+l.rng.IntN(400), r.user, r.ms(), 3+l.rng.IntN(2))}}
	}
	return nil
}

func levelOfStatus(status int) (int, string) {
	switch {
	case status >= 500:
		return levelError, "error"
	case status >= 400:
		return levelWarn, "warn"
	}
	return levelInfo, "info"
}

func webAccess(r *served) Line {
	severity, level := levelOfStatus(r.status)
	return Line{Severity: severity, Text: fmt.Sprintf(
		`{"time":%q,"level":%q,"msg":"request completed","method":%q,"route":%q,"path":%q,"status":%d,"duration_ms":%.3f,"bytes":%d,"user":{"id":%q,"region":%q},"client":%q,"build":%q,"trace_id":%q,"span_id":%q}`,
		time.Unix(0, r.at).UTC().Format(time.RFC3339Nano), level, method(r.route), r.route, r.path, r.status, r.ms(), r.size, r.user, r.region, r.client, r.build,
		r.trace.TraceID(), spanID(r.span.ID))}
}

func gatewayAccess(r *served) Line {
	severity, _ := levelOfStatus(r.status)
	at := time.Unix(0, r.at).UTC()
	return Line{Severity: severity, Text: fmt.Sprintf(`%s - - [%s] "%s %s HTTP/1.1" %d %d "-" "cruddur/%s" %.3f trace_id=%s`,
		r.client, at.Format("02/Jan/2006:15:04:05 -0700"), method(r.route), r.path, r.status, r.size, r.build, r.took.Seconds(), r.trace.TraceID())}
}

// hostOf is the host that printed: a service has four.
func hostOf(r *served, l *Logger) string {
	return fmt.Sprintf("%s-%d", Services[r.span.Service], l.rng.IntN(hosts))
}

func (l *Logger) activities(r *served) []Line {
	n := l.rng.IntN(50)
	lines := []Line{{Severity: levelInfo, Text: fmt.Sprintf("[%s,%03d] INFO in home_activities: %d activities for %s (%.1f ms)",
		time.Unix(0, r.at).UTC().Format("2006-01-02 15:04:05"), r.at/1e6%1000, n, r.user, r.ms())}}
	if l.rng.IntN(6) == 0 {
		lines = append(lines, Line{At: r.at - int64(r.took/2), Severity: levelDebug, Text: "cache miss for timeline:" + r.user + ", reading from the database"})
	}
	return lines
}

func (l *Logger) logfmt(r *served) []Line {
	cached, severity, level := "hit", levelInfo, "info"
	if l.rng.IntN(5) == 0 {
		cached = "miss"
	}
	if r.ms() > 60 {
		severity, level = levelWarn, "warn"
	}
	return []Line{{Severity: severity, Text: fmt.Sprintf(`level=%s msg="profile loaded" user=%s cache=%s rows=%d took=%.1fms region=%s host=%s trace_id=%s`,
		level, r.user, cached, l.rng.IntN(50), r.ms(), r.region, hostOf(r, l), r.trace.TraceID())}}
}

func (l *Logger) messages(r *served) []Line {
	severity, level := levelOfStatus(r.status)
	return []Line{{Severity: severity, Text: fmt.Sprintf(
		`{"level":%q,"logger":"messages.groups","message":"listed message groups","groups":%d,"unread":%d,"user":{"id":%q},"db":{"queries":%d,"ms":%.2f},"otelTraceID":%q,"otelSpanID":%q}`,
		level, l.rng.IntN(12), l.rng.IntN(30), r.user, 1+l.rng.IntN(5), r.ms()*0.6, r.trace.TraceID(), spanID(r.span.ID))}}
}

var words = []string{"lebanon", "coffee", "kubernetes", "sourdough", "rust vs go", "sunset", "π approximations", "日本 travel", "jazz", "“quoted”", "emoji 🎉"}

func (l *Logger) search(r *served) []Line {
	lines := []Line{{Severity: levelInfo, Text: fmt.Sprintf("query %q by %s: %d hits, %.0f ms", words[l.rng.IntN(len(words))], r.user, l.rng.IntN(2000), r.ms())}}
	if r.ms() > 90 {
		lines = append(lines, Line{Severity: levelWarn, Text: fmt.Sprintf("slow search: %.0f ms (limit 90 ms) on shard %d of build %s", r.ms(), l.rng.IntN(8), r.build)})
	}
	return lines
}

func (l *Logger) auth(r *served) []Line {
	switch n := l.rng.IntN(40); {
	case n == 0:
		return []Line{{Severity: levelWarn, Text: fmt.Sprintf("AUTH token expired for %s from %s", r.user, r.client)}}
	case n == 1:
		return []Line{{Severity: levelInfo, Text: fmt.Sprintf("AUTH session renewed for %s", r.user)}}
	case n < 12:
		return []Line{{Severity: levelTrace, Text: fmt.Sprintf("TRACE verify jwt kid=%04x alg=RS256 %s", l.rng.IntN(1<<16), r.user)}}
	}
	return nil
}

func (l *Logger) media(r *served) []Line {
	lines := []Line{{Severity: levelInfo, Text: fmt.Sprintf(`{"severity":"INFO","msg":"avatar stored","object":"avatars/%s.jpg","bytes":%d,"sizes":[64,128,512],"ms":%.1f}`, r.user, r.size*40, r.ms())}}
	if l.rng.IntN(4) == 0 { // a long line: what a library dumps when it is asked to be verbose
		lines = append(lines, Line{Severity: levelDebug, Text: `{"severity":"DEBUG","msg":"exif","exif":{` + exif(l.rng, 60) + `}}`})
	}
	return lines
}

func exif(rng *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"tag_%04x":"%032x%032x"`, 0x9000+i, rng.Uint64(), rng.Uint64())
	}
	return b.String()
}

func (l *Logger) worker(r *served) []Line {
	const green, cyan, yellow, reset = "\x1b[32m", "\x1b[36m", "\x1b[33m", "\x1b[0m"
	lines := []Line{{Severity: levelInfo, Text: fmt.Sprintf("%sinfo%s %stimeline%s fanned out activity of %s to %d followers", green, reset, cyan, reset, r.user, l.rng.IntN(900))}}
	if l.rng.IntN(12) == 0 {
		lines = append(lines, Line{Severity: levelWarn, Text: fmt.Sprintf("%swarn%s %stimeline%s queue is %d behind, oldest %d s", yellow, reset, cyan, reset, 100+l.rng.IntN(900), 1+l.rng.IntN(40))})
	}
	return lines
}

func (l *Logger) billing(r *served) []Line {
	severity, level := levelOfStatus(r.status)
	return []Line{{Severity: severity, Text: fmt.Sprintf(
		`{"level":%q,"event":"checkout","order":"ord_%08x","amount":%d.%02d,"currency":"EUR","plan":"%s","user":{"id":%q,"country":"DE"},"provider":{"name":"payments.example","attempt":%d,"ms":%.1f},"xray_trace_id":"1-%s-%s"}`,
		level, l.rng.Uint32(), 5+l.rng.IntN(90), l.rng.IntN(100), []string{"basic", "plus", "team"}[l.rng.IntN(3)], r.user, 1+l.rng.IntN(2), r.ms()*0.8,
		r.trace.TraceID()[:8], r.trace.TraceID()[8:])}}
}

// stack is an error with its stack, in the manner of the service's language.
func stack(r *served) string {
	service := Services[r.span.Service]
	switch r.span.Service % 3 {
	case 0:
		return fmt.Sprintf("panic serving %s: context deadline exceeded\ngoroutine %d [running]:\nnet/http.(*conn).serve.func1()\n\t/usr/local/go/src/net/http/server.go:1947 +0xbe\n"+
			"main.(*%s).ServeHTTP(0xc00011e0f0, {0x7d5a80, 0xc0003a00e0})\n\t/srv/%s/handler.go:118 +0x2a5\nnet/http.serverHandler.ServeHTTP({0xc0001aa090?}, {0x7d5a80, 0xc0003a00e0})\n\t/usr/local/go/src/net/http/server.go:3301 +0x8e",
			r.client, r.span.ID%4096, service, service)
	case 1:
		return fmt.Sprintf("Exception on %s [%s]\nTraceback (most recent call last):\n  File \"/srv/%s/app.py\", line 118, in handle\n    return self.upstream.call(request, timeout=0.25)\n"+
			"  File \"/srv/%s/client.py\", line 42, in call\n    raise TimeoutError(f\"deadline of {timeout * 1000:.0f} ms exceeded\")\nTimeoutError: deadline of 250 ms exceeded",
			r.path, method(r.route), service, service)
	}
	return fmt.Sprintf("TimeoutError: deadline of 250 ms exceeded while waiting for %s\n    at Client.call (/srv/%s/client.js:42:11)\n    at async handle (/srv/%s/server.js:118:20)\n    at async Layer.handle (/srv/node_modules/router/layer.js:95:5)\n    trace_id: '%s'",
		service, service, service, r.trace.TraceID())
}

// Every 20 minutes a pool of connections runs dry for a minute and a half.
const (
	troubleEvery = 20 * 60
	troubleLasts = 90
)

func (l *Logger) troubles(tr *Trace, start int64) []Line {
	if start/1e9%troubleEvery >= troubleLasts {
		return nil
	}
	var out []Line
	for range 1 + l.rng.IntN(3) {
		at := start + l.rng.Int64N(500_000_000)
		line := Line{Service: messages, At: at, High: tr.High, Low: tr.Low, Span: tr.Spans[0].ID, Severity: levelError, Text: fmt.Sprintf(
			`{"level":"error","logger":"messages.pool","message":"connection pool exhausted","pool":{"size":20,"waiting":%d},"waited_ms":%d,"otelTraceID":%q}`,
			20+l.rng.IntN(200), 250+l.rng.IntN(4000), tr.TraceID())}
		out = append(out, line)
	}
	if l.rng.IntN(60) == 0 {
		out = append(out, Line{Service: messages, At: start, Severity: levelFatal, Text: `{"level":"fatal","logger":"messages.pool","message":"giving up after 5 attempts, restarting","exit_code":1}`})
	}
	return out
}
