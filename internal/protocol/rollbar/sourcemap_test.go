package rollbar

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/symbol"
)

// aMap maps the first column of a file to the second line of src/a.js.
const aMap = `{"version":3,"sources":["webpack:///./src/a.js"],"names":[],"mappings":"AACA"}`

// form makes a multipart form; parts come in pairs of name and content, a name
// that begins with @ is a file.
func form(t *testing.T, parts ...string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		if name, file := strings.CutPrefix(parts[i], "@"); file {
			part, err := w.CreateFormFile(name, "a.js.map")
			must(t, err)
			_, err = part.Write([]byte(parts[i+1]))
			must(t, err)
		} else {
			must(t, w.WriteField(parts[i], parts[i+1]))
		}
	}
	must(t, w.Close())
	return b.String(), w.FormDataContentType()
}

// place resolves the beginning of a minified file.
func (r *rig) place(environment, version, url string) symbol.Resolved {
	return r.front.Symbols.Resolve(symbol.Trace{Environment: environment, Version: version, Frames: []symbol.Frame{{File: url, Line: 1, Column: 1}}})[0]
}

// environment is the one that the rig's tokens are of.
func (r *rig) environment() string {
	r.t.Helper()
	who, err := r.front.Keys.Authenticate(r.t.Context(), auth.Rollbar, r.keys[auth.RollbarWrite])
	must(r.t, err)
	return who.Environment
}

