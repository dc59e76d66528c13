package event

import "unicode/utf8"

// Cut shortens text to at most n bytes, between characters.
func Cut[T ~string | ~[]byte](text T, n int) T {
	if len(text) <= n {
		return text
	}
	// What is no UTF-8 may have no such place: one is looked for no farther than a character is long.
	for back := 1; back < utf8.UTFMax && n > 0 && !utf8.RuneStart(text[n]); back++ {
		n--
	}
	return text[:n]
}
