package outbound

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A name that leads to this machine is refused as its address is.
func TestClient_ReachesNoPrivateAddressUnlessAllowed(t *testing.T) {
	t.Parallel()
	far := httptest.NewServer(http.RedirectHandler("/x", http.StatusFound))
	t.Cleanup(far.Close)
	ask := func(private bool) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, far.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		return Client(private, time.Minute).Do(req)
	}
	if _, err := ask(false); !errors.Is(err, ErrPrivate) {
		t.Errorf("%v, want a refusal", err)
	}
	resp, err := ask(true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusFound {
		t.Errorf("status %d: redirects are not to be followed", resp.StatusCode)
	}
}

func TestRefusePrivate(t *testing.T) {
	t.Parallel()
	for address, refused := range map[string]bool{
		"127.0.0.1:80": true, "10.1.2.3:80": true, "192.168.0.1:443": true, "169.254.169.254:80": true, "[::1]:80": true, "[fd00::1]:80": true,
		"[fe80::1]:80": true, "[::ffff:127.0.0.1]:80": true, "100.64.0.1:80": true, "0.0.0.0:80": true, "224.0.0.1:80": true,
		"93.184.216.34:443": false, "[2606:2800:220:1::1]:443": false,
	} {
		if err := refusePrivate(address); (err != nil) != refused {
			t.Errorf("%s: %v", address, err)
		}
	}
}
