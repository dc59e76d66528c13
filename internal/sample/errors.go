package sample

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Reporter writes what the services' error SDKs report while they serve traces:
// payloads of Rollbar's form, with code, variables, the person, and what happened
// before. Not safe for concurrent use.
type Reporter struct {
	rng *rand.Rand
}

// NewReporter returns a reporter whose payloads are the same for the same seed and traces.
func NewReporter(seed uint64) *Reporter {
	return &Reporter{rng: rand.New(rand.NewPCG(seed, 0x726f6c6c))}
}

// How often errors are reported.
const (
	reportedShare = 0.85  // of spans that fail at the bottom of a trace
	unheardShare  = 0.004 // of traces in which something goes wrong that fails no span
	stagingShare  = 0.12
)

// Payloads returns the bodies of the posts about a trace that starts at the given
// time (Unix ns).
func (r *Reporter) Payloads(tr *Trace, start int64) [][]byte {
	var out [][]byte
	if s := deepestFailed(tr); s != nil && r.rng.Float64() < reportedShare {
		out = append(out, r.payload(r.choose(s.Service, true), tr, s, start))
	}
	if r.rng.Float64() < unheardShare {
		s := &tr.Spans[r.rng.IntN(len(tr.Spans))]
		if m := r.choose(s.Service, false); m != nil {
			out = append(out, r.payload(m, tr, s, start))
		}
	}
	return out
}

// deepestFailed returns the failed span that no other failed span is below.
func deepestFailed(tr *Trace) *Span {
	above := map[uint64]bool{}
	for i := range tr.Spans {
		if tr.Spans[i].Failed {
			above[tr.Spans[i].Parent] = true
		}
	}
	for i := range tr.Spans {
		if s := &tr.Spans[i]; s.Failed && !above[s.ID] {
			return s
		}
	}
	return nil
}

// choose picks one of the errors that a service has; those of all services are
// for failures only.
func (r *Reporter) choose(service int, failed bool) *mishap {
	var fit []*mishap
	for i := range mishaps {
		m := &mishaps[i]
		if m.fails == failed && (m.service == service || m.service == anyService) {
			fit = append(fit, m)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[int(r.rng.Float64()*r.rng.Float64()*float64(len(fit)))]
}

func (r *Reporter) payload(m *mishap, tr *Trace, s *Span, start int64) []byte {
	about := describe(tr, s, start)
	l := languages[m.language]
	environment := "production"
	if r.rng.Float64() < stagingShare {
		environment = "staging"
	}
	number := r.rng.IntN(9000) + 1000
	message := strings.NewReplacer("{n}", fmt.Sprint(number), "{user}", about.user, "{service}", Services[s.Service], "{ms}", fmt.Sprint(200+number%300)).Replace(m.message)
	data := map[string]any{
		"environment": environment, "level": m.level, "timestamp": about.at / int64(time.Second), "uuid": r.uuid(), "language": l.name, "framework": l.framework,
		"platform": l.platform, "code_version": "2026.11." + about.build, "context": s.Name,
		"notifier": map[string]any{"name": l.notifier, "version": "1.0.0"},
		"person":   map[string]any{"id": about.user, "username": "user-" + about.user, "email": about.user + "@example.com", "plan": []string{"free", "pro", "team"}[number%3]},
		"server":   map[string]any{"host": fmt.Sprintf("%s-%d", Services[s.Service], number%hosts), "root": "/app", "branch": "main", "pid": 1000 + number%50},
		"request": map[string]any{
			"url": "https://cruddur.example" + about.path, "method": strings.SplitN(s.Name+" ", " ", 2)[0], "user_ip": about.client,
			"headers": map[string]any{
				"User-Agent": agentsOfUsers[number%len(agentsOfUsers)], "Traceparent": "00-" + tr.TraceID() + "-" + spanID(s.ID) + "-01", "Accept": "application/json",
			},
			"query_string": "page=" + fmt.Sprint(number%7),
		},
		"custom": map[string]any{"service": Services[s.Service], "region": about.region, "build": about.build, "attempt": 1 + number%3},
	}
	if l.platform == "browser" {
		data["client"] = map[string]any{"javascript": map[string]any{
			"browser": agentsOfUsers[number%len(agentsOfUsers)], "code_version": "2026.11." + about.build, "screen": map[string]any{"width": 1440, "height": 900},
		}}
	}
	body := map[string]any{"telemetry": r.telemetry(&about, message)}
	trace := m.trace(l, message, about.user, number)
	switch {
	case m.class == "":
		body["message"] = map[string]any{"body": message, "attempts": number % 5}
	case m.cause != "":
		body["trace_chain"] = []any{trace, map[string]any{"frames": trace["frames"], "exception": map[string]any{"class": m.cause, "message": "connection refused"}}}
	default:
		body["trace"] = trace
	}
	data["body"] = body
	text, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		return nil
	}
	return text
}

func (r *Reporter) uuid() string {
	var raw [16]byte
	for i := range raw {
		raw[i] = byte(r.rng.Uint32())
	}
	return hex.EncodeToString(raw[:])
}

// telemetry is what happened before, the error itself last.
func (r *Reporter) telemetry(about *served, message string) []any {
	at := about.at / int64(time.Millisecond)
	entry := func(before int64, kind, level string, body map[string]any) any {
		return map[string]any{"timestamp_ms": at - before, "type": kind, "level": level, "source": "server", "body": body}
	}
	return []any{
		entry(4200, "navigation", "info", map[string]any{"from": "/home", "to": about.path}),
		entry(2100, "log", "info", map[string]any{"message": "session of user " + about.user + " restored"}),
		entry(900, "dom", "info", map[string]any{"subtype": "click", "element": "button.primary"}),
		entry(320+int64(r.rng.IntN(200)), "network", "info", map[string]any{"subtype": "fetch", "method": "GET", "url": about.path, "status_code": 200, "start_time_ms": at - 300, "end_time_ms": at - 180}),
		entry(40, "log", "warning", map[string]any{"message": "retrying, the first attempt failed"}),
		entry(0, "error", "error", map[string]any{"message": message}),
	}
}

// trace is the traceback, frames in the order that the language's SDK sends them.
func (m *mishap) trace(l language, message, user string, number int) map[string]any {
	var frames []any
	for i, c := range m.calls {
		f := map[string]any{"filename": c.file, "method": c.method, "lineno": c.line}
		if l.code {
			f["code"] = c.code
			f["context"] = map[string]any{"pre": []string{"", l.comment + " " + c.method}, "post": []string{"", ""}}
		}
		if l.locals && i == len(m.calls)-1 {
			f["locals"] = map[string]any{"user_id": user, "attempt": number % 3, "timeout_ms": 250, "payload": map[string]any{"size": number, "kind": "activity"}, "api_token": "not kept"}
			f["argspec"] = []string{"user_id", "attempt"}
		}
		frames = append(frames, f)
	}
	if l.newestFirst {
		for i, j := 0, len(frames)-1; i < j; i, j = i+1, j-1 {
			frames[i], frames[j] = frames[j], frames[i]
		}
	}
	return map[string]any{"frames": frames, "exception": map[string]any{"class": m.class, "message": message}}
}
