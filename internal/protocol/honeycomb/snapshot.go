package honeycomb

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/plot"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// snapshotSuffix follows the page of a result: its picture.
const snapshotSuffix = "/snapshot"

// resultLink is what the links of a result lead to:
// /{team}/environments/{env}/datasets/{ds}/result/{id}, with or without each of
// the two pairs in the middle, and its picture.
type resultLink struct {
	environment string // "" where a classic team has none
	dataset     string // "" where there is none: a result of any
	id          string
	picture     bool
}

// resultLinkOf reads the path of a request, and reports whether it is such a link.
func resultLinkOf(r *http.Request) (resultLink, bool) {
	path := r.URL.EscapedPath()
	if (r.Method != http.MethodGet && r.Method != http.MethodHead) || !strings.Contains(path, "/result/") {
		return resultLink{}, false
	}
	var l resultLink
	path, l.picture = strings.CutSuffix(path, snapshotSuffix)
	parts := segments(path)
	n := len(parts)
	if n < 3 || n%2 == 0 || parts[n-2] != "result" || parts[n-1] == "" {
		return resultLink{}, false
	}
	l.id = parts[n-1]
	for middle := parts[1 : n-2]; len(middle) > 0; middle = middle[2:] {
		switch {
		case middle[0] == "environments" && l.environment == "" && l.dataset == "":
			l.environment = middle[1]
		case middle[0] == "datasets" && l.dataset == "":
			l.dataset = middle[1]
		default:
			return resultLink{}, false
		}
	}
	return l, true
}

// serveResultLink leads from Honeycomb's name of a result's page to Oriel's, or
// draws its picture.
func (f *Front) serveResultLink(w http.ResponseWriter, r *http.Request, l resultLink) {
	if l.picture {
		f.serveSnapshot(w, r, l)
		return
	}
	// Relative, since a proxy may have put a prefix before the path.
	to := strings.Repeat("../", strings.Count(r.URL.EscapedPath(), "/")-1) + "r/" + l.id
	if l.environment != "" && l.environment != f.Keys.Default().Slug {
		to += "?env=" + l.environment
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusFound)
}

// serveSnapshot answers the picture of a result to who may read results.
func (f *Front) serveSnapshot(w http.ResponseWriter, r *http.Request, l resultLink) {
	who, err := f.Keys.Authenticate(r.Context(), auth.Sending, sessionKey(r))
	if err == nil && !runQueries.granted(who) {
		err = fault.New(fault.Denied, "API key %s does not have the permission %s", who.KeyID, runQueries)
	}
	if err == nil {
		err = f.calls.take(w.Header(), who.KeyID, f.Clock())
	}
	if err != nil {
		f.failAPI(w, r, err)
		return
	}
	if there, ok := f.Keys.Elsewhere(who, l.environment); ok { // else it is not found
		who = there
	}
	result, err := f.Workspace.Result(r.Context(), who.Environment, l.id)
	if fault.Is(err, fault.NotFound) || (err == nil && (l.environment != "" && l.environment != who.Environment || l.dataset != "" && l.dataset != result.Scope.Dataset)) {
		err = notFound("Query result not found")
	}
	if err != nil {
		f.failAPI(w, r, err)
		return
	}
	var image bytes.Buffer
	if err := f.draw(r.Context(), &image, result); err != nil {
		f.failAPI(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "private, max-age=86400")
	if !result.Complete() {
		h.Set("Cache-Control", "no-store")
	}
	_, _ = w.Write(image.Bytes()) // the caller may have gone
}

// maxPictures is how many are drawn at once: each takes some 10 MB and a tenth of
// a second of a processor.
const maxPictures = 2

// draw waits for its turn and draws a result.
func (f *Front) draw(ctx context.Context, into *bytes.Buffer, r *workspace.Result) error {
	select {
	case f.pictures <- struct{}{}:
		defer func() { <-f.pictures }()
		return drawResult(into, r)
	case <-ctx.Done():
		return fault.Wrap(fault.Canceled, ctx.Err(), "the request was cancelled")
	}
}

func drawResult(into *bytes.Buffer, r *workspace.Result) error {
	p := &plot.Picture{Title: "Query", Subtitle: "All datasets"}
	if r.Scope.Dataset != dataset.All {
		p.Subtitle = r.Scope.Dataset
	}
	if spec, err := query.DecodeSpec(r.Spec); err == nil {
		p.Title = spec.Text()
	}
	switch {
	case !r.Complete():
		p.Note = "This query is still running."
	case r.Failure != "":
		p.Note = "This query failed: " + r.Failure
	default:
		answer, release, err := r.Open()
		if err != nil {
			return err
		}
		defer release()
		kept, err := querier.DecodeKept(answer)
		if err != nil {
			return err
		}
		pictureOf(p, kept.Result)
	}
	return plot.Encode(into, p)
}

// pictureOf draws a chart for each calculation: heatmaps, lines where there is a
// course over time, else bars of the table.
func pictureOf(p *plot.Picture, a *querier.Answer) {
	p.Start, p.End = time.Unix(0, int64(a.Start)).UTC(), time.Unix(0, int64(a.End)).UTC()
	p.Subtitle += "  ·  " + p.Start.Format("Jan 2, 2006 15:04:05") + " to " + p.End.Format("Jan 2, 2006 15:04:05") + " UTC"
	for i := range a.Heatmaps {
		h := &a.Heatmaps[i]
		p.Panels = append(p.Panels, plot.Panel{Label: h.Calc, Heat: &plot.Heat{
			Start: time.Unix(0, int64(h.Start)), Step: time.Duration(h.Step), Bins: h.Bins, Counts: h.Counts, Low: plot.Number(h.Min), High: plot.Number(h.Max),
		}})
	}
	for k := a.Breakdowns; k < len(a.Columns); k++ {
		name := a.Columns[k].Name
		if a.Series != nil {
			p.Panels = append(p.Panels, plot.Panel{Label: name, Lines: linesOf(a, name)})
		} else if len(a.Rows) > 0 {
			p.Panels = append(p.Panels, plot.Panel{Label: name, Bars: barsOf(a, k)})
		}
	}
	p.Note = "No events match."
}

func linesOf(a *querier.Answer, name string) []plot.Line {
	lines := make([]plot.Line, 0, len(a.Series.Groups))
	for _, g := range a.Series.Groups {
		lines = append(lines, plot.Line{
			Name: groupName(g.Key), Start: time.Unix(0, int64(a.Series.Start)), Step: time.Duration(a.Series.Step), Points: g.Values[name],
		})
	}
	return lines
}

func barsOf(a *querier.Answer, column int) []plot.Bar {
	bars := make([]plot.Bar, 0, len(a.Rows))
	for _, row := range a.Rows {
		v := math.NaN()
		if row[column] != nil {
			if _, err := fmt.Sscan(fmt.Sprint(row[column]), &v); err != nil {
				v = math.NaN()
			}
		}
		bars = append(bars, plot.Bar{Name: groupName(row[:a.Breakdowns]), Value: v})
	}
	return bars
}

// groupName is how a group is called where there is one line for it.
func groupName(key []any) string {
	names := make([]string, len(key))
	for i, v := range key {
		switch v {
		case nil:
			names[i] = "(no value)"
		case "":
			names[i] = "(empty)"
		default:
			names[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(names, ", ")
}
