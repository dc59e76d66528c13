package symbol

import (
	"path"
	"strings"
)

// How a map was found for a file.
const (
	MatchDebugID = "debug id"
	MatchURL     = "url"
	MatchNoQuery = "url without query"
	MatchDynamic = "dynamic host"
	MatchPath    = "path" // of another host; the only such of the version
	MatchName    = "name" // of another folder; the only such of the version
)

// dynamicHost is the host of a URL that stands for any.
const dynamicHost = "dynamichost"

// withoutScheme is a URL as it is looked up: what stands before the host and
// fragments do not count.
func withoutScheme(url string) string {
	url = strings.TrimSpace(url)
	if at := strings.Index(url, "://"); at > 0 && at < 12 {
		url = url[at+3:]
	} else {
		url = strings.TrimPrefix(url, "//")
	}
	url, _, _ = strings.Cut(url, "#")
	if host, rest, ok := strings.Cut(url, "/"); ok && host != "" {
		url = strings.ToLower(host) + "/" + rest
	}
	return url
}

// pathOf is what follows the host, without the query.
func pathOf(url string) string {
	url, _, _ = strings.Cut(url, "?")
	if _, rest, ok := strings.Cut(url, "/"); ok {
		return rest
	}
	return url
}

func contains(url, text string) bool {
	return strings.Contains(strings.ToLower(url), strings.ToLower(strings.TrimSpace(text)))
}

// found is a map for a file.
type found struct {
	m     *Map
	by    string
	guess bool // the version is not that of the occurrence, which has none
}

// find looks for the map of a file: by debug id, by URL within the version, and,
// if the occurrence has no version, by URL in the one uploaded last.
func (s *Store) find(environment, version, file, debugID string) (found, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if debugID != "" {
		for _, m := range s.maps {
			if m.Environment == environment && m.DebugID == debugID && m.Code == "" {
				return found{m: m, by: MatchDebugID}, true
			}
		}
	}
	url := withoutScheme(file)
	if url == "" {
		return found{}, false
	}
	if version != "" {
		return s.within(versionKey{environment, version}, url)
	}
	var best found
	for v := range s.byVer {
		if v.environment != environment {
			continue
		}
		f, ok := s.within(v, url)
		if ok && f.by != MatchName && (best.m == nil || f.m.Uploaded > best.m.Uploaded) {
			best = f
		}
	}
	best.guess = true
	return best, best.m != nil
}

// within looks for the map of a URL in a version. The caller holds mu.
func (s *Store) within(v versionKey, url string) (found, bool) {
	at := func(u string) *Map {
		if m := s.byKey[key{v.environment, v.version, u}]; m != nil && m.Code == "" {
			return m
		}
		return nil
	}
	bare, _, _ := strings.Cut(url, "?")
	of := pathOf(url)
	for _, try := range []struct{ url, by string }{{url, MatchURL}, {bare, MatchNoQuery}, {dynamicHost + "/" + of, MatchDynamic}} {
		if m := at(try.url); m != nil {
			return found{m: m, by: try.by}, true
		}
	}
	if m := s.only(v, func(m *Map) bool { return pathOf(m.URL) == of }); m != nil {
		return found{m: m, by: MatchPath}, true
	}
	name := path.Base(of)
	if m := s.only(v, func(m *Map) bool { return path.Base(pathOf(m.URL)) == name }); m != nil && strings.HasSuffix(name, "js") {
		return found{m: m, by: MatchName}, true
	}
	return found{}, false
}

// only is the map of a version for which f is true, nil if there are several that
// differ.
func (s *Store) only(v versionKey, f func(*Map) bool) *Map {
	var one *Map
	for _, m := range s.byVer[v] {
		if m.Code != "" || !f(m) {
			continue
		}
		if one != nil && one.hash != m.hash {
			return nil
		}
		one = m
	}
	return one
}

// versionsOf lists versions that have a map of a file, at most three.
func (s *Store) versionsOf(environment, file string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	url, _, _ := strings.Cut(withoutScheme(file), "?")
	var list []string
	for v := range s.byVer {
		if v.environment != environment {
			continue
		}
		if f, ok := s.within(v, url); ok && f.by != MatchName {
			list = append(list, v.version)
		}
	}
	const most = 3
	if len(list) > most {
		list = list[:most]
	}
	return list
}

// matchedNow notes that a map was used.
func (s *Store) matchedNow(f found) {
	now := s.cfg.Clock().UnixNano()
	const often = int64(60e9)
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.maps[f.m.ID]; m != nil && (now-m.Matched > often || m.MatchedBy != f.by) {
		m.Matched, m.MatchedBy = now, f.by
		s.used[m.ID] = true
	}
}
