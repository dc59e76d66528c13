package logpattern

// placesOf lists where in a masked text values are.
func placesOf(text string) []int {
	var places []int
	for i := range len(text) {
		if text[i] < byte(rest) {
			places = append(places, i)
		}
	}
	return places
}

// valuesAt returns the values of the message that was masked last, at the places
// of a template which it has become: there a token may stand for a word.
func (m *masker) valuesAt(message []byte, template string) []string {
	var values []string
	text := m.out
	next := 0
	for i, k := 0, 0; i < len(template) && k < len(text); {
		switch {
		case text[k] < byte(rest): // a value by its form
			s := m.spans[next]
			next++
			values = append(values, string(message[s.from:s.to]))
			i, k = i+1, k+1
		case template[i] == byte(Token): // a word
			start := k
			for k < len(text) && (kinds[text[k]] == letter || kinds[text[k]] == digit) {
				k++
			}
			if k == start {
				return nil
			}
			values = append(values, string(text[start:k]))
			i++
		default:
			if text[k] == byte(rest) {
				next++
			}
			i, k = i+1, k+1
		}
	}
	return values
}

// looked is at how many of so many messages the values were looked at.
func looked(seen int) float64 {
	return float64(min(seen, everyNth) + max(seen-everyNth, 0)/everyNth)
}

// regroup gives a group's values as those at the places of a template that it has
// become part of: words that are tokens there are values that all its messages have.
func regroup(g *Template, template string) []map[string]float64 {
	var values []map[string]float64
	text := g.text
	next := 0
	for i, k := 0, 0; i < len(template) && k < len(text); {
		switch {
		case text[k] < byte(rest):
			var at map[string]float64
			if next < len(g.values) {
				at = g.values[next]
			}
			next++
			values = append(values, at)
			i, k = i+1, k+1
		case template[i] == byte(Token):
			start := k
			for k < len(text) && (kinds[text[k]] == letter || kinds[text[k]] == digit) {
				k++
			}
			if k == start {
				return nil
			}
			values = append(values, map[string]float64{text[start:k]: looked(g.seen)})
			i++
		default:
			i, k = i+1, k+1
		}
	}
	return values
}
