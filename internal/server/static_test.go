package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
)

// Wherever a page is, and whatever a proxy puts before its path, the index finds its
// files, always under the same address.
func TestPages_NameTheirFilesFromWhereTheyAre(t *testing.T) {
	t.Parallel()
	p := newPages(fstest.MapFS{
		"index.html":  {Data: []byte(`<link href="./assets/icon.svg"><script src="./assets/index-1.js"></script>`)},
		"assets/x.js": {Data: []byte("x")},
	})
	for _, path := range []string{
		"/", "/traces", "/traces/", "/traces/analytics", "/service/a%2Fb", "/trace/1-2", "/settings/sampling", "/errors/12/34", "/a//b", "/index.html",
		"/acme/environments/prod/datasets/api/result/r/trace/t", "/" + strings.Repeat("a/", 200),
	} {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		_, rest, found := strings.Cut(w.Body.String(), `src="`)
		src, _, _ := strings.Cut(rest, `"`)
		for _, prefix := range []string{"", "/tools/oriel"} {
			if prefix != "" && strings.Count(path, "/") > deepest {
				continue // only at the top
			}
			page, err := url.Parse("http://host" + prefix + path)
			if err != nil {
				t.Fatal(err)
			}
			script, err := page.Parse(src)
			if !found || err != nil || script.Path != prefix+"/assets/index-1.js" {
				t.Errorf("%s under %q: %q leads to %v (%v)", path, prefix, src, script, err)
			}
		}
	}
}
