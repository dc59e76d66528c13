package plot

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/vector"
)

// lines draws the lines of a panel with its axes and names.
func (c *canvas) lines(p *Panel, body image.Rectangle) {
	shown := p.Lines[:min(len(p.Lines), maxLines)]
	low, high := bounds(shown)
	step := niceStep((high - low) / 4)
	low, high = math.Floor(low/step)*step, math.Ceil(high/step)*step
	place := func(v float64) float32 {
		return float32(body.Max.Y) - float32((v-low)/(high-low))*float32(body.Dy())
	}
	for i := range int(math.Round((high-low)/step)) + 1 {
		v := low + float64(i)*step
		y := int(place(v))
		c.fill(image.Rect(body.Min.X, y, body.Max.X, y+1), grid)
		c.textEnd(c.small, body.Min.X-8, y+4, axisWidth, Number(v), faint)
	}
	c.timeAxis(body)
	for i := range shown {
		c.line(&shown[i], body, place, lineColor(i))
	}
	c.names(p, shown, body)
}

const (
	swatch     = 20 // what stands before a name in the legend
	betweenTwo = 16 // of its names
)

// legend is how many rows and columns the names of a panel's lines have: as
// many beside each other as the longest leaves room for.
func (c *canvas) legend(p *Panel) (rows, columns int) {
	shown := p.Lines[:min(len(p.Lines), maxLines)]
	if len(shown) == 0 || len(p.Lines) == 1 && shown[0].Name == "" {
		return 0, 1
	}
	const most = width - 2*margin - axisWidth
	longest := 1
	for i := range shown {
		longest = max(longest, font.MeasureString(c.small, fit(c.small, shown[i].Name, most-swatch)).Ceil())
	}
	columns = min(max(most/(swatch+longest+betweenTwo), 1), 5)
	rows = (len(shown) + columns - 1) / columns
	if len(p.Lines) > len(shown) {
		rows++
	}
	return rows, columns
}

// names draws the legend.
func (c *canvas) names(p *Panel, shown []Line, body image.Rectangle) {
	rows, columns := c.legend(p)
	if rows == 0 {
		return
	}
	top, each := body.Max.Y+axisRow, body.Dx()/columns
	for i := range shown {
		x, y := body.Min.X+i%columns*each, top+i/columns*rowHeight
		c.fill(image.Rect(x, y+8, x+12, y+11), lineColor(i))
		c.text(c.small, x+swatch, y+14, each-swatch, shown[i].Name, ink)
	}
	if n := len(p.Lines) - len(shown); n > 0 {
		c.text(c.small, body.Min.X+swatch, top+(rows-1)*rowHeight+14, body.Dx()-swatch, fmt.Sprintf("and %d more that are not drawn", n), faint)
	}
}

// bounds are the lowest and highest value, zero included, never equal.
func bounds(lines []Line) (low, high float64) {
	for i := range lines {
		for _, v := range lines[i].Points {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if low == high {
		return low, low + 1
	}
	return low, high
}

// niceStep is the next number of the form 1, 2 or 5 times a power of ten.
func niceStep(least float64) float64 {
	if least <= 0 || math.IsInf(least, 0) || math.IsNaN(least) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// x is the place of a moment, in the middle of what is drawn for it.
func (c *canvas) x(at time.Time, body image.Rectangle) float32 {
	all := c.end.Sub(c.start)
	if all <= 0 {
		return float32(body.Min.X)
	}
	share := float64(at.Sub(c.start)) / float64(all)
	return float32(body.Min.X) + float32(min(max(share, 0), 1))*float32(body.Dx())
}

// line draws the course; a point between two gaps is a dot.
func (c *canvas) line(l *Line, body image.Rectangle, place func(float64) float32, with color.RGBA) {
	const half = 0.9 // of its width
	r := vector.NewRasterizer(width, body.Dy()+2*rowHeight)
	above := float32(body.Min.Y - rowHeight) // what is drawn begins a row above the chart
	var px, py float32
	open := false
	for i, v := range l.Points {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			open = false
			continue
		}
		x, y := c.x(l.Start.Add(time.Duration(i)*l.Step+l.Step/2), body), place(v)-above
		if open {
			stroke(r, px, py, x, y, half)
		} else {
			stroke(r, x-1.2, y, x+1.2, y, 1.2)
		}
		px, py, open = x, y, true
	}
	r.Draw(c.img, image.Rect(0, int(above), width, body.Max.Y+rowHeight), image.NewUniform(with), image.Point{})
}

// stroke adds a straight line of twice the half width.
func stroke(r *vector.Rasterizer, ax, ay, bx, by, half float32) {
	dx, dy := bx-ax, by-ay
	length := float32(math.Hypot(float64(dx), float64(dy)))
	if length == 0 {
		return
	}
	nx, ny := -dy/length*half, dx/length*half
	r.MoveTo(ax+nx, ay+ny)
	r.LineTo(bx+nx, by+ny)
	r.LineTo(bx-nx, by-ny)
	r.LineTo(ax-nx, ay-ny)
	r.ClosePath()
}

// timeAxis writes moments below a chart, in UTC.
func (c *canvas) timeAxis(body image.Rectangle) {
	all := c.end.Sub(c.start)
	if all <= 0 {
		return
	}
	step := timeStep(all / 7)
	layout := "15:04"
	switch {
	case step >= 24*time.Hour:
		layout = "Jan 2"
	case all > 24*time.Hour:
		layout = "Jan 2 15:04"
	case step < time.Second:
		layout = "15:04:05.000"
	case step < time.Minute:
		layout = "15:04:05"
	}
	for at := c.start.Truncate(step).Add(step); !at.After(c.end); at = at.Add(step) {
		x := int(c.x(at, body))
		c.fill(image.Rect(x, body.Max.Y, x+1, body.Max.Y+4), faint)
		c.textMiddle(c.small, x, body.Max.Y+18, 120, at.UTC().Format(layout), faint)
	}
	c.fill(image.Rect(body.Min.X, body.Max.Y, body.Max.X, body.Max.Y+1), faint)
}

// timeStep is the next length that people count in.
func timeStep(least time.Duration) time.Duration {
	const day = 24 * time.Hour
	for _, s := range []time.Duration{
		time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 14 * day, 30 * day,
	} {
		if s >= least {
			return s
		}
	}
	return max(least, 60*day)
}
