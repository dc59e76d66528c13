package sourcemap_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/sourcemap"
)

// fixture is a map that a reference decoder has read.
func fixture(t *testing.T) *sourcemap.Map {
	t.Helper()
	raw, err := json.Marshal(map[string]any{
		"version": 3, "sources": []string{"a.js"}, "sourcesContent": []string{fixtureSource},
		"names": []string{"computeTotal", "cart", "total", "i", "items", "length", "price", "qty", "outer", "user", "t", "Error", "window"},
		"mappings": "AACA,SAASA,EAAaC,GAGpB,IADA,IAAIC,EAAQ,EACHC,EAAI,EAAGA,EAAIF,EAAKG,MAAMC,OAAQF,IACrCD,GAASD,EAAKG,MAAMD,GAAGG,MAAQL,EAAKG,MAAMD,GAAGI,IAE/C,OAAOL,CACT,CACA,SAASM,EAAMC,GACb," +
			"IAAIC,EAAIV,EAAaS,EAAKR,MAC1B,GAAIS,EAAI,IACN,MAAM,IAAIC,MAAM,SAAWD,GAE7B,OAAOA,CACT,CACAE,OAAOJ,MAAQA",
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := sourcemap.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const fixtureSource = `// file a
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

func TestLookup_GivesWhatTheReferenceDecoderGives(t *testing.T) {
	t.Parallel()
	m := fixture(t)
	for _, c := range []struct {
		column, line, sourceColumn int
		name                       string
	}{
		{40, 5, 33, "length"},
		{39, 5, 27, "items"},
		{115, 11, 10, "computeTotal"},
		{117, 11, 23, "user"},
		{140, 13, 10, ""},
		{0, 2, 0, ""},
	} {
		p, ok := m.Lookup(1, c.column)
		if got := (sourcemap.Position{Source: 0, Line: c.line, Column: c.sourceColumn, Name: c.name}); !ok || p != got {
			t.Errorf("column %d: %+v %v, want %+v", c.column, p, ok, got)
		}
	}
	for _, at := range [][2]int{{2, 0}, {0, 0}, {1, sourcemap.NoColumn}} {
		if p, ok := m.Lookup(at[0], at[1]); ok {
			t.Errorf("%d:%d gives %+v", at[0], at[1], p)
		}
	}
}

// The positions were written by another decoder, one of npm, from bundles that
// esbuild and terser have made: of each column of each line.
func TestLookup_AgreesWithAnotherDecoderAtEveryColumn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"shop.min.js.map", "sections.map"} {
		m := read(t, name)
		raw, err := os.ReadFile("testdata/" + strings.TrimSuffix(strings.TrimSuffix(name, ".map"), ".min.js") + ".positions")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(strings.TrimSpace(string(raw)), "\n") {
			want := strings.TrimRight(line, " ")
			var l, c int
			if _, err := fmt.Sscan(want, &l, &c); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%d %d - 0 0", l, c)
			if p, ok := m.Lookup(l, c); ok {
				got = strings.TrimRight(fmt.Sprintf("%d %d %s %d %d %s", l, c, m.Sources()[p.Source], p.Line, p.Column, p.Name), " ")
			}
			if got != want {
				t.Fatalf("%s: %s, want %s", name, got, want)
			}
		}
	}
}

func read(t *testing.T, name string) *sourcemap.Map {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := sourcemap.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestExcerpts_GivesFiveLinesAround(t *testing.T) {
	t.Parallel()
	lines := strings.Split(fixtureSource, "\n")
	got, ok := sourcemap.Excerpts(fixtureSource, 5, 33)
	want := sourcemap.Excerpt{Code: lines[4], Pre: lines[:4], Post: lines[5:10]}
	if d := cmp.Diff(want, got); !ok || d != "" {
		t.Error(ok, d)
	}
	if got, ok := sourcemap.Excerpts(fixtureSource, 17, 0); !ok || len(got.Pre) != 5 || len(got.Post) != 0 {
		t.Errorf("of the last line: %+v %v", got, ok)
	}
	if got, ok := sourcemap.Excerpts(fixtureSource, 40, 0); ok {
		t.Errorf("of a line that is not there: %+v", got)
	}
	long := strings.Repeat("a", 2000) + "boom" + strings.Repeat("é", 2000)
	if got, _ := sourcemap.Excerpts(long, 1, 2000); !strings.Contains(got.Code, "boom") || len(got.Code) > 320 || !strings.HasPrefix(got.Code, "…") {
		t.Errorf("a long line is cut to %q", got.Code)
	}
}

func TestEnclosingFunction(t *testing.T) {
	t.Parallel()
	main, _ := read(t, "shop.min.js.map").Content(1)
	cart, _ := read(t, "shop.min.js.map").Content(0)
	for _, c := range []struct {
		text         string
		line, column int
		want         string
	}{
		{fixtureSource, 5, 33, "computeTotal"},
		{fixtureSource, 13, 10, "outer"},
		{fixtureSource, 17, 0, ""},
		{cart, 10, 6, "total"},
		{cart, 4, 4, "constructor"},
		{cart, 18, 4, "discount"},
		{main, 5, 2, "checkout"},
		{main, 13, 4, "report"},
		{main, 17, 0, ""},
		{"var f = function () { return g.h.i }", 1, 29, "f"},
		{"", 1, 0, ""},
	} {
		if got := sourcemap.EnclosingFunction(c.text, c.line, c.column); got != c.want {
			t.Errorf("%d:%d is in %q, want %q", c.line, c.column, got, c.want)
		}
	}
}

func TestCleanPath(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"", "webpack://shop/./src/a.js?a1b2", "src/a.js"},
		{"", "webpack:///./src/a.js", "src/a.js"},
		{"", "webpack:///webpack/bootstrap", "webpack/bootstrap"},
		{"", "../../src/a.ts", "src/a.ts"},
		{"/app/", "src/a.ts", "/app/src/a.ts"},
		{"/app", "/other/a.ts", "/other/a.ts"},
		{"/app", "https://cdn.example/a.ts?x", "https://cdn.example/a.ts"},
		{"", "", ""},
	} {
		if got := sourcemap.CleanPath(c[0], c[1]); got != c[2] {
			t.Errorf("%q behind %q is %q, want %q", c[1], c[0], got, c[2])
		}
	}
}

func TestDecode_TakesWhatToolsWrite(t *testing.T) {
	t.Parallel()
	m, err := sourcemap.Decode([]byte(")]}'\n" + `{"version":3,"debug_id":"d1","sources":["a.js",null,"node_modules/b.js"],"sourcesContent":[null],"names":null,"mappings":"AAAA;;AACA,CCAA,GCDA,C,I","x_google_ignoreList":[2]}`))
	if err != nil {
		t.Fatal(err)
	}
	if m.DebugID != "d1" || m.Ignored(0) || !m.Ignored(2) {
		t.Errorf("the map reads as %+v", m)
	}
	if p, ok := m.Lookup(1, sourcemap.NoColumn); !ok || p.Line != 1 {
		t.Errorf("the only mapping of a line is %+v, %v without a column", p, ok)
	}
	if p, ok := m.Lookup(3, 5); ok {
		t.Errorf("a stretch without a source gives %+v", p)
	}
	if _, ok := m.Content(0); ok {
		t.Error("content that is null is there")
	}
}

func TestDecode_RefusesWithTheReason(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		``:                                       "not JSON",
		`[]`:                                     "not JSON",
		`<!doctype html>`:                        "not JSON",
		`{"version":2,"mappings":""}`:            "version 2",
		`{"version":3,"mappings":"AA"}`:          "2 numbers",
		`{"version":3,"mappings":"AAA"}`:         "3 numbers",
		`{"version":3,"mappings":"AAAAAA"}`:      "more than five",
		`{"version":3,"mappings":"A*AA"}`:        "no number at character 1",
		`{"version":3,"mappings":"g"}`:           "end within a number",
		`{"version":3,"mappings":"ggggggggggA"}`: "no number",
		`{"version":3,"mappings":"D"}`:           "out of range",
		`{"version":3,"sections":[{"offset":{"line":0,"column":0},"url":"x"}]}`:              "not fetched",
		`{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":{"sections":[]}}]}`:  "has sections itself",
		`{"version":3,"sections":[{"offset":{"line":-1,"column":0},"map":{"mappings":""}}]}`: "before the section",
	} {
		_, err := sourcemap.Decode([]byte(in))
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want one that says %q", in, err, want)
		}
	}
	many := `{"version":3,"mappings":"` + strings.Repeat(";", 3_000_000) + `"}`
	if _, err := sourcemap.Decode([]byte(many)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("three million lines: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"shop.min.js.map", "sections.map"} {
		raw, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"version":3,"sections":[{"offset":{"line":0,"column":4},"map":{"sources":["a"],"mappings":"AAAA,CAAC;D"}},{"offset":{"line":0,"column":5},"map":{"sources":["a"],"mappings":"AAAA"}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := sourcemap.Decode(raw)
		if err != nil {
			if fault.Is(err, fault.Internal) {
				t.Fatal(err)
			}
			return
		}
		for line := range 6 {
			for column := -1; column < 40; column++ {
				p, ok := m.Lookup(line, column)
				if !ok {
					continue
				}
				if p.Line < 1 || p.Column < 0 || p.Source < 0 || p.Source >= len(m.Sources()) {
					t.Fatalf("%d:%d gives %+v", line, column, p)
				}
				if text, ok := m.Content(p.Source); ok && column < 2 {
					sourcemap.Excerpts(text, p.Line, p.Column)
					sourcemap.EnclosingFunction(text, p.Line, p.Column)
				}
			}
		}
	})
}
