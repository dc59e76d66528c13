package item_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/item"
)

func TestSimilarTo_FindsItemsOfTheSameClassOrPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	elsewhere := exception("CartError", "nothing alike")
	elsewhere["body"].(object)["trace"].(object)["frames"] = []any{object{"filename": "/srv/app/other.py", "method": "g"}} //nolint:forcetypeassert // made so
	r.send(exception("CartError", "the cart of 17 is empty"), elsewhere, exception("ValueError", "x"),
		object{"environment": "production", "body": object{"message": object{"body": "carterror the cart of 99 is empty"}}},
		object{"environment": "production", "body": object{"message": object{"body": "unrelated"}}})
	got := ""
	for _, s := range r.items.SimilarTo(1, 10) {
		got += fmt.Sprint(s.Item.Counter, s.Why, " ")
	}
	if want := "3 [the same place] 4 [words of the title] 2 [the same class] "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestList_FiltersSortsAndPages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 30 {
		p := exception(fmt.Sprintf("Error%02d", i), "Something ÄBER went wrong")
		p["level"] = []string{"critical", "error", "warning"}[i%3]
		if i%10 == 0 {
			p["environment"] = "staging"
		}
		for range 1 + i%4 {
			r.send(p)
			r.advance(time.Second)
		}
	}
	r.change(1, item.Change{Status: new(item.Resolved)})
	r.change(2, item.Change{AssignedUser: new(int64(7))})
	numbers := func(f item.Filter, s item.Sort, p item.Page) string {
		f.Environment = "test"
		l := r.items.List(f, s, p)
		text := fmt.Sprint(l.Total, ":")
		for _, i := range l.Items {
			text += fmt.Sprint(" ", i.Counter)
		}
		return text
	}
	three := item.Page{Limit: 3}
	for _, c := range []struct {
		want string
		f    item.Filter
		s    item.Sort
		p    item.Page
	}{
		{want: "30: 30 29 28", p: three},
		{want: "30: 27 26 25", p: item.Page{Offset: 3, Limit: 3}},
		{want: "30:", p: item.Page{Offset: 30, Limit: 3}},
		{want: "30: 1 2 3", s: item.Sort{Key: item.ByTitle, Ascending: true}, p: three},
		{want: "30: 28 24 20", s: item.Sort{Key: item.ByTotal}, p: three},
		{want: "30: 1 5 9", s: item.Sort{Key: item.ByTotal, Ascending: true}, p: three},
		{want: "1: 1", f: item.Filter{Statuses: []item.Status{item.Resolved}}, p: three},
		{want: "3: 21 11 1", f: item.Filter{ErrorEnvironments: []string{"staging"}}, p: three},
		{want: "10: 28 25 22", f: item.Filter{Levels: []item.Level{item.Critical}}, p: three},
		{want: "1: 8", f: item.Filter{Title: []string{"ERROR07", "went"}}, p: three},
		{want: "30: 30 29 28", f: item.Filter{Title: []string{"äber"}}, p: three},
		{want: "1: 2", f: item.Filter{Assigned: new(true)}, p: three},
		{want: "2: 5 4", f: item.Filter{IDs: []int64{4, 5, 99, 4}}, p: three},
		{want: "1: 9", f: item.Filter{Fingerprints: []string{r.get(9).Fingerprint}}, p: three},
		{want: "0:", f: item.Filter{Fingerprints: []string{"none"}}, p: three},
		{want: "7: 28 24 20", f: item.Filter{MinTotal: 4}, p: three},
	} {
		if got := numbers(c.f, c.s, c.p); got != c.want {
			t.Errorf("%+v %+v: %s, want %s", c.f, c.s, got, c.want)
		}
	}
}
