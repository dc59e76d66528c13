package sdk_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/honeycombio/husky/otlp"
	collectorlogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// flat is one event as both translations come down to: where it went, when it
// was, how many it stands for and its fields, numbers as texts of the kind that
// types names.
type flat struct {
	Dataset string
	Time    int64
	Rate    int64
	Fields  map[string]string
	types   map[string]string
}

// allowed is a difference from the vendor's translation of version 0.30 that is
// meant: why, and what it makes of the vendor's events. One that changes nothing
// fails the test, so that none stays longer than it is needed.
type allowed struct {
	reason string
	change func(events []flat)
}

// oracleCase is a request and what may differ.
type oracleCase struct {
	name    string
	key     string // any-key unless given
	dataset string // of the header
	request proto.Message
	allowed []allowed
}

// The same bytes go through the vendor's own translation and through a running
// server, and must become the same events, field by field.
func TestOTLP_TranslatesAsTheVendorDoes(t *testing.T) {
	t.Parallel()
	s := start(t)
	tail := s.tail()
	for _, c := range oracleCases(time.Now().UnixNano()) {
		t.Run(c.name, func(t *testing.T) {
			body, err := proto.Marshal(c.request)
			if err != nil {
				t.Fatal(err)
			}
			want := translated(t, c, body)
			for _, a := range append(slices.Clone(c.allowed), everywhere()...) {
				before := clone(want)
				a.change(want)
				if reflect.DeepEqual(before, want) && !slices.ContainsFunc(everywhere(), func(e allowed) bool { return e.reason == a.reason }) {
					t.Errorf("no longer a difference: %s", a.reason)
				}
			}
			compare(t, "protobuf", want, s.sent(t, tail, c, "application/protobuf", body))
			s.checkTypes(t, want)
			s.checkRates(t, want)
			compare(t, "JSON", want, s.sent(t, tail, c, "application/json", asJSON(t, c.request)))
		})
	}
}

