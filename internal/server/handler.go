package server

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/ui"
)

// dist returns the built pages embedded in the binary.
func dist() fs.FS {
	sub, err := fs.Sub(ui.Dist, "dist")
	if err != nil {
		return ui.Dist
	}
	return sub
}

// handler routes by path, and by content type where protocols share one.
func (s *Server) handler() http.Handler {
	static, always, others := newPages(dist()), secured(), foreigners()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), always)
		switch r.URL.Path {
		case "/healthz":
			answerText(w, http.StatusOK, "ok\n")
			return
		case "/readyz":
			s.answerReady(w)
			return
		}
		front := s.front(r)
		if front != nil && front.Sends(r) {
			front.ServeHTTP(w, r)
			return
		}
		inAPI := strings.HasPrefix(r.URL.Path, "/api/")
		if why := s.refusal(r); why != "" {
			if own, ok := front.(protocol.Refuser); ok {
				own.Refuse(w, r, why)
				return
			}
			answerRefusal(w, inAPI, front != nil, why)
			return
		}
		switch {
		case front != nil:
			front.ServeHTTP(w, r)
		case r.URL.Path == "/metrics":
			s.writeMetrics(w)
		case s.refuseForeign(w, r, others):
		case inAPI:
			s.api.ServeHTTP(w, r)
		default:
			static.ServeHTTP(w, r)
		}
	})
}

// front returns the front end of a request, nil if it is for the pages or the API.
func (s *Server) front(r *http.Request) protocol.Front {
	for _, f := range s.fronts {
		if f.Handles(r) {
			return f
		}
	}
	return nil
}

// answerReady says whether data is taken, and what was set aside as damaged.
func (s *Server) answerReady(w http.ResponseWriter) {
	if err := s.isReady(); err != nil {
		answerText(w, http.StatusServiceUnavailable, err.Error()+"\n")
		return
	}
	text := "ok\n"
	if n := s.door.Stats().Journal.Lost; n > 0 {
		text += fmt.Sprintf("journal: %d damaged places were set aside at start; the log names them\n", n)
	}
	if n := s.store.Stats().Quarantined; n > 0 {
		text += fmt.Sprintf("store: %d damaged segments are set aside; answers that would need them say that they are incomplete\n", n)
	}
	answerText(w, http.StatusOK, text)
}

// answerRefusal answers in the form the caller reads: our API's, or the plainest
// that clients of a vendor's know.
func answerRefusal(w http.ResponseWriter, inAPI, ofVendor bool, why string) {
	var body any = map[string]string{"error": why}
	switch {
	case inAPI:
		body = map[string]any{"error": map[string]string{"kind": "denied", "message": why}}
	case !ofVendor:
		answerText(w, http.StatusForbidden, why+"\n")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // the prober may have gone
}
