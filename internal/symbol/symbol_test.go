package symbol_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/symbol"
)

type rig struct {
	*symbol.Store
	t    *testing.T
	dir  string
	now  time.Time
	cfg  symbol.Config
	stop func()
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), now: time.Unix(1_764_000_000, 0)}
	r.start()
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *rig) start() {
	r.t.Helper()
	ctx := context.WithoutCancel(r.t.Context())
	db, err := meta.Open(ctx, r.dir+"/meta.db")
	r.must(err)
	r.cfg.Dir, r.cfg.Clock, r.cfg.Log = r.dir+"/symbols", func() time.Time { return r.now }, slog.New(slog.DiscardHandler)
	r.Store, err = symbol.Open(ctx, db, r.cfg)
	r.must(err)
	r.stop = func() {
		r.must(r.Close(ctx))
		r.must(db.Close())
	}
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) put(version, url string, raw []byte) symbol.Map {
	r.t.Helper()
	m, err := r.Put(r.t.Context(), symbol.Upload{Environment: "shop", Version: version, URL: url, Map: raw})
	r.must(err)
	return m
}

func (r *rig) files() int {
	n := 0
	r.must(filepath.WalkDir(r.cfg.Dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	}))
	return n
}

const source = `// file a
function computeTotal(cart) {
  // sum
  var total = 0;
  for (var i = 0; i < cart.items.length; i++) {
    total += cart.items[i].price * cart.items[i].qty;
  }
  return total;
}
function outer(user) {
  var t = computeTotal(user.cart);
  if (t > 100) {
    throw new Error("limit " + t);
  }
  return t;
}
window.outer = outer;
`

// mapOf is the map of a minified file, whose source it holds or not.
func mapOf(content bool) []byte {
	m := map[string]any{
		"version": 3, "sources": []string{"webpack://shop/./src/a.js"},
		"names": []string{"computeTotal", "cart", "total", "i", "items", "length", "price", "qty", "outer", "user", "t", "Error", "window"},
		"mappings": "AACA,SAASA,EAAaC,GAGpB,IADA,IAAIC,EAAQ,EACHC,EAAI,EAAGA,EAAIF,EAAKG,MAAMC,OAAQF,IACrCD,GAASD,EAAKG,MAAMD,GAAGG,MAAQL,EAAKG,MAAMD,GAAGI,IAE/C,OAAOL,CACT,CACA,SAASM,EAAMC,GACb," +
			"IAAIC,EAAIV,EAAaS,EAAKR,MAC1B,GAAIS,EAAI,IACN,MAAM,IAAIC,MAAM,SAAWD,GAE7B,OAAOA,CACT,CACAE,OAAOJ,MAAQA",
	}
	if content {
		m["sourcesContent"] = []string{source}
	}
	raw, _ := json.Marshal(m) //nolint:errchkjson // a map of texts
	return raw
}

func payload(node bool, version, frames string) []byte {
	platform, framework := "browser", "browser-js"
	if node {
		platform, framework = "linux", "node-js"
	}
	return []byte(`{"language":"javascript","platform":"` + platform + `","framework":"` + framework + `","code_version":"` + version + `","body":{"trace":{"frames":[` + frames + `]}}}`)
}

const frames = `{"filename":"https://h.example/static/a.min.js?v=1","lineno":1,"colno":116,"method":"Object.t [as outer]"},
	{"filename":"<anonymous>","lineno":1,"colno":2,"method":"Array.map"},
	{"filename":"https://h.example/static/a.min.js?v=1","lineno":"1","colno":41,"method":"r"}`

func TestPayload_FindsPlacesInSources(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m := r.put("1.0", "//H.example/static/a.min.js", mapOf(true))
	twoFrames := strings.Replace(frames, `{"filename":"<anonymous>","lineno":1,"colno":2,"method":"Array.map"},`, "", 1)
	got := r.Payload("shop", payload(false, "1.0", twoFrames))
	lines := strings.Split(source, "\n")
	ref := symbol.Resolved{InProject: true, MapID: m.ID, MapURL: "h.example/static/a.min.js", Match: symbol.MatchNoQuery, Version: "1.0", File: "src/a.js"}
	caller, crash := ref, ref
	caller.Line, caller.Column, caller.Method, caller.Text, caller.Pre, caller.Post = 11, 11, "outer", lines[10], lines[5:10], lines[11:16]
	crash.Line, crash.Column, crash.Method, crash.Text, crash.Pre, crash.Post = 5, 34, "computeTotal", lines[4], lines[:4], lines[5:10]
	want := symbol.Payload{Version: "1.0", Traces: [][]symbol.Resolved{{caller, crash}}}
	if d := cmp.Diff(want, got, cmp.Comparer(sameFrame)); d != "" {
		t.Error(d)
	}
	if list, _ := r.List("shop", symbol.Filter{}, 0, 10); list[0].Matched != r.now.UnixNano() || list[0].MatchedBy != symbol.MatchNoQuery {
		t.Errorf("the list does not tell what matched: %+v", list)
	}
}

