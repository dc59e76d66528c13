package api

import (
	"io"
	"net/http"
	"strconv"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/symbol"
)

// sourceMap is a source map as the status page shows it.
type sourceMap struct {
	ID        int64  `json:"id"`
	Version   string `json:"version"`
	URL       string `json:"minified_url"` // without scheme
	Variant   string `json:"variant"`      // how the URL came about: as sent, joined or resolved
	Bytes     int64  `json:"bytes"`
	Sources   int    `json:"sources"` // beside the map
	DebugID   string `json:"debug_id"`
	Code      string `json:"code"`    // why there is no map, "" if there is one
	Problem   string `json:"problem"` // the same in words
	Uploaded  string `json:"uploaded"`
	Matched   string `json:"matched"`    // when it last resolved a frame, "0" for never
	MatchedBy string `json:"matched_by"` // url, path …
}

const sourceMapPage = 100

// sourceMaps lists the source maps of the environment, those uploaded last first.
func (a *API) sourceMaps(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := 1
	if text := q.Get("page"); text != "" {
		var err error
		if page, err = strconv.Atoi(text); err != nil || page < 1 || page > 1e6 {
			return fault.New(fault.Invalid, "page is %.20q; it must be a number from 1 on", text)
		}
	}
	list, total := a.Symbols.List(a.environment(r), symbol.Filter{Version: q.Get("version"), Text: q.Get("text")}, (page-1)*sourceMapPage, sourceMapPage)
	out := make([]sourceMap, len(list))
	for i, m := range list {
		out[i] = sourceMap{
			m.ID, m.Version, m.URL, m.Variant, m.Bytes, len(m.Sources), m.DebugID, m.Code, m.Problem, ns(m.Uploaded), ns(m.Matched), m.MatchedBy,
		}
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"source_maps": out, "total": total, "page": page, "page_size": sourceMapPage})
}

// deleteSourceMap takes a source map away.
func (a *API) deleteSourceMap(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id", "source map")
	if err != nil {
		return err
	}
	if err := a.Symbols.Delete(r.Context(), a.environment(r), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// uploadSourceMap takes a map as the body, for a version and the address of the
// file that it is of.
func (a *API) uploadSourceMap(w http.ResponseWriter, r *http.Request) error {
	select {
	case a.maps <- struct{}{}:
		defer func() { <-a.maps }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, symbol.MaxMapBytes))
	if err != nil {
		return fault.Wrap(fault.TooLarge, err, "the source map could not be read; at most "+strconv.Itoa(symbol.MaxMapBytes)+" bytes are taken")
	}
	q := r.URL.Query()
	m, err := a.Symbols.Put(r.Context(), symbol.Upload{Environment: a.environment(r), Version: q.Get("version"), URL: q.Get("minified_url"), Map: text})
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"id": m.ID, "version": m.Version, "minified_url": m.URL, "bytes": m.Bytes})
}

// testSourceMap says where a frame leads, as an error's page would.
func (a *API) testSourceMap(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Version string `json:"version"`
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Method  string `json:"method"`
		DebugID string `json:"debug_id"`
		Node    bool   `json:"node"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if len(body.File) > longestName || len(body.Version) > longestName || len(body.DebugID) > longestName || len(body.Method) > longestName {
		return fault.New(fault.Invalid, "file, version, method and debug_id have at most %d bytes", longestName)
	}
	found := a.Symbols.Resolve(symbol.Trace{
		Environment: a.environment(r), Version: body.Version, Node: body.Node,
		Frames: []symbol.Frame{{File: body.File, Line: body.Line, Column: body.Column, Method: body.Method, DebugID: body.DebugID}},
	})
	return a.answer(w, r, store.Stats{}, map[string]any{"resolved": found[0]})
}
