package api

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The page and the route table must name the same endpoints.
func TestRoutes_AreThoseOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile(`\b(GET|POST|PUT|DELETE) +(/api/[a-z/{}-]+)`).FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, m[1]+" "+strings.TrimRight(m[2], "/"))
	}
	var served []string
	for _, r := range (&API{}).routes() {
		served = append(served, r.pattern)
		if !slices.Contains(documented, r.pattern) {
			t.Errorf("docs/api.md does not describe %s", r.pattern)
		}
	}
	for _, d := range documented {
		if !slices.Contains(served, d) {
			t.Errorf("docs/api.md describes %s, which is not served", d)
		}
	}
}