func sameFrame(a, b symbol.Resolved) bool {
	x, _ := json.Marshal(a) //nolint:errchkjson // texts and numbers
	y, _ := json.Marshal(b) //nolint:errchkjson // texts and numbers
	return string(x) == string(y)
}

func TestPayload_CountsColumnsAsTheRuntimeDoes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("1.0", "/app/a.min.js", mapOf(true))
	one := `{"filename":"/app/a.min.js","lineno":1,"colno":40,"method":"r"}`
	if got := r.Payload("shop", payload(true, "1.0", one)).Traces[0][0]; got.Column != 34 {
		t.Errorf("Node's column 40 is %d:%d, want 5:34", got.Line, got.Column)
	}
	if got := r.Payload("shop", payload(false, "1.0", one)).Traces[0][0]; got.Column != 28 {
		t.Errorf("a browser's column 40 is %d:%d, want 5:28", got.Line, got.Column)
	}
}

func TestPayload_SaysWhyNot(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.Failed(t.Context(), "shop", "1.0", "https://h.example/down.js", symbol.CodeDownloadFailed, "the server answered 404"))
	resolve := func(version, frame string) symbol.Resolved {
		return r.Payload("shop", payload(false, version, frame)).Traces[0][0]
	}
	file := `{"filename":"https://h.example/static/a.min.js","lineno":1,"colno":41}`
	wants := func(got symbol.Resolved, code, words string) {
		t.Helper()
		if got.Code != code || !strings.Contains(got.Reason, words) || got.File != "" {
			t.Errorf("%+v, want %s, %q", got, code, words)
		}
	}
	wants(resolve("1.0", file), symbol.CodeNoMap, "no source map was uploaded for h.example/static/a.min.js in version 1.0")
	wants(resolve("", file), symbol.CodeNoVersion, "no code_version")
	r.put("2.0", "https://h.example/static/a.min.js", mapOf(true)) // late, and of another version
	wants(resolve("1.0", file), symbol.CodeNoMap, "there is one of version 2.0")
	if got := resolve("", file); !got.Guessed || got.Version != "2.0" || got.Line != 5 {
		t.Errorf("without a version: %+v", got)
	}
	r.put("1.0", "https://h.example/static/a.min.js", mapOf(true)) // later still
	if got := resolve("1.0", file); got.Code != "" || got.Line != 5 {
		t.Errorf("a late map resolves to %+v", got)
	}
	wants(resolve("1.0", `{"filename":"https://h.example/static/a.min.js","lineno":9,"colno":1}`), symbol.CodeNoMapping, "line 9")
	wants(resolve("1.0", `{"filename":"https://h.example/static/a.min.js","lineno":1}`), symbol.CodeNoColumn, "no column")
	wants(resolve("1.0", `{"filename":"https://h.example/down.js","lineno":1,"colno":1}`), symbol.CodeDownloadFailed, "404")
	wants(resolve("1.0", `{"filename":"src/a.ts","lineno":1,"colno":1}`), symbol.CodeIsSource, "source")
	wants(resolve("1.0", `{"filename":"node:internal/x","lineno":1,"colno":1}`), symbol.CodeRuntime, "runtime")
	wants(resolve("1.0", `{"filename":["x"],"lineno":{},"colno":null}`), symbol.CodeRuntime, "runtime")
	wants(resolve("1.0", `"frame"`), symbol.CodeRuntime, "runtime")
	if got := r.Payload("shop", []byte(`{"language":"python 3","body":{"trace":{"frames":[{"filename":"a.py"}]}}}`)); got.Traces != nil {
		t.Errorf("Python is resolved: %+v", got)
	}
}

