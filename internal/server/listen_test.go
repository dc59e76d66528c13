package server

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestBrowsable_CanBeOpened(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"127.0.0.1:6743": "http://127.0.0.1:6743", "[::1]:80": "http://[::1]:80", "[::]:6743": "http://localhost:6743", "0.0.0.0:1": "http://localhost:1", "": "",
	} {
		if got := browsable(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestBind_SaysWhatToDoAboutATakenAddress(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	l := listeners{log: slog.New(slog.DiscardHandler), connections: newConnections(10)}
	err = l.bind(t.Context(), "otlp_http", taken.Addr().String(), false, http.NotFoundHandler())
	if err == nil || !strings.Contains(err.Error(), taken.Addr().String()) || !strings.Contains(err.Error(), "--otlp-http") {
		t.Errorf("%v", err)
	}
}
