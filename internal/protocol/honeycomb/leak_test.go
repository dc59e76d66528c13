package honeycomb

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"
)

// No request, however it ends, leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(idle{m}) }

// idle closes the tests' own connections at the end.
type idle struct{ *testing.M }

func (i idle) Run() int {
	code := i.M.Run()
	http.DefaultClient.CloseIdleConnections()
	return code
}
