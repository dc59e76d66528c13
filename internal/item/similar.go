package item

import (
	"cmp"
	"slices"
	"strings"
)

// Similar is an item that resembles another.
type Similar struct {
	Item  Item
	Why   []string // "the same class", "the same place", "words of the title"
	Score float64
}

// SimilarTo lists items of the same project and environment that resemble an
// item, the most alike first: of its class, at its place, or with most of the
// words of its title.
func (t *Items) SimilarTo(id int64, limit int) []Similar {
	t.mu.RLock()
	defer t.mu.RUnlock()
	e := t.items[id]
	if e == nil {
		return nil
	}
	words := titleWords(e.Title)
	var list []Similar
	for _, other := range t.byEnv[e.Environment] {
		if other == e || other.ErrorEnvironment != e.ErrorEnvironment || other.Group != 0 || other.ID == e.Group {
			continue
		}
		if s := e.compare(other, words); len(s.Why) > 0 {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b Similar) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Item.Last.At, a.Item.Last.At), cmp.Compare(b.Item.ID, a.Item.ID))
	})
	return list[:min(len(list), max(limit, 0))]
}

func (e *entry) compare(other *entry, words map[string]bool) (s Similar) {
	const enough = 0.5
	if class := classOfTitle(e.Title); class != "" && class == classOfTitle(other.Title) {
		s.Why = append(s.Why, "the same class")
		s.Score++
	}
	if e.Culprit != "" && e.Culprit == other.Culprit {
		s.Why = append(s.Why, "the same place")
		s.Score += 2
	}
	shared, theirs := 0, titleWords(other.Title)
	for w := range theirs {
		if words[w] {
			shared++
		}
	}
	if all := len(words) + len(theirs) - shared; shared > 1 && float64(shared) >= enough*float64(all) {
		s.Why = append(s.Why, "words of the title")
		s.Score += float64(shared) / float64(all)
	}
	if len(s.Why) > 0 {
		s.Item = other.Item
	}
	return s
}

// classOfTitle is what stands before ": ", if that is one word.
func classOfTitle(title string) string {
	class, _, ok := strings.Cut(title, ": ")
	if !ok || strings.ContainsAny(class, " ") {
		return ""
	}
	return class
}

// titleWords are the words of a title that are not mostly numbers.
func titleWords(title string) map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(title), func(r rune) bool { return strings.ContainsRune(" \t:,;()[]{}\"'=<>/|", r) }) {
		if !strings.ContainsAny(w, "0123456789") {
			words[w] = true
		}
	}
	return words
}
