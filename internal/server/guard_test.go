package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestRefusal_NamesAreKnownInOpenModeOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		auth, listen, host string
		insecure, refused  bool
	}{
		{AuthOpen, "127.0.0.1:6743", "evil.example:6743", false, true},
		{AuthOpen, "127.0.0.1:6743", "LOCALHOST.:6743", false, false},
		{AuthOpen, "127.0.0.1:6743", "[::1]:6743", false, false},
		{AuthOpen, "127.0.0.1:6743", "::1", false, false},
		{AuthOpen, "127.0.0.1:6743", "", false, true},
		{AuthOpen, ":6743", "", false, true},
		{AuthOpen, "oriel.test:6743", "oriel.test:6743", false, false},
		{AuthOpen, "0.0.0.0:6743", "oriel:6743", true, false},
		{AuthRequired, "0.0.0.0:6743", "oriel.example", false, false},
	} {
		s := &Server{config: Config{Auth: c.auth, Listen: c.listen, Insecure: c.insecure}}
		r := httptest.NewRequest(http.MethodGet, "/api/start", nil)
		r.Host = c.host
		if why := s.refusal(r); (why != "") != c.refused {
			t.Errorf("%+v: refusal %q", c, why)
		}
	}
}
