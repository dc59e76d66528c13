package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
)

const (
	maxChain  = 10
	maxFrames = 100
	maxQuery  = 100 // parameters of a request that are sent
)

// occurrence is one error on its way to Rollbar. It is encoded where it is sent, not
// where it happened.
type occurrence struct {
	at          time.Time
	level       Level
	errors      []chained // the outermost first
	message     string    // where there is no error
	fingerprint string
	custom      map[string]any
	request     *http.Request
	asked       json.RawMessage // what request was when it was reported
	weight      int64           // bytes of custom and asked
	person      Person
	span        trace.SpanContext
	route       string
	before      []recentLog
}

type chained struct {
	class, message string
	frames         []runtime.Frame // the most recent call first
}

func newOccurrence(ctx context.Context, level Level) *occurrence {
	o := &occurrence{at: time.Now(), level: level, custom: map[string]any{}, span: trace.SpanContextFromContext(ctx)}
	o.person, _ = ctx.Value(personKey{}).(Person)
	if seen, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		o.request, o.route = seen.request, seen.request.Pattern
		if p := seen.person.Load(); p != nil && o.person == (Person{}) {
			o.person = *p
		}
	}
	return o
}

// callers returns the stack above the function that calls it; skip leaves out more.
func callers(skip int) []runtime.Frame {
	var pcs [maxFrames]uintptr
	return framesOf(pcs[:runtime.Callers(skip+2, pcs[:])])
}

// from leaves out the frames of logging: what is above the place that logged.
func from(pc uintptr, stack []runtime.Frame) []runtime.Frame {
	if pc == 0 {
		return stack
	}
	place := framesOf([]uintptr{pc})[0]
	for i, f := range stack {
		if f.Function == place.Function && f.Line == place.Line {
			return stack[i:]
		}
	}
	return []runtime.Frame{place} // it was logged by another goroutine
}

func framesOf(pcs []uintptr) []runtime.Frame {
	if len(pcs) == 0 {
		return nil
	}
	var out []runtime.Frame
	frames := runtime.CallersFrames(pcs)
	for len(out) < maxFrames {
		f, more := frames.Next()
		if f.Function != "" || f.File != "" {
			out = append(out, f)
		}
		if !more {
			break
		}
	}
	return out
}

// chainOf unwraps an error. An element without a stack of its own has the one of
// where it was reported, as Rollbar's own library does it.
func chainOf(err error, here []runtime.Frame) []chained {
	var out []chained
	for e := err; e != nil && len(out) < maxChain; e = errors.Unwrap(e) {
		c := chained{class: strings.TrimPrefix(fmt.Sprintf("%T", e), "*"), message: textOf(e), frames: here}
		switch s := e.(type) { //nolint:errorlint // each element is looked at by itself
		case interface{ Callers() []uintptr }:
			c.frames = framesOf(s.Callers())
		case interface{ Stack() []runtime.Frame }:
			c.frames = s.Stack()
		}
		out = append(out, c)
	}
	return out
}

// textOf is the error's text, even if its method panics.
func textOf(err error) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprintf("!panic: %v", p)
		}
	}()
	return err.Error()
}

// panicOf describes a panic; the frames of recovering it are left out.
func panicOf(recovered any, here []runtime.Frame) []chained {
	for i, f := range here {
		if f.Function == "runtime.gopanic" {
			here = here[i+1:]
			for len(here) > 1 && (strings.HasPrefix(here[0].Function, "runtime.") || strings.HasPrefix(here[0].Function, "internal/runtime/")) {
				here = here[1:] // how the runtime found out
			}
			break
		}
	}
	if err, ok := recovered.(error); ok {
		return chainOf(err, here)
	}
	return []chained{{class: "panic", message: fmt.Sprint(recovered), frames: here}}
}

// item is what Rollbar's API takes.
type item struct {
	AccessToken string   `json:"access_token"`
	Data        itemData `json:"data"`
}

type itemData struct {
	Environment string            `json:"environment"`
	Body        map[string]any    `json:"body"`
	Level       Level             `json:"level"`
	Timestamp   int64             `json:"timestamp"`
	CodeVersion string            `json:"code_version,omitempty"`
	Platform    string            `json:"platform"`
	Language    string            `json:"language"`
	Framework   string            `json:"framework,omitempty"`
	Context     string            `json:"context,omitempty"`
	Request     json.RawMessage   `json:"request,omitempty"`
	Person      map[string]string `json:"person,omitempty"`
	Server      map[string]any    `json:"server"`
	Custom      map[string]any    `json:"custom,omitempty"`
	Fingerprint string            `json:"fingerprint,omitempty"`
	UUID        string            `json:"uuid"`
	Notifier    map[string]string `json:"notifier"`
	Attributes  []attributePair   `json:"attributes,omitempty"`
}

