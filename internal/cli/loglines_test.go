package cli

import (
	"net/url"
	"testing"
)

func TestLineChoice_AsksForGroupsStreamsAndWhatIsSearched(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		choice    lineChoice
		filter    string
		q, search string
	}{
		{lineChoice{}, "error = true", "error = true", ""},
		{lineChoice{all: true}, "level:error x", `meta.signal_type = "log"`, "level:error x"},
		{lineChoice{groups: "/a"}, "", `meta.signal_type = "log" AND (log.group = "/a")`, ""},
		{
			lineChoice{groups: `/a*, b"c`, stream: "web*"},
			"{ $.n > 1 }",
			`meta.signal_type = "log" AND (log.group starts-with "/a" OR log.group = "b\"c") AND log.stream starts-with "web"`, "{ $.n > 1 }",
		},
	} {
		got := url.Values{}
		if err := c.choice.params(c.filter, got); err != nil || got.Get("q") != c.q || got.Get("search") != c.search {
			t.Errorf("%+v: %v %v", c.choice, got, err)
		}
	}
}
