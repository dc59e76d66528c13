package protocoltest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
)

// Events prints rows for the events section: a line with the dataset, the time
// from now on in nanoseconds and the sample rate, then a line for each field, by name. When lines came in is the door's to say,
// and left out.
func Events(batches []*event.Batch, now int64) string {
	var b strings.Builder
	for _, batch := range batches {
		for i := range batch.Len() {
			var fields []string
			batch.Row(i).Each(func(name string, v event.Value) {
				if event.Internal(name) {
					return
				}
				text := v.Text()
				switch v.Kind() {
				case event.String:
					text = fmt.Sprintf("%q", text)
				case event.Float:
					if !strings.ContainsAny(text, ".eIN") {
						text += ".0" // a float is not an integer
					}
				case event.Null, event.Bool, event.Int:
				}
				fields = append(fields, "  "+name+"="+text+"\n")
			})
			slices.Sort(fields)
			fmt.Fprintf(&b, "%s %s %+d x%d\n%s", batch.Environment, batch.Dataset, batch.Times[i]-now, batch.SampleRate(i), strings.Join(fields, ""))
		}
	}
	return b.String()
}

// Drops prints the ledger for the drops section.
func Drops(drops []ingest.Drop) string {
	var b strings.Builder
	for _, d := range drops {
		fmt.Fprintf(&b, "%s × %d: %s\n", d.Reason, d.Count, d.Last[len(d.Last)-1].Detail)
	}
	return b.String()
}
