package cli

import (
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"time"
)

// heatmap counts values by bucket of time (major) and bin, from low to high.
type heatmap struct {
	Calc   string    `json:"calc"`
	Start  string    `json:"start"`
	Step   int64     `json:"step"`
	Count  int       `json:"count"`
	Scale  string    `json:"scale"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Bins   int       `json:"bins"`
	Counts []float64 `json:"counts"`
}

// at returns the value at a share of the scale's height.
func (h *heatmap) at(share float64) float64 {
	if h.Scale == "log" && h.Min > 0 {
		return h.Min * math.Pow(h.Max/h.Min, share)
	}
	return h.Min + (h.Max-h.Min)*share
}

func (h *heatmap) valid() bool {
	return h.Count > 0 && h.Bins > 0 && len(h.Counts) == h.Count*h.Bins
}

// begins returns when bucket i of time begins.
func (h *heatmap) begins(i int) int64 {
	start, err := strconv.ParseInt(h.Start, 10, 64)
	if err != nil {
		return 0
	}
	return start + int64(i)*h.Step
}

const (
	heatmapRows   = 15
	heatmapLabels = 10
)

// print draws the heatmap with as many cells as the terminal has room for:
// darker means more events.
func (h *heatmap) print(s Streams) string {
	if !h.valid() {
		return h.Calc + ": nothing in this range has a value\n"
	}
	width := s.Width
	if width <= 0 {
		width = 100
	}
	wide, high := min(max(width-heatmapLabels-3, 20), h.Count), min(heatmapRows, h.Bins)
	cells := make([]float64, wide*high)
	top := 0.0
	for i := range h.Count {
		for k := range h.Bins {
			at := i*wide/h.Count*high + k*high/h.Bins
			cells[at] += h.Counts[i*h.Bins+k]
			top = max(top, cells[at])
		}
	}
	var b strings.Builder
	b.WriteString(s.paint(bold, clean(h.Calc)) + "\n")
	for row := high - 1; row >= 0; row-- {
		label := ""
		if row%2 == 0 || row == high-1 {
			label = short(h.at((float64(row) + 0.5) / float64(high)))
		}
		var line strings.Builder
		for col := range wide {
			line.WriteRune(shade(cells[col*high+row], top))
		}
		b.WriteString(padLeft(label, heatmapLabels) + s.paint(dim, " ┤") + s.paint(blue, strings.TrimRight(line.String(), " ")) + "\n")
	}
	from, to := h.clock(s, 0), h.clock(s, h.Count)
	b.WriteString(strings.Repeat(" ", heatmapLabels+2) + s.paint(dim, pad(from, max(wide-columns(to), columns(from)+1))+to) + "\n")
	return b.String()
}

// shade is the darker, the nearer a count is to the largest. Its root makes the
// single slow request visible beside the many quick ones.
func shade(count, top float64) rune {
	if count <= 0 || top <= 0 {
		return ' '
	}
	shades := []rune("░▒▓█")
	return shades[min(int(math.Sqrt(count/top)*float64(len(shades))), len(shades)-1)]
}

func (h *heatmap) clock(s Streams, i int) string {
	form := "15:04"
	if h.Step*int64(h.Count) > int64(20*time.Hour) {
		form = "Jan 2 15:04"
	}
	return time.Unix(0, h.begins(i)).In(s.zone()).Format(form)
}

// csv writes the cells that are not empty.
func (h *heatmap) csv(out *csv.Writer) error {
	if err := out.Write([]string{"time", "from", "to", "count"}); err != nil {
		return err
	}
	if !h.valid() {
		return nil
	}
	for i := range h.Count {
		for k := range h.Bins {
			n := h.Counts[i*h.Bins+k]
			if n == 0 {
				continue
			}
			err := out.Write([]string{
				time.Unix(0, h.begins(i)).UTC().Format(time.RFC3339),
				strconv.FormatFloat(h.at(float64(k)/float64(h.Bins)), 'g', 6, 64), strconv.FormatFloat(h.at(float64(k+1)/float64(h.Bins)), 'g', 6, 64), exact(n),
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
