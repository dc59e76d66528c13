package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

func TestSearch_IsAskedBesideTheOtherConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ where, search, want string }{
		{"", "", ""},
		{"", "ERROR -timeout", `body contains "ERROR" AND body does-not-contain "timeout"`},
		{"a = 1 OR b = 2", "{ $.status >= 500 }", `(a = 1 OR b = 2) AND body matches-pattern "{ $.status >= 500 }"`},
		{"a = 1", "user:ada", `a = 1 AND user = "ada"`},
	} {
		spec := &query.Spec{Where: c.where}
		if err := search(spec, c.search); err != nil || spec.Where != c.want {
			t.Errorf("%s and %s: %s %v", c.where, c.search, spec.Where, err)
		}
		where, err := tailCondition(httptest.NewRequest(http.MethodGet, "/api/tail?"+url.Values{"q": {c.where}, "search": {c.search}}.Encode(), nil))
		got := ""
		if where != nil {
			got = where.String()
		}
		if err != nil || got != c.want {
			t.Errorf("the tail of %s and %s: %s %v", c.where, c.search, got, err)
		}
	}
	for _, bad := range []string{"{ $.a", "fields @message | limit 5"} {
		if err := search(&query.Spec{}, bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestReadLogText_AnswersWhatIsTyped(t *testing.T) {
	t.Parallel()
	got := readLogText("?a b")
	if got["warning"] == "" {
		t.Error("no warning")
	}
	delete(got, "warning")
	if d := cmp.Diff(map[string]any{
		"language": "pattern", "kind": "terms", "text": "?a b", "filter": `body contains "b"`, "pattern": "b",
		"insights": `@message like "b"`, "error": nil,
	}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]any{"message": "expected one of = != < <= > >= IS NULL, IS TRUE, IS FALSE, NOT EXISTS after $.a, found the end", "position": 5}, readLogText("{ $.a")["error"]); d != "" {
		t.Error(d)
	}
}