type attributePair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// encode makes the body. One that is too long is sent again without what takes most.
func (r *reporter) encode(o *occurrence) []byte {
	d := itemData{
		Environment: r.settings.Environment, Level: o.level, Timestamp: o.at.Unix(), CodeVersion: r.settings.Version,
		Platform: runtime.GOOS, Language: "go", Context: o.route, Fingerprint: o.fingerprint, UUID: randomHex(16),
		Server:   map[string]any{"host": r.settings.host, "pid": os.Getpid(), "root": r.root()},
		Notifier: map[string]string{"name": scope, "version": libraryVersion()},
		Custom:   r.scrubbed(o.custom),
		Body:     r.body(o),
	}
	d.Custom["service"] = r.settings.Service
	if o.person != (Person{}) {
		d.Person = map[string]string{"id": o.person.ID, "username": o.person.Username, "email": o.person.Email}
	}
	d.Request = o.asked
	if o.span.IsValid() {
		d.Attributes = []attributePair{{"trace_id", o.span.TraceID().String()}, {"span_id", o.span.SpanID().String()}}
	}
	body := marshal(item{r.settings.Errors.Token, d})
	if len(body) > itemLongest {
		d.Custom, d.Body["telemetry"], d.Request = map[string]any{"service": r.settings.Service, "left_out": "the item was too long"}, nil, nil
		body = marshal(item{r.settings.Errors.Token, d})
	}
	return body
}

func marshal(i item) []byte {
	body, err := json.Marshal(i)
	if err != nil { // a value of the app: everything else always can be written
		i.Data.Custom = map[string]any{"left_out": err.Error()}
		body, _ = json.Marshal(i)
	}
	return body
}

func (r *reporter) body(o *occurrence) map[string]any {
	body := map[string]any{"telemetry": telemetryOf(o.before)}
	if len(o.errors) == 0 {
		body["message"] = map[string]any{"body": o.message}
		return body
	}
	chain := make([]map[string]any, len(o.errors))
	for i, e := range o.errors {
		chain[i] = map[string]any{
			"frames":    r.frames(e.frames),
			"exception": map[string]any{"class": e.class, "message": e.message},
		}
	}
	body["trace_chain"] = chain
	return body
}

// frames describes a stack, the most recent call first, as Rollbar expects it of Go.
// Where the source is there, the line and those around it are sent, too.
func (r *reporter) frames(stack []runtime.Frame) []map[string]any {
	out := make([]map[string]any, 0, len(stack))
	for _, f := range stack {
		if ours(f.Function) {
			continue
		}
		frame := map[string]any{"filename": shortFile(f.File), "lineno": f.Line, "method": f.Function}
		if code, pre, post, ok := r.sources.around(&f); ok {
			frame["code"], frame["context"] = code, map[string][]string{"pre": pre, "post": post}
		}
		out = append(out, frame)
	}
	return out
}

// ours reports whether a function is this library's, which says nothing about the app.
func ours(function string) bool {
	name, within := strings.CutPrefix(function, scope+".(*")
	return within && (strings.HasPrefix(name, "Telemetry)") || strings.HasPrefix(name, "logHandler)") || strings.HasPrefix(name, "handler)") || strings.HasPrefix(name, "reporter)"))
}

// shortFile leaves out where the toolchain keeps its modules.
func shortFile(file string) string {
	if _, module, found := strings.Cut(file, "/pkg/mod/"); found {
		return module
	}
	return file
}

func telemetryOf(before []recentLog) []map[string]any {
	out := make([]map[string]any, len(before))
	for i, l := range before {
		out[i] = map[string]any{
			"level": levelOf(l.level), "type": "log", "source": "server", "timestamp_ms": l.at.UnixMilli(),
			"body": map[string]any{"message": l.message},
		}
	}
	return out
}

// root is the prefix of the service's own code.
func (r *reporter) root() string {
	if r.settings.Errors.Root != "" {
		return r.settings.Errors.Root
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path != "" {
		return info.Main.Path
	}
	return ""
}

func libraryVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == scope {
				return m.Version
			}
		}
	}
	return "devel"
}