func TestUploadSourceMap_KeepsTheMapAndItsSources(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	body, kind := form(t, "access_token", r.keys[auth.RollbarWrite], "version", "1.0", "minified_url", "https://h.example/static/a.min.js",
		"@source_map", aMap, "@webpack:///./src/a.js", "one\ntwo\nthree")
	a := r.do(http.MethodPost, "/api/1/sourcemap/", body, "Content-Type", kind)
	if a.status != 200 || !strings.Contains(a.body, `"err":0`) || !strings.Contains(a.body, `"minified_url":"//h.example/static/a.min.js"`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	got := r.place(r.environment(), "1.0", "http://h.example/static/a.min.js")
	if got.File != "src/a.js" || got.Line != 2 || got.Text != "two" || len(got.Pre) != 1 {
		t.Errorf("resolved to %+v", got)
	}
}

func TestUploadSourceMap_RefusesWithTheReason(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for _, c := range []struct {
		parts  []string
		status int
		says   string
	}{
		{[]string{"version", "1", "minified_url", "h/a.js"}, 422, "source_map is missing"},
		{[]string{"minified_url", "h/a.js", "@source_map", aMap}, 422, "version has 0 bytes"},
		{[]string{"version", "1", "@source_map", aMap}, 422, "minified_url has 0 bytes"},
		{[]string{"version", "1", "minified_url", "h/a.js", "@source_map", "<html>"}, 422, "not JSON of a source map"},
		{[]string{"version", "1", "minified_url", "h/a.js", "@source_map", `{"version":3,"mappings":"A*"}`}, 422, "no number at character 1"},
	} {
		body, kind := form(t, c.parts...)
		a := r.do(http.MethodPost, "/api/1/sourcemap", body, "Content-Type", kind, tokenHeader, r.keys[auth.RollbarWrite])
		if a.status != c.status || !strings.Contains(a.message(), c.says) {
			t.Errorf("%v: %d %s, want %d, %q", c.parts, a.status, a.body, c.status, c.says)
		}
	}
	body, kind := form(t, "version", "1", "minified_url", "h/a.js", "@source_map", aMap)
	if a := r.do(http.MethodPost, "/api/1/sourcemap", body, "Content-Type", kind, tokenHeader, r.keys[auth.RollbarRead]); a.status != 403 {
		t.Errorf("a token that only reads: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/proguard", "/dsym", "/fluttersymbols"} {
		if a := r.do(http.MethodPost, "/api/1"+path, "{}", tokenHeader, r.keys[auth.RollbarWrite]); a.status != 501 || !strings.Contains(a.message(), "not applied") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestDownloadSourceMap_FetchesFileAndMap(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	files := map[string]string{
		"/a.min.js": "code\n//# sourceMappingURL=maps/a.map\n", "/maps/a.map": aMap, "/plain.js": "code", "/lost.js": "x()//# sourceMappingURL=gone.map",
		"/inline.js": "code\n//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbImlubGluZS5qcyJdLCJtYXBwaW5ncyI6IkFBQ0EifQ==\n",
		"/broken.js": "code\n//# sourceMappingURL=broken.map\n", "/broken.map": "<html>",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		content, ok := files[q.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(content))
	}))
	defer server.Close()
	ask := func(url string) answer {
		return r.do(http.MethodPost, "/api/1/sourcemap/download", map[string]string{"version": "1", "minified_url": url}, tokenHeader, r.keys[auth.RollbarWrite])
	}
	for path, source := range map[string]string{"/a.min.js": "src/a.js", "/inline.js": "inline.js"} {
		if a := ask(server.URL + path); a.status != 200 {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		if got := r.place(r.environment(), "1", server.URL+path); got.File != source || got.Line != 2 {
			t.Errorf("%s resolves to %+v", path, got)
		}
	}
	for path, code := range map[string]string{
		server.URL + "/plain.js": symbol.CodeNoMapURL, server.URL + "/none.js": symbol.CodeDownloadFailed, server.URL + "/lost.js": symbol.CodeMapDownload,
		server.URL + "/broken.js": symbol.CodeMapLoad, "ftp://h/a.js": symbol.CodeInvalidURL, "a.js": symbol.CodeInvalidURL,
	} {
		if a := ask(path); a.status != 422 || !strings.HasPrefix(a.message(), code) {
			t.Errorf("%s: %d %s, want %s", path, a.status, a.body, code)
		}
	}
	if got := r.place(r.environment(), "1", server.URL+"/plain.js"); got.Code != symbol.CodeNoMapURL {
		t.Errorf("frames of a file that names no map say %+v", got)
	}
	r.front.PrivateDestinations = false
	if a := ask(server.URL + "/a.min.js"); a.status != 422 || !strings.Contains(a.message(), "--private-destinations") {
		t.Errorf("a private address: %d %s", a.status, a.body)
	}
}

func bundleOf(t *testing.T, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(entries); i += 2 {
		part, err := w.Create(entries[i])
		must(t, err)
		_, err = part.Write([]byte(entries[i+1]))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

// sign asks where a bundle is to be put, and returns the path.
func (r *rig) sign(prefix string) string {
	r.t.Helper()
	a := r.do(http.MethodPost, "/api/1/signed_url/sourcemap_bundle", map[string]string{"version": "1", "prefix_url": prefix}, tokenHeader, r.keys[auth.RollbarWrite])
	var got struct {
		Result struct {
			URL     string `json:"signed_url"`
			Project string `json:"project_id"`
		} `json:"result"`
	}
	must(r.t, json.Unmarshal([]byte(a.body), &got))
	path, ok := strings.CutPrefix(got.Result.URL, "http://example.com")
	if a.status != 200 || !ok || got.Result.Project == "" {
		r.t.Fatalf("%d %s", a.status, a.body)
	}
	return path
}

func TestSourceMapBundle_IsKeptUnderBothReadingsOfItsPrefix(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	path := r.sign("http://h/static")
	bundle := bundleOf(t, "manifest.json", `{"version":"1"}`, "a.min.js.map", aMap, "b.min.js.map", "<html>", "../../c.min.js.map", aMap)
	a := r.do(http.MethodPut, path, bundle, "Content-Type", "application/octet-stream")
	if a.status != 200 || !strings.Contains(a.body, `"source_maps":2`) || !strings.Contains(a.body, "b.min.js.map: the source map is not JSON") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, url := range []string{"http://h/static/a.min.js", "http://h/a.min.js", "http://h/static/c.min.js"} {
		if got := r.place(r.environment(), "1", url); got.Match != symbol.MatchURL {
			t.Errorf("%s resolves to %+v", url, got)
		}
	}
	if got := r.place(r.environment(), "1", "http://h/static/b.min.js"); got.Code != symbol.CodeMapLoad {
		t.Errorf("the map that could not be read: %+v", got)
	}
	list, _ := r.front.Symbols.List(r.environment(), symbol.Filter{Text: "h/a.min.js"}, 0, 10)
	if len(list) != 1 || list[0].Variant != symbol.VariantResolved || list[0].MatchedBy != symbol.MatchURL {
		t.Errorf("the list says %+v", list)
	}
}

func TestSourceMapBundle_RefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	path := r.sign("http://h/")
	bomb := bundleOf(t, "a.js.map", strings.Repeat(" ", 101<<20))
	for says, body := range map[string][]byte{
		"not a zip file": []byte("PK"), "no source map that can be read": bundleOf(t, "readme.txt", "x"), "bytes that are taken, unpacked": bomb,
	} {
		if a := r.do(http.MethodPut, path, body); a.status != 422 || !strings.Contains(a.message(), says) {
			t.Errorf("%d %s, want %q", a.status, a.body, says)
		}
	}
	r.stop()
	r.start()
	if a := r.do(http.MethodPut, path, bundleOf(t, "a.js.map", aMap)); a.status != 200 {
		t.Errorf("after a restart: %d %s", a.status, a.body)
	}
	r.clock.advance(2 * time.Hour)
	if a := r.do(http.MethodPut, path, bundleOf(t, "a.js.map", aMap)); a.status != 403 {
		t.Errorf("an old URL: %d %s", a.status, a.body)
	}
	if a := r.do(http.MethodPut, "/api/1/sourcemap_bundle/x", "y"); a.status != 403 {
		t.Errorf("a URL that nobody signed: %d %s", a.status, a.body)
	}
}

func TestPostItem_IsGroupedByItsSources(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	// Two builds of one source, whose minified names and places differ.
	maps := map[string]string{
		"1": `{"version":3,"sources":["webpack:///./src/cart.js"],"names":["total"],"mappings":"AAKIA","sourcesContent":["\nfunction total(cart) {\n\n\n\n  return cart.x.y\n}\n"]}`,
		"2": `{"version":3,"sources":["webpack:///./src/cart.js"],"names":["total"],"mappings":";;;;AAKIA","sourcesContent":["\nfunction total(cart) {\n\n\n\n  return cart.x.y\n}\n"]}`,
		"3": `{"version":3,"sources":["webpack:///./src/cart.js"],"names":["total"],"mappings":"AAKIA","sourcesContent":["\nfunction total(cart) {\n\n\n\n  return cart.x.y\n}\n"]}`,
	}
	upload := func(version string) {
		t.Helper()
		body, kind := form(t, "version", version, "minified_url", "https://h.example/static/app."+version+"f0.min.js", "@source_map", maps[version])
		if a := r.do(http.MethodPost, "/api/1/sourcemap", body, "Content-Type", kind, tokenHeader, r.keys[auth.RollbarWrite]); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	post := func(version, method string, line int) event.Row {
		t.Helper()
		frame, err := json.Marshal(map[string]any{"filename": "https://h.example/static/app." + version + "f0.min.js", "lineno": line, "colno": 7, "method": method})
		must(t, err)
		return r.stored(`{"data":{"environment":"production","platform":"browser","language":"javascript","client":{"javascript":{"code_version":"` + version +
			`"}},"body":{"trace":{"frames":[` + string(frame) + `],"exception":{"class":"TypeError","message":"x is undefined"}}}}}`)
	}
	fingerprint := func(row event.Row) string { return row.Get(event.FieldErrorFingerprint).Str() }
	upload("1")
	upload("2")
	first, second := post("1", "r", 1), post("2", "n", 5)
	if fingerprint(first) == "" || fingerprint(first) != fingerprint(second) {
		t.Errorf("two builds of one source are %s and %s", fingerprint(first), fingerprint(second))
	}
	if culprit := first.Get(event.FieldErrorCulprit).Str(); culprit != "total in src/cart.js" {
		t.Errorf("the culprit is %q", culprit)
	}
	if sent := first.Get(fieldPayload).Str(); !strings.Contains(sent, `"method":"r"`) || strings.Contains(sent, "cart.js") {
		t.Errorf("the payload is not kept as it came: %s", sent)
	}
	late := post("3", "q", 1)
	if fingerprint(late) == fingerprint(first) {
		t.Fatal("without a map the frames are as they came")
	}
	upload("3")
	if again := post("3", "q", 1); fingerprint(again) != fingerprint(late) {
		t.Errorf("a map that comes late splits an item: %s, and then %s", fingerprint(late), fingerprint(again))
	}
}
