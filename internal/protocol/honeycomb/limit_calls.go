package honeycomb

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Each key may make so many calls in a window; sending events is not counted.
const (
	maxCalls   = 6000
	callWindow = time.Minute
)

// callCount counts the calls of each key in the window that runs. It holds no
// more than there are keys, and starts anew with each window.
type callCount struct {
	mu   sync.Mutex
	from time.Time
	made map[string]int // by the key's id
}

// take counts a call and tells in the header how many are left. Beyond the limit
// it is a Throttled fault.
func (n *callCount) take(h http.Header, key string, now time.Time) error {
	n.mu.Lock()
	if since := now.Sub(n.from); since < 0 || since >= callWindow || n.made == nil {
		n.from, n.made = now, map[string]int{}
	}
	n.made[key]++
	left, reset := maxCalls-n.made[key], n.from.Add(callWindow).Sub(now)
	n.mu.Unlock()
	h.Set("RateLimit", "limit="+strconv.Itoa(maxCalls)+", remaining="+strconv.Itoa(max(left, 0))+", reset="+strconv.Itoa(int((reset+time.Second-1)/time.Second)))
	policy := strconv.Itoa(maxCalls) + ";w=" + strconv.Itoa(int(callWindow/time.Second))
	h.Set("RateLimit-Policy", policy)
	h.Set("RateLimitPolicy", policy) // as the published description spells it
	if left < 0 {
		return fault.Busy(fault.Throttled, reset, "Please try again after %s. This API allows %d requests per minute and key.", now.Add(reset).UTC().Format(time.RFC3339), maxCalls)
	}
	return nil
}
