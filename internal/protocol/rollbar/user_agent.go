package rollbar

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/oriel-dev/oriel/internal/event"
)

// agent is what a user agent's text says: families with their versions.
type agent struct{ browser, os string }

// agents remembers user agents: there are few, and each comes often.
type agents struct {
	known sync.Map // text → agent
	count atomic.Int32
}

const maxAgents = 4096

func (a *agents) read(text string) agent {
	if text == "" {
		return agent{}
	}
	text = event.Cut(text, 1024)
	if known, ok := a.known.Load(text); ok {
		found, _ := known.(agent)
		return found
	}
	found := agent{browserOf(text), osOf(text)}
	if a.count.Add(1) <= maxAgents {
		a.known.Store(strings.Clone(text), found)
	}
	return found
}

// browserOf returns a browser's family and version. Browsers claim to be others;
// so those that others claim to be come last.
func browserOf(text string) string {
	for _, b := range [...]struct{ mark, family string }{
		{"Edg/", "Edge"},
		{"EdgA/", "Edge"},
		{"EdgiOS/", "Edge"},
		{"Edge/", "Edge"},
		{"OPR/", "Opera"},
		{"Opera/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Vivaldi/", "Vivaldi"},
		{"YaBrowser/", "Yandex"},
		{"FxiOS/", "Firefox iOS"},
		{"CriOS/", "Chrome iOS"},
		{"HeadlessChrome/", "Headless Chrome"},
		{"Firefox/", "Firefox"},
		{"Chrome/", "Chrome"},
		{"MSIE ", "IE"},
		{"Googlebot/", "Googlebot"},
		{"bingbot/", "bingbot"},
		{"curl/", "curl"},
		{"okhttp/", "okhttp"},
		{"python-requests/", "python-requests"},
		{"Go-http-client/", "Go-http-client"},
		{"PostmanRuntime/", "Postman"},
		{"axios/", "axios"},
		{"node-fetch/", "node-fetch"},
	} {
		if _, rest, ok := strings.Cut(text, b.mark); ok {
			return withVersion(b.family, rest, 2)
		}
	}
	if strings.Contains(text, "Trident/") {
		_, rest, _ := strings.Cut(text, "rv:")
		return withVersion("IE", rest, 2)
	}
	if strings.Contains(text, "Safari/") {
		family := "Safari"
		if strings.Contains(text, "Mobile/") {
			family = "Mobile Safari"
		}
		_, rest, _ := strings.Cut(text, "Version/")
		return withVersion(family, rest, 2)
	}
	return ""
}

func osOf(text string) string {
	for _, o := range [...]struct{ mark, family string }{
		{"iPhone OS ", "iOS"}, {"CPU OS ", "iOS"}, {"Android ", "Android"}, {"Mac OS X ", "macOS"}, {"CrOS ", "ChromeOS"},
	} {
		if _, rest, ok := strings.Cut(text, o.mark); ok {
			return withVersion(o.family, rest, 2)
		}
	}
	if _, rest, ok := strings.Cut(text, "Windows NT "); ok {
		version := versionAt(rest, 2)
		if name := map[string]string{"10.0": "10", "6.3": "8.1", "6.2": "8", "6.1": "7"}[version]; name != "" {
			version = name
		}
		return strings.TrimSpace("Windows " + version)
	}
	switch {
	case strings.Contains(text, "Macintosh"):
		return "macOS"
	case strings.Contains(text, "Linux"):
		return "Linux"
	}
	return ""
}

func withVersion(family, rest string, parts int) string {
	return strings.TrimSpace(family + " " + versionAt(rest, parts))
}

// versionAt returns the version at the start of text, so many parts of it.
func versionAt(text string, parts int) string {
	const most = 12
	end := 0
	for end < len(text) && end < most && (isDigit(text[end]) || text[end] == '.' || text[end] == '_') {
		if text[end] == '.' || text[end] == '_' {
			if parts--; parts == 0 {
				break
			}
		}
		end++
	}
	return strings.ReplaceAll(strings.TrimRight(text[:end], "._"), "_", ".")
}
