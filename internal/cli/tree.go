package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/trace"
)

// skeleton is the part of a trace that the tree needs.
type skeleton struct {
	TraceID  string   `json:"trace_id"`
	Base     string   `json:"base"`
	Duration int64    `json:"duration"`
	Total    int      `json:"total_spans"`
	Arriving bool     `json:"arriving"`
	Cut      bool     `json:"truncated"`
	Strings  []string `json:"strings"`
	Spans    struct {
		Depth    []int32  `json:"depth"`
		Parent   []int32  `json:"parent"`
		Start    []int64  `json:"start"`
		Duration []int64  `json:"duration"`
		Service  []int32  `json:"service"`
		Name     []int32  `json:"name"`
		HTTP     []int32  `json:"http"`
		Flags    []uint32 `json:"flags"`
	} `json:"spans"`
	Services []struct {
		Name string `json:"name"`
	} `json:"services"`
	Notes struct {
		Missing int `json:"missing_parents"`
		Loops   int `json:"loops"`
		Skew    []struct {
			Service string `json:"service"`
			Host    string `json:"host"`
			NS      int64  `json:"ns"`
		} `json:"skew"`
	} `json:"notes"`
}

// tookWidth is the width of a duration: "1.23 min" and a little more.
const tookWidth = 8

func (sk *skeleton) print(s Streams) error {
	failed := 0
	for _, f := range sk.Spans.Flags {
		if f&trace.FlagError != 0 {
			failed++
		}
	}
	var b strings.Builder
	b.WriteString(s.paint(bold, clean(sk.TraceID)))
	if other := event.XRayTraceID(sk.TraceID); other != sk.TraceID {
		b.WriteString("  " + s.paint(dim, clean(other)))
	}
	if base, err := strconv.ParseInt(sk.Base, 10, 64); err == nil {
		b.WriteString("  " + time.Unix(0, base).In(s.zone()).Format("2006-01-02 15:04:05.000"))
	}
	errors := several(failed, "error")
	if failed > 0 {
		errors = s.paint(red, errors)
	}
	_, _ = fmt.Fprintf(&b, "\n%s · %s · %s · %s\n", duration(sk.Duration), several(sk.Total, "span"), several(len(sk.Services), "service"), errors)
	for _, note := range sk.notes() {
		b.WriteString(s.paint(dim, note) + "\n")
	}
	width := s.Width
	if width <= 0 {
		width = 120
	}
	bar := max(width/3, 20)
	label := max(width-bar-tookWidth-2, 30)
	b.WriteString("\n" + strings.Repeat(" ", label+tookWidth+2) + s.paint(dim, pad("0", bar-columns(duration(sk.Duration)))+duration(sk.Duration)) + "\n")
	colors := sk.colors()
	for i, guide := range sk.guides(label / 4) {
		sk.line(&b, s, i, guide, colors, label, bar)
	}
	_, err := io.WriteString(s.Out, b.String())
	return err
}

// several counts things in words.
func several(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

func (sk *skeleton) notes() []string {
	var notes []string
	if n := sk.Notes.Missing; n > 0 {
		notes = append(notes, several(n, "parent")+" never arrived: sampled out, late, or of a service that is not instrumented")
	}
	if n := sk.Notes.Loops; n > 0 {
		notes = append(notes, several(n, "loop")+" of parents cut")
	}
	for _, k := range sk.Notes.Skew {
		notes = append(notes, fmt.Sprintf("clock of %s corrected by %s", clean(strings.TrimSpace(k.Service+" "+k.Host)), signed(k.NS)))
	}
	if sk.Cut {
		notes = append(notes, fmt.Sprintf("only %s of them are shown", several(len(sk.Spans.Depth), "span")))
	}
	if sk.Arriving {
		notes = append(notes, "still arriving")
	}
	return notes
}

func signed(ns int64) string {
	if ns < 0 {
		return "−" + duration(-ns)
	}
	return "+" + duration(ns)
}

// guides returns the lines of the tree in front of each span. Beyond deepest
// levels they would eat the line: the depth is written instead.
func (sk *skeleton) guides(deepest int) []string {
	depths := sk.Spans.Depth
	last := make([]bool, len(depths)) // no sibling follows
	var open []bool                   // by depth: a span there follows under the same parent
	for i := len(depths) - 1; i >= 0; i-- {
		d := max(int(depths[i]), 0)
		for len(open) <= d {
			open = append(open, false)
		}
		open = open[:d+1]
		last[i] = !open[d]
		open[d] = true
	}
	out := make([]string, len(depths))
	var above []string // by depth: what stands below a span of that depth
	for i := range depths {
		d := max(int(depths[i]), 0)
		for len(above) <= d {
			above = append(above, "  ")
		}
		above[d] = "│ "
		own := "├ "
		if last[i] {
			above[d], own = "  ", "└ "
		}
		switch {
		case d == 0:
		case d <= deepest:
			out[i] = strings.Join(above[1:d], "") + own
		default:
			out[i] = strings.Join(above[1:deepest], "") + own + strconv.Itoa(d) + "› "
		}
	}
	return out
}

// colors gives each service one of the terminal's colours; red is for errors.
func (sk *skeleton) colors() map[string]string {
	palette := [...]string{"34", "36", "32", "35", "33", "94", "96", "92", "95", "93"}
	out := map[string]string{}
	for i, service := range sk.Services {
		out[service.Name] = palette[i%len(palette)]
	}
	return out
}

func (sk *skeleton) line(b *strings.Builder, s Streams, i int, guide string, colors map[string]string, label, bar int) {
	sp := &sk.Spans
	failed, service := sp.Flags[i]&trace.FlagError != 0, sk.Strings[sp.Service[i]]
	color := colors[service]
	b.WriteString(s.paint(dim, guide))
	label -= columns(guide)
	if sp.Flags[i]&trace.FlagPlaceholder != 0 {
		b.WriteString(s.paint(dim, pad(shorten("(parent that never arrived)", label), label)))
		color = dim
	} else {
		status := ""
		if sp.HTTP[i] >= 400 {
			status = fmt.Sprintf(" %d", sp.HTTP[i])
		}
		if failed {
			status += " ✗"
			color = red
		}
		label -= columns(status)
		who := shorten(clean(service), max(label/2, 1))
		what := shorten(clean(sk.Strings[sp.Name[i]]), max(label-columns(who)-2, 1))
		rest := label - columns(who) - 2 - columns(what)
		b.WriteString(s.paint(colors[service], who) + "  " + what + s.paint(red, status) + strings.Repeat(" ", max(rest, 0)))
	}
	_, _ = fmt.Fprintf(b, " %s %s\n", padLeft(duration(sp.Duration[i]), tookWidth), s.paint(color, drawBar(sp.Start[i], sp.Duration[i], sk.Duration, bar)))
}

// drawBar places a span on a line of n characters. Its end is drawn in eighths
// of a character; the shortest span is a thin line.
func drawBar(start, length, total int64, n int) string {
	if total <= 0 {
		return strings.Repeat("█", n)
	}
	share := func(ns int64) float64 { return min(max(float64(ns)/float64(total), 0), 1) * float64(n) }
	from := min(int(share(start)), n-1)
	eighths := min(max(int((share(start)+share(length)-float64(from))*8+0.5), 1), (n-from)*8)
	bar := strings.Repeat(" ", from) + strings.Repeat("█", eighths/8)
	if part := eighths % 8; part > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[part-1])
	}
	return bar
}
