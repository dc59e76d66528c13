package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadExpectation(t *testing.T) {
	t.Parallel()
	none := 0
	for text, want := range map[string]expectation{
		`span: http.route = "/a:b"`:      {Kind: "span", Where: `http.route = "/a:b"`, AtLeast: 1},
		`3 logs: body contains "done"`:   {Kind: "log", Where: `body contains "done"`, AtLeast: 3},
		`no error`:                       {Kind: "error", AtMost: &none},
		`event`:                          {Kind: "event", AtLeast: 1},
		`trace: name = "a" ; b exists ;`: {Kind: "trace", All: []string{`name = "a"`, "b exists"}, AtLeast: 1},
	} {
		want.Name = text
		got, err := readExpectation(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"", "metric: a = 1", "0 span", "some span", "span of: a", "1 2 span: a"} {
		if got, err := readExpectation(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}
