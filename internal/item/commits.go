package item

import (
	"strconv"
	"strings"
)

// fixedBy returns the numbers of the items that texts of commits say are fixed:
// "fixes rb#12", or the word followed by the address of an item's page.
func fixedBy(text string) map[int64]bool {
	words := strings.Fields(text)
	fixed := map[int64]bool{}
	for i := 1; i < len(words); i++ {
		if !isFixWord(words[i-1]) {
			continue
		}
		if n, ok := itemNumber(words[i]); ok {
			fixed[n] = true
		}
	}
	return fixed
}

func isFixWord(w string) bool {
	switch strings.ToLower(strings.Trim(w, ".,:;()")) {
	case "fix", "fixes", "fixed", "resolve", "resolves", "resolved", "close", "closes", "closed":
		return true
	}
	return false
}

func itemNumber(w string) (int64, bool) {
	w = strings.Trim(w, ".,:;()")
	number, ok := strings.CutPrefix(strings.ToLower(w), "rb#")
	if !ok {
		if _, number, ok = strings.Cut(w, "/items/"); !ok {
			return 0, false
		}
		number, _, _ = strings.Cut(number, "/")
		number, _, _ = strings.Cut(number, "?")
	}
	n, err := strconv.ParseInt(number, 10, 64)
	return n, err == nil
}
