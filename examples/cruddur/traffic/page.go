package traffic

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What the scripts of Cruddur's page report (web/static/telemetry.js), without a
// browser: each thing a person does is a trace that begins in the page, and what goes
// wrong there is an item as rollbar.js makes it.

// site is the page's config.json: where it reports to.
type site struct {
	url    string
	client *http.Client

	Version     string  `json:"version"`
	Environment string  `json:"environment"`
	Spans       *target `json:"spans"`
	Errors      *target `json:"errors"`
}

type target struct {
	URL string `json:"url"`
	Key string `json:"key"`
}

// openSite returns nil where there is no page, or one that reports nothing.
func openSite(ctx context.Context, client *http.Client, url string) (*site, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/config.json", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	s := &site{url: url, client: client}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(s); err != nil {
		return nil, err
	}
	if s.Spans == nil {
		return nil, nil //nolint:nilnil // as documented
	}
	return s, nil
}

// page is the site in one visitor's browser.
type page struct {
	*site
	visitor *visitor
	session string
	opened  time.Time
	action  *pageSpan // that is under way; its first child, if there is one, is the request
	spans   []*pageSpan
	asked   []string // the latest requests, as telemetry of an item
}

type pageSpan struct {
	name, trace, id, parent string
	kind                    int
	began, ended            time.Time
	attributes              map[string]any
	failed                  string
}

const (
	kindInternal = 1
	kindClient   = 3
	mostAsked    = 8
)

func (s *site) open(v *visitor) *page {
	p := &page{site: s, visitor: v, opened: time.Now()}
	p.session = p.hex(8)
	return p
}

func (p *page) hex(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(p.visitor.random.Uint32()) //nolint:gosec // a byte of it
	}
	return hex.EncodeToString(b)
}

// begin begins what a person does.
func (p *page) begin(name string) {
	now := time.Now()
	// X-Ray wants the second in which a trace began at the front of its id.
	p.action = &pageSpan{name: name, kind: kindInternal, trace: fmt.Sprintf("%08x", now.Unix()) + p.hex(12), id: p.hex(8), began: now, attributes: p.attributes()}
}

func (p *page) attributes() map[string]any {
	return map[string]any{"session.id": p.session, "url.path": "/"}
}

// ask tells the backend the trace of a request; the function that it returns takes
// the answer.
func (p *page) ask(request *http.Request) func(*http.Response, error) {
	s := &pageSpan{
		name: request.Method + " " + request.URL.Path, kind: kindClient, trace: p.action.trace, parent: p.action.id, id: p.hex(8), began: time.Now(), attributes: p.attributes(),
	}
	s.attributes["http.request.method"], s.attributes["url.full"], s.attributes["server.address"] = request.Method, request.URL.String(), request.URL.Hostname()
	request.Header.Set("Traceparent", "00-"+s.trace+"-"+s.id+"-01")
	return func(response *http.Response, err error) {
		s.ended = time.Now()
		p.spans = append(p.spans, s)
		if err != nil {
			s.failed = "Failed to fetch"
			p.action.failed = s.failed
			return
		}
		s.attributes["http.response.status_code"] = response.StatusCode
		if response.StatusCode >= http.StatusBadRequest {
			s.failed = http.StatusText(response.StatusCode)
		}
		p.asked = append(p.asked, fmt.Sprintf(
			`{"level":"info","type":"network","timestamp_ms":%[1]d,"body":{"method":%[2]q,"url":%[3]q,"status_code":%[4]d,"start_time_ms":%[1]d,"end_time_ms":%[5]d,"request_content_type":null,"subtype":"fetch","response_content_type":%[6]q},"source":"client"},`,
			s.began.UnixMilli(), request.Method, request.URL.RequestURI(), response.StatusCode, s.ended.UnixMilli(), response.Header.Get("Content-Type")))
		p.asked = p.asked[max(len(p.asked)-mostAsked, 0):]
	}
}

