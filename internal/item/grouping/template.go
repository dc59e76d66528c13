package grouping

import "strings"

// template is text with places for values: "retry-{{ custom.queue }}".
type template []piece

// piece is text, or the path of a value.
type piece struct {
	text string
	path []string
}

// maxFilled bounds what becomes of a template.
const maxFilled = 4000

func (p *parser) template(text string) (t template) {
	for text != "" {
		before, rest, found := strings.Cut(text, "{{")
		if before != "" {
			t = append(t, piece{text: before})
		}
		if !found {
			return t
		}
		path, after, closed := strings.Cut(rest, "}}")
		if !closed {
			p.fail("a {{ is not closed by }}")
			return t
		}
		t = append(t, piece{path: p.path(strings.TrimSpace(path))})
		text = after
	}
	return t
}

// fill puts values in their places: texts as they are, numbers and truths as
// JSON, what is missing as nothing.
func (t template) fill(v *view) string {
	var b strings.Builder
	for _, p := range t {
		if p.path == nil {
			b.WriteString(p.text)
			continue
		}
		v.each(p.path, func(value any) bool {
			b.WriteString(cut(Scalar(value), maxText))
			return true
		})
		if b.Len() > maxFilled {
			break
		}
	}
	return cut(b.String(), maxFilled)
}
