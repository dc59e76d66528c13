package sdk_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// originalFrame is a frame of an error's page with its place in the sources.
type originalFrame struct {
	File     string `json:"file"`
	Method   string `json:"method"`
	Own      bool   `json:"own"`
	Unmapped string `json:"unmapped"`
	Original *struct {
		File   string   `json:"file"`
		Line   int      `json:"line"`
		Method string   `json:"method"`
		Code   string   `json:"code"`
		Pre    []string `json:"pre"`
		Post   []string `json:"post"`
	} `json:"original"`
}

// frames returns those of the newest occurrence of the only item.
func (s *server) frames() []originalFrame {
	s.t.Helper()
	var list struct {
		Items []struct {
			ID      any    `json:"id"`
			Culprit string `json:"culprit"`
		} `json:"items"`
	}
	s.call(http.MethodGet, "/api/errors/items?tab=all", nil, &list)
	if len(list.Items) != 1 {
		s.t.Fatalf("%d items, want one", len(list.Items))
	}
	var page struct {
		Occurrence struct {
			Traces []struct {
				Frames []originalFrame `json:"frames"`
			} `json:"traces"`
		} `json:"occurrence"`
	}
	s.call(http.MethodGet, fmt.Sprintf("/api/errors/items/%v/occurrence?which=latest", list.Items[0].ID), nil, &page)
	if len(page.Occurrence.Traces) == 0 {
		s.t.Fatal("the occurrence has no traceback")
	}
	return page.Occurrence.Traces[0].Frames
}

// The bundlers' own plugins upload the maps; Chromium runs the minified bundle.
func TestRollbarSourceMaps_LeadBackToTheSources(t *testing.T) {
	t.Parallel()
	for _, bundler := range []string{"webpack", "vite"} {
		t.Run(bundler, func(t *testing.T) {
			t.Parallel()
			s, token := startRollbar(t)
			dist := t.TempDir()
			srv := httptest.NewServer(http.FileServer(http.Dir(dist)))
			t.Cleanup(srv.Close)
			bundle := strings.TrimSpace(string(s.program(nil, "node", "node/sourcemaps/build.mjs", bundler, dist, srv.URL, s.url()+"/api/1/sourcemap", token, "1.0")))
			if maps, _ := filepath.Glob(dist + bundle + ".map"); len(maps) != 1 {
				t.Fatalf("%s made no source map of %q", bundler, bundle)
			}
			browse(t, srv.URL+"/?"+url.Values{"token": {token}, "endpoint": {s.url() + "/api/1/item/"}, "version": {"1.0"}}.Encode())
			for title, o := range s.occurrences(1) {
				if !strings.Contains(title, "factor") {
					t.Errorf("the error is %q", title)
				}
				o.has(t, map[string]any{"code_version": "1.0", "error.culprit": "total in src/cart.js"})
			}
			var total, checkout *originalFrame
			frames := s.frames()
			for i, f := range frames {
				if f.Original == nil {
					t.Errorf("%s in %s leads nowhere: %s", f.Method, f.File, f.Unmapped)
					continue
				}
				switch {
				case strings.HasSuffix(f.Original.File, "src/cart.js"):
					total = &frames[i]
				case f.Original.Method == "checkout":
					checkout = &frames[i]
				}
			}
			if total == nil || checkout == nil {
				t.Fatalf("frames are %+v", frames)
			}
			if o := total.Original; o.Line != 9 || o.Method != "total" || !strings.Contains(o.Code, "rates[item.kind].factor") || len(o.Pre) != 5 || len(o.Post) != 4 || !total.Own {
				t.Errorf("where it went wrong is %+v", *o)
			}
			if o := checkout.Original; o.Line != 15 || !strings.Contains(o.Code, "cart.total(") {
				t.Errorf("the call of it is %+v", *o)
			}
			var list struct {
				Maps []struct {
					URL       string `json:"minified_url"`
					MatchedBy string `json:"matched_by"`
				} `json:"source_maps"`
			}
			s.call(http.MethodGet, "/api/errors/sourcemaps", nil, &list)
			if len(list.Maps) != 1 || "http://"+list.Maps[0].URL != srv.URL+bundle || list.Maps[0].MatchedBy != "url" {
				t.Errorf("the list of source maps says %+v", list.Maps)
			}
		})
	}
}