// end ends what a person does, and sends what there is to tell.
func (p *page) end(ctx context.Context) {
	p.action.ended = time.Now()
	spans := make([]map[string]any, 0, len(p.spans)+1)
	for _, s := range append(p.spans, p.action) {
		status := map[string]any{}
		if s.failed != "" {
			status = map[string]any{"code": 2, "message": s.failed}
		}
		spans = append(spans, map[string]any{
			"traceId": s.trace, "spanId": s.id, "parentSpanId": s.parent, "name": s.name, "kind": s.kind,
			"startTimeUnixNano": micros(s.began), "endTimeUnixNano": micros(s.ended), "attributes": pairs(s.attributes), "status": status,
		})
	}
	p.spans, p.action = nil, nil
	resource := map[string]any{"service.name": "cruddur-web", "service.version": p.Version, "deployment.environment.name": p.Environment, "user_agent.original": p.visitor.agent}
	body, err := json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{
		"resource": map[string]any{"attributes": pairs(resource)}, "scopeSpans": []any{map[string]any{"scope": map[string]any{"name": "cruddur-web"}, "spans": spans}},
	}}})
	if err == nil {
		p.report(ctx, p.Spans.URL, "x-honeycomb-team", p.Spans.Key, body)
	}
}

// micros writes nanoseconds as a page does, whose clock has microseconds.
func micros(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) + "000" }

func pairs(values map[string]any) []any {
	out := make([]any, 0, len(values))
	for key, v := range values {
		value := map[string]any{"stringValue": v}
		if n, is := v.(int); is {
			value = map[string]any{"intValue": n}
		}
		out = append(out, map[string]any{"key": key, "value": value})
	}
	return out
}

// typeError is an item that rollbar.js made of the page, with marks in place of what
// differs from one time to the next.
//
//go:embed typeerror.json
var typeError string

// stumble is what the page does where it wanted to show somebody whom the backend did
// not return: an error that nobody awaited.
func (p *page) stumble(ctx context.Context, whom string) {
	const message = "Cannot read properties of undefined (reading 'split')"
	p.action.failed = message
	if p.Errors == nil || len(p.spans) == 0 {
		return
	}
	asked := p.spans[len(p.spans)-1]
	status, answered := asked.attributes["http.response.status_code"].(int)
	if !answered {
		return
	}
	now := time.Now()
	before := strings.Join(p.asked[:max(len(p.asked)-1, 0)], "")
	filled := strings.NewReplacer(
		"@page@", p.url, "@items@", p.Errors.URL, "@environment@", p.Environment, "@version@", p.Version, "@agent@", p.visitor.agent,
		"@session@", p.session+p.session, "@uuid@", uuid(p.hex(16)), "@who@", p.visitor.handle, "@whom@", whom, "@trace@", p.action.trace, "@span@", p.action.id,
		"@seconds@", strconv.FormatInt(now.Unix(), 10), "@runtime@", strconv.FormatInt(now.Sub(p.opened).Milliseconds(), 10),
		"@clicked@", millis(p.action.began), "@asked@", millis(asked.began), "@failed@", millis(asked.ended), "@status@", strconv.Itoa(status), "@content@", "text/plain; charset=utf-8",
		"@before@", before,
	).Replace(typeError)
	var body bytes.Buffer
	if err := json.Compact(&body, []byte(filled)); err == nil {
		p.report(ctx, p.Errors.URL, "X-Rollbar-Access-Token", p.Errors.Key, body.Bytes())
	}
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func uuid(digits string) string {
	return digits[:8] + "-" + digits[8:12] + "-4" + digits[13:16] + "-a" + digits[17:20] + "-" + digits[20:]
}

// report sends what a page has to tell; what does not arrive is lost, as it is when
// somebody leaves.
func (p *page) report(ctx context.Context, url, header, key string, body []byte) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", p.visitor.agent)
	request.Header.Set(header, key)
	response, err := p.client.Do(request)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // so that the connection can be used again
	_ = response.Body.Close()
}