// everywhere are differences that any text may show.
func everywhere() []allowed {
	return []allowed{
		{"JSON text has no newline at its end: kinder to read", func(events []flat) {
			each(events, func(_ *flat, _, v string) string {
				if len(v) > 1 && strings.ContainsAny(v[:1], "[{\"") && strings.HasSuffix(v, "\n") {
					return v[:len(v)-1]
				}
				return v
			})
		}},
		{"<, >, & and the line separator in JSON text are as they were sent, as in the vendor's later versions", func(events []flat) {
			each(events, func(_ *flat, _, v string) string {
				return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u2028`, "\u2028").Replace(v)
			})
		}},
	}
}

// each replaces every text.
func each(events []flat, f func(e *flat, name, v string) string) {
	for i := range events {
		for name, v := range events[i].Fields {
			events[i].Fields[name] = f(&events[i], name, v)
		}
	}
}

func clone(events []flat) []flat {
	out := slices.Clone(events)
	for i := range out {
		out[i].Fields, out[i].types = maps.Clone(out[i].Fields), maps.Clone(out[i].types)
	}
	return out
}

// translated is what the vendor makes of a request.
func translated(t *testing.T, c oracleCase, body []byte) []flat {
	t.Helper()
	info := otlp.RequestInfo{ApiKey: c.key, Dataset: c.dataset, ContentType: "application/protobuf"}
	if info.ApiKey == "" {
		info.ApiKey = "any-key"
	}
	var result *otlp.TranslateOTLPRequestResult
	var err error
	switch c.request.(type) {
	case *collectortrace.ExportTraceServiceRequest:
		var r collectortrace.ExportTraceServiceRequest
		if err = proto.Unmarshal(body, &r); err == nil {
			result, err = otlp.TranslateTraceRequest(t.Context(), &r, info)
		}
	case *collectorlogs.ExportLogsServiceRequest:
		var r collectorlogs.ExportLogsServiceRequest
		if err = proto.Unmarshal(body, &r); err == nil {
			result, err = otlp.TranslateLogsRequest(t.Context(), &r, info)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []flat
	for _, b := range result.Batches {
		for _, e := range b.Events {
			f := flat{Dataset: slug(b.Dataset), Time: e.Timestamp.UnixNano(), Rate: max(int64(e.SampleRate), 1), Fields: map[string]string{}, types: map[string]string{}}
			for name, v := range e.Attributes {
				f.set(name, v)
			}
			out = append(out, f)
		}
	}
	return out
}

// set stores a value of the vendor's as text, with its type.
func (f *flat) set(name string, v any) {
	switch v := v.(type) {
	case string:
		f.Fields[name], f.types[name] = v, "string"
	case bool:
		f.Fields[name], f.types[name] = strconv.FormatBool(v), "boolean"
	case float64:
		f.Fields[name], f.types[name] = floatText(v), "float"
	case int, int64, uint32:
		f.Fields[name], f.types[name] = fmt.Sprint(v), "integer"
	default:
		panic(fmt.Sprintf("%s is a %T", name, v))
	}
}

func (f *flat) drop(name string) {
	delete(f.Fields, name)
	delete(f.types, name)
}

func floatText(v float64) string {
	if math.IsInf(v, 1) {
		return "Infinity"
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', -1, 64), "-Inf", "-Infinity", 1)
}

// slug is the vendor's rule for the names of datasets in paths.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') || strings.ContainsRune("_~.-", r) {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}

// tail reads events as they arrive.
func (s *server) tail() <-chan tailed {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.addr["listen"]+"/api/tail", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("tail: %v", err)
	}
	out := make(chan tailed, 10_000)
	go func() {
		defer close(out)
		defer func() { _ = resp.Body.Close() }()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var update struct{ Events []tailed }
			d := json.NewDecoder(strings.NewReader(data))
			d.UseNumber()
			if err := d.Decode(&update); err != nil {
				s.t.Errorf("%.200s: %v", data, err)
				return
			}
			for _, e := range update.Events {
				out <- e
			}
		}
	}()
	return out
}

type tailed struct {
	Time    string
	Dataset string
	Fields  map[string]any
}

// sent sends a request and returns the events that it became.
func (s *server) sent(t *testing.T, tail <-chan tailed, c oracleCase, kind string, body []byte) []flat {
	t.Helper()
	path := "/v1/traces"
	if _, ok := c.request.(*collectorlogs.ExportLogsServiceRequest); ok {
		path = "/v1/logs"
	}
	s.export(t, path, c.key, c.dataset, kind, body)
	end, err := proto.Marshal(tracesOf(resourceOf("end of the case"), nil, spanOf(time.Now().UnixNano(), c.name)))
	if err != nil {
		t.Fatal(err)
	}
	s.export(t, "/v1/traces", "", "", "application/protobuf", end)
	var out []flat
	for {
		select {
		case e, open := <-tail:
			if !open {
				t.Fatal("the tail has ended")
			}
			if e.Dataset == "end-of-the-case" {
				return out
			}
			at, err := strconv.ParseInt(e.Time, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			f := flat{Dataset: e.Dataset, Time: at, Fields: map[string]string{}}
			for name, v := range e.Fields {
				if !slices.Contains(stamped(), name) {
					f.Fields[name] = fmt.Sprint(v)
				}
			}
			out = append(out, f)
		case <-time.After(time.Minute):
			t.Fatalf("only %d events arrived within a minute", len(out))
		}
	}
}

// stamped are the fields that exceptions have here beside what was sent: they are
// errors, too, which the vendor does not know.
func stamped() []string {
	return []string{
		"error.fingerprint", "error.environment", "error.title", "error.level", "error.occurrence_id", "error.culprit", "error.platform", "error.framework",
		"error.grouping", "error.twin_of",
	}
}

// asJSON encodes a request as OTLP has it: as protobuf's JSON, but ids in hex.
func asJSON(t *testing.T, request proto.Message) []byte {
	t.Helper()
	raw, err := protojson.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`"(traceId|spanId|parentSpanId)":\s*"([^"]*)"`)
	return id.ReplaceAllFunc(raw, func(member []byte) []byte {
		parts := id.FindSubmatch(member)
		bytes, err := base64.StdEncoding.DecodeString(string(parts[2]))
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Appendf(nil, "%q:%q", parts[1], hex.EncodeToString(bytes))
	})
}

func (s *server) export(t *testing.T, path, key, dataset, kind string, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.addr["listen"]+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key == "" {
		key = "any-key"
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("X-Honeycomb-Team", key)
	if dataset != "" {
		req.Header.Set("X-Honeycomb-Dataset", dataset)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(resp.Body); err != nil || resp.StatusCode != http.StatusOK || answer.Len() > len("{}") {
		t.Fatalf("%d, %q, %v", resp.StatusCode, answer.String(), err)
	}
}

// compare tells each field that differs. Events of one dataset come in the order
// of the request.
func compare(t *testing.T, form string, want, got []flat) {
	t.Helper()
	inOrder := func(a, b flat) int { return strings.Compare(a.Dataset, b.Dataset) }
	want, got = slices.Clone(want), slices.Clone(got)
	slices.SortStableFunc(want, inOrder)
	slices.SortStableFunc(got, inOrder)
	if len(want) != len(got) {
		t.Fatalf("%s: %d events, want %d\ngot  %v\nwant %v", form, len(got), len(want), got, want)
	}
	for i := range want {
		w, g := want[i], got[i]
		if w.Dataset != g.Dataset || w.Time != g.Time {
			t.Errorf("%s: event %d: in %s at %d, want %s at %d", form, i, g.Dataset, g.Time, w.Dataset, w.Time)
		}
		names := maps.Clone(w.Fields)
		maps.Copy(names, g.Fields)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			wv, wok := w.Fields[name]
			gv, gok := g.Fields[name]
			if w.types[name] == "float" {
				gv = asFloat(gv)
			}
			if wok != gok || wv != gv {
				t.Errorf("%s: event %d (%s %s): %s is %.200q (%v), want %.200q (%v)", form, i, w.Fields["meta.annotation_type"], w.Fields["name"], name, gv, gok, wv, wok)
			}
		}
	}
}

// asFloat writes a number as JSON has it the way floatText does.
func asFloat(v string) string {
	if f, err := strconv.ParseFloat(v, 64); err == nil {
		return floatText(f)
	}
	return v
}

// checkTypes wants each column of the events' datasets to have the vendor's type,
// if it has one only.
func (s *server) checkTypes(t *testing.T, want []flat) {
	t.Helper()
	types := map[string]map[string]string{}
	for _, e := range want {
		if types[e.Dataset] == nil {
			types[e.Dataset] = map[string]string{}
		}
		for name, kind := range e.types {
			if known, ok := types[e.Dataset][name]; ok && known != kind {
				kind = "several"
			}
			types[e.Dataset][name] = kind
		}
	}
	for dataset, columns := range types {
		if dataset == "unknown_service" || dataset == "unknown_log_source" {
			continue // of many cases
		}
		var answer struct{ Fields []struct{ Name, Type string } }
		s.call(http.MethodGet, "/api/fields?dataset="+dataset, nil, &answer)
		got := map[string]string{}
		for _, f := range answer.Fields {
			got[f.Name] = f.Type
		}
		for name, kind := range columns {
			if kind != "several" && got[name] != kind {
				t.Errorf("%s is of type %q, want %s", name, got[name], kind)
			}
		}
	}
}

// checkRates wants the events of each name to stand for as many as the vendor's.
func (s *server) checkRates(t *testing.T, want []flat) {
	t.Helper()
	weights := map[string]map[string]int64{}
	for _, e := range want {
		if weights[e.Dataset] == nil {
			weights[e.Dataset] = map[string]int64{}
		}
		weights[e.Dataset][e.Fields["name"]+"|"+e.Fields["meta.annotation_type"]] += e.Rate
	}
	for dataset, byName := range weights {
		if dataset == "unknown_service" || dataset == "unknown_log_source" {
			continue
		}
		got := map[string]int64{}
		for _, row := range s.counts(t, dataset) {
			got[row.name+"|"+row.annotation] += row.count
		}
		if !maps.Equal(byName, got) {
			t.Errorf("%s: events stand for %v, want %v", dataset, got, byName)
		}
	}
}

type counted struct {
	name, annotation string
	count            int64
}

// counts asks how many events there are of each name, by their sample rates.
func (s *server) counts(t *testing.T, dataset string) []counted {
	t.Helper()
	question, err := json.Marshal(map[string]any{"dataset": dataset, "query": map[string]any{
		"calculations": []any{map[string]any{"op": "COUNT"}}, "breakdowns": []any{"name", "meta.annotation_type"}, "time_range": 86_400, "limit": 1000,
	}})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post("http://"+s.addr["listen"]+"/api/query", "application/json", bytes.NewReader(question))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var out []counted
	for d := json.NewDecoder(resp.Body); ; {
		var line struct {
			Type   string
			Error  json.RawMessage
			Result struct{ Rows [][]any }
		}
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Type == "error" {
			t.Fatalf("%s", line.Error)
		}
		if line.Type != "done" {
			continue
		}
		for _, r := range line.Result.Rows {
			name, _ := r[0].(string)
			annotation, _ := r[1].(string)
			n, _ := r[2].(float64)
			out = append(out, counted{name, annotation, int64(n)})
		}
		return out
	}
}
