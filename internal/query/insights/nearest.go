package insights

import "strings"

func lower(s string) string { return strings.ToLower(s) }

// nearest finds the name that a word was likely meant to be, "" if none is near.
func nearest(word string, names []string) string {
	const longest = 40
	if len(word) > longest {
		return ""
	}
	best, name := len(word)/3+1, ""
	for _, n := range names {
		if d := distance(word, lower(n)); d <= best {
			if d < best || name == "" {
				best, name = d, n
			}
		}
	}
	return name
}

// distance counts the characters to add, leave out, change or swap.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
