package tracesearch

import (
	"context"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// LinkSource answers questions about links.
type LinkSource interface {
	Run(ctx context.Context, ask *query.Query) (*store.Result, error)
	Catalog(environment string) store.Catalog
}

// Link is a link of a span to one of another trace, mostly to that of the message
// or the job that it works on.
type Link struct {
	TraceID, SpanID string // that has the link
	ToTrace, ToSpan string
	Service         string  // of the span that has the link
	Reference       string  // see xraymodel.Link.Reference
	At              int64   // when that span began, Unix ns
	Weight          float64 // how many links it stands for

	// What the span that is linked to says; Service is empty if it is not there.
	To struct {
		Service, Origin string
		Start, End      int64
	}
}

// Links returns the newest links of a range for which where holds, nil for all;
// more says that there are others.
func Links(ctx context.Context, source LinkSource, environment string, start, end int64, where query.Expr, limit int) (links []Link, more bool, err error) {
	if !hasLinks(source.Catalog(environment), start) {
		return nil, false, nil
	}
	terms := []query.Expr{is(event.FieldAnnotation, event.AnnotationLink)}
	if where != nil {
		terms = append(terms, where)
	}
	res, err := source.Run(ctx, &query.Query{Environment: environment, Start: start, End: end, Unweighted: true, Stages: []query.Stage{
		query.Filter{Where: query.And{Terms: terms}},
		query.Sort{Keys: []query.SortKey{{Field: event.SystemTime, Desc: true}}},
		query.Limit{Count: limit + 1},
		query.Project{Fields: []string{
			event.SystemTime, event.SystemSampleRate, event.FieldTraceID, event.FieldParentID, event.FieldLinkTraceID, event.FieldLinkSpanID, event.FieldService, xraymodel.FieldReference,
		}},
	}})
	if err != nil {
		return nil, false, err
	}
	for i := range min(res.Rows, limit) {
		text := func(field string) string { return textAt(res, field, i) }
		to, ok := event.TraceID(text(event.FieldLinkTraceID))
		if !ok {
			continue
		}
		links = append(links, Link{
			TraceID: text(event.FieldTraceID), SpanID: text(event.FieldParentID), ToTrace: to, ToSpan: text(event.FieldLinkSpanID),
			Service: text(event.FieldService), Reference: text(xraymodel.FieldReference), At: timeAt(res, i), Weight: weightAt(res, i),
		})
	}
	return links, res.Rows > limit, nil
}

// hasLinks tells from metadata alone whether links may have come since start, so
// that where there are none nothing is read.
func hasLinks(c store.Catalog, start int64) bool {
	for _, d := range c.Datasets {
		for _, f := range d.Fields {
			if f.Name == event.FieldLinkTraceID && f.Last >= start {
				return true
			}
		}
	}
	return false
}

func is(field, value string) query.Expr {
	return query.Compare{Op: query.Eq, L: query.Field{Name: field}, R: query.Literal{Value: event.StringValue(value)}}
}

func textAt(res *store.Result, field string, row int) string {
	if c := res.Column(field); c != nil {
		return c.Values[row].Text()
	}
	return ""
}

func timeAt(res *store.Result, row int) int64 {
	if c := res.Column(event.SystemTime); c != nil {
		return c.Values[row].Int()
	}
	return 0
}

func weightAt(res *store.Result, row int) float64 {
	if c := res.Column(event.SystemSampleRate); c != nil {
		if n, ok := c.Values[row].Number(); ok && n > 0 {
			return n
		}
	}
	return 1
}

// LinksOf are the links that traces have.
func LinksOf(traces []*xraymodel.Trace) []Link {
	var links []Link
	for _, t := range traces {
		for _, l := range t.Links {
			if l.From == nil || l.From.Of == nil {
				continue
			}
			links = append(links, Link{
				TraceID: t.ID, SpanID: l.From.ID, ToTrace: l.TraceID, ToSpan: l.ID, Service: l.From.Of.Name, Reference: l.Reference, At: l.From.Start, Weight: l.From.Weight(),
			})
		}
	}
	return links
}

// mostLinks bounds of how many links a graph is made: the newest.
const mostLinks = 2000

// OfGraph returns the newest links of a range as a graph has them.
func OfGraph(ctx context.Context, source LinkSource, environment string, start, end int64) ([]servicegraph.Link, error) {
	links, _, err := Links(ctx, source, environment, start, end, nil, mostLinks)
	if err != nil {
		return nil, err
	}
	return Edges(ctx, source, environment, start, end, links)
}

// Edges finds the other ends of links; those that are not there are left out.
func Edges(ctx context.Context, source LinkSource, environment string, start, end int64, links []Link) ([]servicegraph.Link, error) {
	links = links[:min(len(links), mostLinks)]
	if err := Resolve(ctx, source, environment, start, end, links); err != nil {
		return nil, err
	}
	var out []servicegraph.Link
	for i := range links {
		l := &links[i]
		if l.To.Service == "" || l.Service == "" {
			continue
		}
		edge := servicegraph.Link{
			From: servicegraph.LinkEnd{Service: l.To.Service, Origin: l.To.Origin, At: l.To.End}, To: servicegraph.LinkEnd{Service: l.Service, At: l.At}, At: l.At, Weight: l.Weight,
		}
		if l.Reference == xraymodel.ReferenceChild {
			edge.From, edge.To = servicegraph.LinkEnd{Service: l.Service, At: l.At}, servicegraph.LinkEnd{Service: l.To.Service, Origin: l.To.Origin, At: l.To.Start}
		}
		out = append(out, edge)
	}
	return out, nil
}

// earlier is how long before a link the span may have been that it links to.
const earlier = 24 * 60 * minute

// Resolve fills in what the spans say that are linked to.
func Resolve(ctx context.Context, source LinkSource, environment string, start, end int64, links []Link) error {
	traces, spans := query.In{X: query.Field{Name: event.FieldTraceID}}, query.In{X: query.Field{Name: event.FieldSpanID}}
	type span struct{ trace, id string }
	wanted := map[span][]int{}
	for i := range links {
		k := span{links[i].ToTrace, links[i].ToSpan}
		if wanted[k] == nil {
			traces.Values = append(traces.Values, event.StringValue(k.trace))
			spans.Values = append(spans.Values, event.StringValue(k.id))
		}
		wanted[k] = append(wanted[k], i)
	}
	if len(wanted) == 0 {
		return nil
	}
	origins := call.OriginFields()
	res, err := source.Run(ctx, &query.Query{Environment: environment, Start: start - earlier, End: end, Unweighted: true, Stages: []query.Stage{
		query.Filter{Where: query.And{Terms: []query.Expr{traces, spans, isSpan()}}},
		query.Limit{Count: len(wanted) * 2}, // a document that came twice is two rows
		query.Project{Fields: append([]string{event.SystemTime, event.FieldTraceID, event.FieldSpanID, event.FieldService, event.FieldDuration}, origins[:]...)},
	}})
	if err != nil {
		return err
	}
	for row := range res.Rows {
		for _, i := range wanted[span{textAt(res, event.FieldTraceID, row), textAt(res, event.FieldSpanID, row)}] {
			to := &links[i].To
			to.Service, to.Origin, to.Start = textAt(res, event.FieldService, row), call.OriginOf(func(field string) event.Value { return event.StringValue(textAt(res, field, row)) }), timeAt(res, row)
			to.End = to.Start
			if c := res.Column(event.FieldDuration); c != nil {
				if ms, ok := c.Values[row].Number(); ok {
					to.End += int64(ms * 1e6)
				}
			}
		}
	}
	return nil
}

// isSpan is true of rows of spans, not of their events, links and logs.
func isSpan() query.Expr {
	exists := func(name string) query.Expr { return query.Exists{X: query.Field{Name: name}} }
	return query.And{Terms: []query.Expr{exists(event.FieldTraceID), exists(event.FieldSpanID), query.Not{X: exists(event.FieldAnnotation)}}}
}