func TestResolve_FindsTheMapOfAFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ stored, file, by string }{
		{"http://h/s/a.min.js", "https://h/s/a.min.js", symbol.MatchURL},
		{"http://h/s/a.min.js?v=2", "https://h/s/a.min.js?v=2#x", symbol.MatchURL},
		{"http://h/s/a.min.js", "https://h/s/a.min.js?v=2", symbol.MatchNoQuery},
		{"//dynamichost/s/a.min.js", "https://any.example:8080/s/a.min.js", symbol.MatchDynamic},
		{"http://h/s/a.min.js", "http://cdn.example/s/a.min.js", symbol.MatchPath},
		{"http://h/a.min.js", "http://h/static/a.min.js", symbol.MatchName}, // a prefix without its slash
		{"http://h/s/a.min.js", "http://h/s/b.min.js", ""},
	} {
		r := newRig(t)
		r.put("1", c.stored, mapOf(true))
		got := r.Resolve(symbol.Trace{Environment: "shop", Version: "1", Frames: []symbol.Frame{{File: c.file, Line: 1, Column: 41}}})[0]
		if got.Match != c.by {
			t.Errorf("%s for %s: by %q (%s), want %q", c.stored, c.file, got.Match, got.Reason, c.by)
		}
		if other := r.Resolve(symbol.Trace{Environment: "other", Version: "1", Frames: []symbol.Frame{{File: c.file, Line: 1, Column: 41}}})[0]; other.Code == "" {
			t.Error("the map of one environment is used in another")
		}
	}
	r := newRig(t)
	r.put("1", "h/a.js", []byte(strings.Replace(string(mapOf(true)), `{`, `{"debugId":"d-1",`, 1)))
	if got := r.Resolve(symbol.Trace{Environment: "shop", Version: "9", Frames: []symbol.Frame{{File: "x", DebugID: "d-1", Line: 1, Column: 41}}})[0]; got.Match != symbol.MatchDebugID {
		t.Errorf("by debug id: %+v", got)
	}
}

func TestPut_TakesSourcesBesideTheMap(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.Put(t.Context(), symbol.Upload{
		Environment: "shop", Version: "1", URL: "http://h/a.min.js", Map: mapOf(false), Sources: map[string][]byte{"webpack://shop/./src/a.js": []byte(source)},
	})
	r.must(err)
	got := r.Resolve(symbol.Trace{Environment: "shop", Version: "1", Frames: []symbol.Frame{{File: "http://h/a.min.js", Line: 1, Column: 41}}})[0]
	if !strings.Contains(got.Text, "cart.items.length") || len(got.Post) != 5 {
		t.Errorf("resolved to %+v", got)
	}
}

func TestPut_ReplacesAndOutlivesARestart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("1", "http://h/a.min.js", mapOf(false))
	r.put("1", "https://h/a.min.js", mapOf(true))
	r.put("2", "https://h/a.min.js", mapOf(true))
	if n := r.files(); n != 1 {
		t.Errorf("%d files are kept, want one: the first is replaced, the others are the same", n)
	}
	r.must(os.WriteFile(r.cfg.Dir+"/new-cutoff", []byte("x"), 0o600))
	r.stop()
	r.start()
	if n := r.files(); n != 1 {
		t.Errorf("%d files are there after a restart", n)
	}
	list, total := r.List("shop", symbol.Filter{Text: "A.MIN"}, 0, 1)
	if total != 2 || len(list) != 1 {
		t.Fatalf("%d of %d maps after a restart", len(list), total)
	}
	r.must(r.Delete(t.Context(), "shop", list[0].ID))
	if err := r.Delete(t.Context(), "shop", list[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if got := r.Resolve(symbol.Trace{Environment: "shop", Version: "1", Frames: []symbol.Frame{{File: "h/a.min.js", Line: 1, Column: 41}}})[0]; got.Text == "" {
		t.Errorf("the other version is gone, too: %+v", got)
	}
}

func TestTidy_DeletesWhatIsNotUsed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("1", "h/a.js", mapOf(true))
	r.put("2", "h/a.js", mapOf(false))
	r.now = r.now.Add(80 * 24 * time.Hour)
	r.Resolve(symbol.Trace{Environment: "shop", Version: "1", Frames: []symbol.Frame{{File: "h/a.js", Line: 1, Column: 41}}})
	r.must(r.Tidy(t.Context()))
	r.stop()
	r.start()
	r.now = r.now.Add(20 * 24 * time.Hour)
	r.must(r.Tidy(t.Context()))
	if list, _ := r.List("shop", symbol.Filter{}, 0, 10); len(list) != 1 || list[0].Version != "1" || r.files() != 1 {
		t.Errorf("%d files and %+v are left", r.files(), list)
	}
}

func TestPut_BoundsWhatIsKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stop()
	r.cfg.MaxMaps = 2
	r.start()
	for _, version := range []string{"1", "2", "3"} {
		r.now = r.now.Add(time.Second)
		r.put(version, "h/a.js", mapOf(true))
	}
	if list, _ := r.List("shop", symbol.Filter{}, 0, 10); len(list) != 2 || list[1].Version != "2" {
		t.Errorf("%+v are left, want the last two", list)
	}
	for name, u := range map[string]symbol.Upload{
		"version":  {Environment: "shop", URL: "h/a.js", Map: mapOf(true)},
		"minified": {Environment: "shop", Version: "1", Map: mapOf(true)},
		"JSON":     {Environment: "shop", Version: "1", URL: "h/a.js", Map: []byte("<html>")},
	} {
		if _, err := r.Put(t.Context(), u); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want one that says %s", err, name)
		}
	}
}
