// Package plot draws charts as PNG: the picture of a query's result that is
// pasted into a chat. It knows no query and no engine; it draws the numbers it
// is given, on the light ground that suits any page, and nothing moves.
package plot

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"time"
)

// Picture is what is drawn: a title and panels below each other. What is beyond
// a limit (see Encode) is left out, and the picture says so.
type Picture struct {
	Title    string
	Subtitle string
	Note     string // drawn instead of panels where there are none
	Start    time.Time
	End      time.Time
	Panels   []Panel
}

// Panel is one chart: of lines, bars or a heatmap, whichever is set.
type Panel struct {
	Label string
	Lines []Line
	Bars  []Bar
	Heat  *Heat
}

// Line is a course over time; point i belongs to Start + i·Step, NaN is a gap.
type Line struct {
	Name   string
	Start  time.Time
	Step   time.Duration
	Points []float64
}

// Bar is one of several amounts.
type Bar struct {
	Name  string
	Value float64
}

// Heat counts by bucket of time (major) and bin, from low to high.
type Heat struct {
	Start  time.Time
	Step   time.Duration
	Bins   int
	Counts []float64
	Low    string // what the lowest and the highest bin are
	High   string
}

const (
	width     = 960
	margin    = 20
	axisWidth = 64
	headSpace = 64
	plotSpace = 170 // of a panel's drawing
	rowHeight = 20  // of a bar or a line of the legend
	labelRow  = 26
	axisRow   = 24
	gap       = 10 // between panels

	maxPanels = 6
	maxLines  = 10
	maxBars   = 12
)

// Encode draws the picture, at most six panels of ten lines or twelve bars.
func Encode(w io.Writer, p *Picture) error {
	c, err := newCanvas(p)
	if err != nil {
		return err
	}
	c.text(c.large, margin, 28, width-2*margin, p.Title, ink)
	c.text(c.small, margin, 48, width-2*margin, p.Subtitle, faint)
	y := headSpace
	for i := range p.Panels[:min(len(p.Panels), maxPanels)] {
		y = c.panel(&p.Panels[i], y)
	}
	switch n := len(p.Panels) - maxPanels; {
	case n > 0:
		c.text(c.small, margin, y+16, width-2*margin, fmt.Sprintf("%d more charts are not drawn", n), faint)
	case len(p.Panels) == 0:
		c.text(c.small, margin, y+16, width-2*margin, p.Note, ink)
	}
	return png.Encode(w, c.img)
}

// canvas is a picture on its way.
type canvas struct {
	*faces
	img        *image.RGBA
	start, end time.Time
}

func newCanvas(p *Picture) (*canvas, error) {
	f, err := newFaces()
	if err != nil {
		return nil, err
	}
	c := &canvas{faces: f, start: p.Start, end: p.End}
	height := headSpace + margin
	for i := range p.Panels[:min(len(p.Panels), maxPanels)] {
		height += c.height(&p.Panels[i])
	}
	if len(p.Panels) == 0 || len(p.Panels) > maxPanels {
		height += labelRow
	}
	c.img = image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(c.img, c.img.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	return c, nil
}

func (c *canvas) height(p *Panel) int {
	switch {
	case p.Heat != nil:
		return labelRow + plotSpace + axisRow + gap
	case len(p.Bars) > 0:
		return labelRow + rowHeight*min(len(p.Bars), maxBars+1) + axisRow
	}
	rows, _ := c.legend(p)
	return labelRow + plotSpace + axisRow + rowHeight*rows + gap
}

// panel draws one chart from y on and returns where the next begins.
func (c *canvas) panel(p *Panel, y int) int {
	c.text(c.medium, margin, y+16, width-2*margin, p.Label, ink)
	body := image.Rect(margin+axisWidth, y+labelRow, width-margin, y+labelRow+plotSpace)
	switch {
	case p.Heat != nil:
		c.heat(p.Heat, body)
	case len(p.Bars) > 0:
		c.bars(p.Bars, y+labelRow)
	default:
		c.lines(p, body)
	}
	return y + c.height(p)
}

// The colours of the light theme.
//
//nolint:gochecknoglobals // constants, which Go does not have for colours
var (
	ground = rgb(0xffffff)
	grid   = rgb(0xe3e7ea)
	ink    = rgb(0x171c23)
	faint  = rgb(0x5b646f)
)

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 0xff} //nolint:gosec // each is cut to a byte
}

// lineColor is that of line i of a panel.
func lineColor(i int) color.RGBA {
	slots := [...]uint32{0x2d63bb, 0xd17114, 0x2a907f, 0x8868de, 0xd076a6, 0x8c9b2f, 0x3d9fc7, 0x7d377c, 0x006a0c, 0x553606}
	return rgb(slots[i%len(slots)])
}

// heatColor is that of a share above 0, up to 1.
func heatColor(share float64) color.RGBA {
	ramp := [...]uint32{0xe2f5f5, 0xb8e5ec, 0x8dd4e6, 0x61b9db, 0x369dd1, 0x227cbb, 0x1a5aa4, 0x1c3e82, 0x182361}
	return rgb(ramp[min(max(int(share*float64(len(ramp))), 0), len(ramp)-1)])
}

func (c *canvas) fill(r image.Rectangle, with color.RGBA) {
	draw.Draw(c.img, r.Intersect(c.img.Bounds()), image.NewUniform(with), image.Point{}, draw.Src)
}
