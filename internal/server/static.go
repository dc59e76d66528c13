package server

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// pages serves the built UI: files under assets/ have hashed names and are kept
// by browsers for ever, everything else that a browser may ask for is the
// index, which routes by itself.
type pages struct {
	files fs.FS
	index []byte // nil: the pages were not built
}

func newPages(dist fs.FS) *pages {
	index, err := fs.ReadFile(dist, "index.html")
	if err != nil {
		index = nil
	}
	return &pages{files: dist, index: index}
}

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Oriel</title>
<h1>Oriel is running</h1>
<p>This binary was built without its web pages. Build them with <code>make build</code>
(it needs Node 20), or use the command line: <code>oriel traces</code>, <code>oriel query</code>.</p>
`

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "this address only answers GET", http.StatusMethodNotAllowed)
		return
	}
	if p.index == nil && strings.HasPrefix(r.URL.Path, "/assets/") {
		http.NotFound(w, r)
		return
	}
	if p.index == nil {
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(notBuilt)) // the browser may have gone
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if i := strings.LastIndex(name, "assets/"); i > 0 {
		name = name[i:] // behind a proxy that adds a path prefix
	}
	if name != "" && name != "index.html" && p.serveFile(w, r, name) {
		return
	}
	if strings.HasPrefix(name, "assets/") {
		http.NotFound(w, r)
		return
	}
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Type", contentType("index.html"))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.indexAt(r.URL.EscapedPath())))
}

// deepest is how many folders up the index names its files at most. Nobody has so deep a
// page: below that they are named from the top.
const deepest = 64

// indexAt returns the index as it is to be read at a path: its files are named from
// there, so that it works under whatever a proxy puts before the path, and so that a
// script can tell by its own address what that is.
func (p *pages) indexAt(at string) []byte {
	depth := strings.Count(at, "/") - 1
	if depth < 1 {
		return p.index
	}
	up := "/"
	if depth <= deepest {
		up = strings.Repeat("../", depth)
	}
	return bytes.ReplaceAll(p.index, []byte(`="./`), []byte(`="`+up))
}

// serveFile sends a file, compressed if a compressed form was built and the
// browser takes it; false means that there is no such file.
func (p *pages) serveFile(w http.ResponseWriter, r *http.Request, name string) bool {
	if strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") || strings.HasPrefix(path.Base(name), ".") {
		return false
	}
	raw, err := fs.ReadFile(p.files, name)
	if err != nil {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Add("Vary", "Accept-Encoding")
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	for _, c := range []struct{ suffix, coding string }{{".br", "br"}, {".gz", "gzip"}} {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), c.coding) {
			continue
		}
		if packed, err := fs.ReadFile(p.files, name+c.suffix); err == nil {
			h.Set("Content-Encoding", c.coding)
			raw = packed
			break
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(raw))
	return true
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".json", ".webmanifest":
		return "application/json"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	}
	return "application/octet-stream"
}
