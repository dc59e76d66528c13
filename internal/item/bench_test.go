package item_test

import (
	"fmt"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
)

// occurrences makes a stamped batch of n rows of so many items.
func (r *rig) occurrences(n, items int) *event.Batch {
	b := event.NewBatch("test", "errors")
	stamps := make([]item.Stamp, 0, n)
	for i := range n {
		b.Begin(r.now.Load())
		b.Set("code_version", event.StringValue(fmt.Sprint("1.0.", i%5)))
		b.Set("person.id", event.StringValue(fmt.Sprint(i%1000)))
		b.Set("request.user_ip", event.StringValue(fmt.Sprintf("10.0.%d.%d", i%7, i%250)))
		stamps = append(stamps, r.items.StampPayload("test", exception(fmt.Sprint("E", i%items), fmt.Sprint("message ", i)), ""))
	}
	item.Apply(b, stamps)
	return b
}

// BenchmarkFollow measures an occurrence, with all that is written for it.
func BenchmarkFollow(b *testing.B) {
	for _, items := range []int{1, 1000} {
		b.Run(fmt.Sprint(items, " items"), func(b *testing.B) {
			r := newRig(b)
			const rows = 5000
			batch := r.occurrences(rows, items)
			seq := uint64(0)
			for b.Loop() {
				seq++
				r.items.Follow(seq, []*event.Batch{batch})
				if _, err := r.items.Activity(b.Context(), 1, 0, 1); err != nil { // writes, as each second does
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/occurrence")
		})
	}
}

// BenchmarkStamp measures what batches cost that bring no exceptions, by batch.
func BenchmarkStamp(b *testing.B) {
	r := newRig(b)
	batch := event.NewBatch("test", "shop")
	for i := range 1000 {
		batch.Begin(int64(i))
		for c := range 20 {
			batch.Set(fmt.Sprint("field.", c), event.IntValue(int64(i)))
		}
	}
	batches := []*event.Batch{batch}
	for b.Loop() {
		r.items.Stamp(batches)
	}
}

func BenchmarkStampPayload(b *testing.B) {
	r := newRig(b)
	p := exception("ValueError", "bad")
	for b.Loop() {
		r.items.StampPayload("test", p, traceID)
	}
}

// BenchmarkList measures the first page of 100,000 items.
func BenchmarkList(b *testing.B) {
	r := newRig(b)
	const items = 100_000
	for range 20 {
		r.items.Follow(1, []*event.Batch{r.occurrences(items/20, items)})
	}
	for i := range 20 {
		batch := event.NewBatch("test", "errors")
		for j := range items / 20 {
			batch.Begin(r.now.Load())
			n := i*items/20 + j
			batch.SetAt(j, event.FieldErrorFingerprint, event.StringValue(fmt.Sprint("f", n)))
			batch.SetAt(j, event.FieldErrorEnvironment, event.StringValue("production"))
			batch.SetAt(j, event.FieldErrorTitle, event.StringValue(fmt.Sprintf("Error%d: something went wrong with %d", n%977, n)))
			batch.SetAt(j, event.FieldErrorID, event.IntValue(r.now.Load()/1000+int64(n*7919%items)))
		}
		r.items.Follow(uint64(i+2), []*event.Batch{batch})
	}
	if _, err := r.items.Activity(b.Context(), 1, 0, 1); err != nil { // writes
		b.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		filter item.Filter
		sort   item.Sort
	}{
		{"newest", item.Filter{Environment: "test"}, item.Sort{}},
		{"by title", item.Filter{Environment: "test"}, item.Sort{Key: item.ByTitle, Ascending: true}},
		{"words, status, level", item.Filter{Environment: "test", Title: []string{"wrong", "77"}, Statuses: []item.Status{item.Active}, Levels: []item.Level{item.Error}}, item.Sort{Key: item.ByTotal}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if l := r.items.List(c.filter, c.sort, item.Page{Limit: 100}); len(l.Items) != 100 {
					b.Fatal(l.Total)
				}
			}
		})
	}
}
