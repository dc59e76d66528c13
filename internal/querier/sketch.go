package querier

import "math"

// Sketch is a small picture of a result: the first thing it draws, with few points
// and without units.
type Sketch struct {
	Calc  string      `json:"calc"`            // what is drawn
	Lines [][]int     `json:"lines,omitempty"` // of the first groups, from 0 to 100; -1 where there is no value
	Heat  *SketchHeat `json:"heat,omitempty"`
}

// SketchHeat is a heatmap of few cells.
type SketchHeat struct {
	Rows  int    `json:"rows"`
	Cells string `json:"cells"` // one digit each: column by column, from the lowest row up; 0 holds nothing
}

// How large sketches are.
const (
	sketchPoints  = 48
	sketchLines   = 5
	sketchColumns = 40
	sketchRows    = 16
)

// Sketch returns the picture of a result; nil if nothing of it is drawn over time.
func (r *SpecResult) Sketch() *Sketch {
	for _, c := range r.Plan.Calcs {
		var s *Sketch
		if c.Heatmap {
			s = r.sketchHeat(c.Key)
		} else {
			s = r.sketchLines(c.Key)
		}
		if s != nil {
			return s
		}
	}
	return nil
}

func (r *SpecResult) sketchLines(calc string) *Sketch {
	if r.Series == nil || r.Series.Count < 2 {
		return nil
	}
	var courses [][]float64
	low, high := 0.0, 0.0
	for _, g := range r.Series.Groups[:min(len(r.Series.Groups), sketchLines)] {
		course := thinned(g.Values[calc], sketchPoints)
		for _, v := range course {
			if !math.IsNaN(v) {
				low, high = min(low, v), max(high, v)
			}
		}
		courses = append(courses, course)
	}
	if high-low == 0 || math.IsInf(high-low, 0) {
		return nil
	}
	s := &Sketch{Calc: calc}
	for _, course := range courses {
		line := make([]int, len(course))
		for i, v := range course {
			line[i] = -1
			if !math.IsNaN(v) {
				line[i] = int(math.Round((v - low) / (high - low) * 100))
			}
		}
		s.Lines = append(s.Lines, line)
	}
	return s
}

// thinned has at most so many points, each the mean of those in its place.
func thinned(values []float64, most int) []float64 {
	n := min(len(values), most)
	out := make([]float64, n)
	for i := range out {
		sum, some := 0.0, 0
		for _, v := range values[i*len(values)/n : (i+1)*len(values)/n] {
			if !math.IsNaN(v) {
				sum += v
				some++
			}
		}
		out[i] = sum / float64(some) // NaN for none
	}
	return out
}

func (r *SpecResult) sketchHeat(calc string) *Sketch {
	for _, h := range r.Heatmaps {
		if h.Calc != calc || h.Count == 0 || h.Bins == 0 {
			continue
		}
		columns, rows := min(h.Count, sketchColumns), min(h.Bins, sketchRows)
		sums := make([]float64, columns*rows)
		highest := 0.0
		for i, n := range h.Counts {
			t, b := i/h.Bins*columns/h.Count, i%h.Bins*rows/h.Bins
			sums[t*rows+b] += n
			highest = max(highest, sums[t*rows+b])
		}
		if highest == 0 {
			return nil
		}
		cells := make([]byte, len(sums))
		for i, n := range sums {
			cells[i] = '0'
			if n > 0 {
				cells[i] = '1' + byte(math.Round(8*math.Log1p(n)/math.Log1p(highest)))
			}
		}
		return &Sketch{Calc: calc, Heat: &SketchHeat{Rows: rows, Cells: string(cells)}}
	}
	return nil
}
