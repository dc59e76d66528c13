package plot

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

var start = time.Unix(1_764_000_000, 0).UTC() //nolint:gochecknoglobals // a constant of the tests

func encode(t *testing.T, p *Picture) image.Image {
	t.Helper()
	var buf bytes.Buffer
	if err := Encode(&buf, p); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("ORIEL_PLOT_DIR"); dir != "" { // for a look
		_ = os.WriteFile(dir+"/"+strings.ReplaceAll(t.Name(), "/", "-")+".png", buf.Bytes(), 0o600)
	}
	img, err := png.Decode(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// near allows for edges that are half covered.
func near(a, b uint8) bool { return max(a, b)-min(a, b) <= 60 }

// count counts the pixels of about a colour within a part of the picture.
func count(img image.Image, r image.Rectangle, want color.RGBA) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if got, ok := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA); ok && near(got.R, want.R) && near(got.G, want.G) && near(got.B, want.B) {
				n++
			}
		}
	}
	return n
}

// area of a picture between two shares of the first panel's drawing, from its
// lower left.
func area(fromX, fromY, toX, toY float64) image.Rectangle {
	left, right := margin+axisWidth, width-margin
	top, bottom := headSpace+labelRow, headSpace+labelRow+plotSpace
	at := func(low, high int, share float64) int { return low + int(share*float64(high-low)) }
	return image.Rect(at(left, right, fromX), at(bottom, top, toY), at(left, right, toX), at(bottom, top, fromY))
}

func steps(values ...float64) []float64 { return values }

func TestLines_AreWhereTheirValuesAre(t *testing.T) {
	t.Parallel()
	low, high := make([]float64, 60), make([]float64, 60)
	for i := range low {
		low[i], high[i] = 10, 90
		if i >= 30 {
			high[i] = math.NaN()
		}
	}
	img := encode(t, &Picture{
		Title: "VISUALIZE COUNT GROUP BY route", Subtitle: "shop", Start: start, End: start.Add(time.Hour),
		Panels: []Panel{{Label: "COUNT", Lines: []Line{
			{Name: "/low", Start: start, Step: time.Minute, Points: low}, {Name: "/high", Start: start, Step: time.Minute, Points: high},
		}}},
	})
	if n := count(img, area(0, 0.05, 1, 0.15), lineColor(0)); n < 700 {
		t.Errorf("the low line has %d pixels at a tenth of the height", n)
	}
	if n := count(img, area(0, 0.85, 0.5, 0.95), lineColor(1)); n < 350 {
		t.Errorf("the high line has %d pixels at nine tenths", n)
	}
	if n := count(img, area(0.52, 0, 1, 1), lineColor(1)); n > 0 {
		t.Errorf("the high line goes on for %d pixels where it has no values", n)
	}
}

func TestBars_AreAsLongAsTheirValues(t *testing.T) {
	t.Parallel()
	img := encode(t, &Picture{Title: "t", Panels: []Panel{{Label: "COUNT", Bars: []Bar{{"/a", 200}, {"/b", 50}, {"/none", math.NaN()}}}}})
	row := func(i int) int {
		y := headSpace + labelRow + i*rowHeight + rowHeight/2
		return count(img, image.Rect(0, y, width, y+1), lineColor(0))
	}
	if a, b, none := row(0), row(1), row(2); a < 400 || math.Abs(float64(a)/float64(b)-4) > 0.1 || none > 1 {
		t.Errorf("bars of %d, %d and %d pixels", a, b, none)
	}
}

func TestHeat_IsDarkestWhereMostIs(t *testing.T) {
	t.Parallel()
	counts := make([]float64, 10*5)
	counts[0*5+0], counts[9*5+4] = 1, 1000
	img := encode(t, &Picture{Start: start, End: start.Add(10 * time.Minute), Panels: []Panel{{Label: "HEATMAP", Heat: &Heat{
		Start: start, Step: time.Minute, Bins: 5, Counts: counts, Low: "1", High: "100",
	}}}})
	cell := plotSpace / 5 * (width - 2*margin - axisWidth) / 10
	if n := count(img, area(0.9, 0.8, 1, 1), heatColor(1)); n < cell*9/10 {
		t.Errorf("%d of %d pixels of the fullest cell", n, cell)
	}
	if n := count(img, area(0, 0, 0.1, 0.2), heatColor(0)); n < cell*9/10 {
		t.Errorf("%d of %d pixels of the emptiest cell", n, cell)
	}
	if n := count(img, area(0.2, 0, 0.8, 1), ground); n < 10*cell {
		t.Error("empty cells are drawn")
	}
}

// Whatever comes in, there is a picture, and not a large one.
func TestEncode_TakesAnything(t *testing.T) {
	t.Parallel()
	lines := make([]Line, 300)
	for i := range lines {
		lines[i] = Line{Name: strings.Repeat("long\n\x00", i), Start: start, Step: time.Hour, Points: steps(math.Inf(1), math.NaN(), -1e300, 1e300, 0)}
	}
	panels := make([]Panel, 100)
	for i := range panels {
		panels[i] = Panel{Label: "\u202e\xff日本", Lines: lines}
	}
	for name, p := range map[string]*Picture{
		"much": {Title: strings.Repeat("title ", 10_000), Start: start, End: start.Add(time.Hour), Panels: panels}, "nothing": {Note: "No events match."},
		"no time":  {Panels: []Panel{{Lines: lines[:1]}}},
		"no cells": {Start: start, End: start.Add(time.Hour), Panels: []Panel{{Heat: &Heat{}}}}, "no lines": {Start: start, End: start.Add(time.Hour), Panels: []Panel{{}}},
		"backwards": {Start: start, End: start.Add(-time.Hour), Panels: []Panel{{Lines: lines[:1]}}},
		"years":     {Start: time.Unix(0, 0), End: start, Panels: []Panel{{Lines: []Line{{Start: start, Step: time.Hour, Points: steps(1)}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if b := encode(t, p).Bounds(); b.Dx() != width || b.Dy() > 3000 {
				t.Errorf("%v", b)
			}
		})
	}
}

func TestNumber_HasThreeDigitsOrSo(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 1: "1", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 1234: "1234", 12345: "12.3k", 1.5e6: "1.5M", -2e9: "-2G", 0.05: "0.05",
		1e-9: "1.00e-09", math.Inf(1): "–", 3e20: "3.00e+20",
	} {
		if got := Number(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	if got := fmt.Sprint(niceStep(0.3), niceStep(7), niceStep(20), niceStep(0)); got != "0.5 10 20 1" {
		t.Error(got)
	}
}
