package plot

import (
	"fmt"
	"image"
	"math"
	"time"
)

// bars draws amounts below each other, the longest as wide as there is room.
func (c *canvas) bars(all []Bar, y int) {
	const nameWidth, valueWidth = 300, 80
	longest := 0.0
	for _, b := range all {
		if !math.IsNaN(b.Value) && !math.IsInf(b.Value, 0) {
			longest = max(longest, math.Abs(b.Value))
		}
	}
	shown := all[:min(len(all), maxBars)]
	left := margin + nameWidth + 8
	room := width - margin - valueWidth - left
	for i, b := range shown {
		c.textEnd(c.small, margin+nameWidth, y+14, nameWidth, b.Name, ink)
		length := 0
		if longest > 0 && !math.IsNaN(b.Value) && !math.IsInf(b.Value, 0) {
			length = int(math.Abs(b.Value) / longest * float64(room))
		}
		c.fill(image.Rect(left, y+3, left+max(length, 1), y+rowHeight-3), lineColor(0))
		c.text(c.small, left+length+6, y+14, valueWidth, Number(b.Value), faint)
		if i == len(shown)-1 && len(all) > len(shown) {
			c.text(c.small, left, y+14+rowHeight, room, fmt.Sprintf("and %d more that are not drawn", len(all)-len(shown)), faint)
		}
		y += rowHeight
	}
}

// heat draws the cells of a heatmap; the colour says how many, by the logarithm.
func (c *canvas) heat(h *Heat, body image.Rectangle) {
	most := 0.0
	for _, n := range h.Counts {
		most = max(most, n)
	}
	columns := 0
	if h.Bins > 0 {
		columns = len(h.Counts) / h.Bins
	}
	for i := range columns {
		from := c.x(h.Start.Add(time.Duration(i)*h.Step), body)
		to := c.x(h.Start.Add(time.Duration(i+1)*h.Step), body)
		for k := range h.Bins {
			n := h.Counts[i*h.Bins+k]
			if n <= 0 {
				continue
			}
			top := body.Max.Y - (k+1)*body.Dy()/h.Bins
			bottom := body.Max.Y - k*body.Dy()/h.Bins
			c.fill(image.Rect(int(from), top, max(int(to), int(from)+1), bottom), heatColor(math.Log1p(n)/math.Log1p(most)))
		}
	}
	c.textEnd(c.small, body.Min.X-8, body.Max.Y, axisWidth, h.Low, faint)
	c.textEnd(c.small, body.Min.X-8, body.Min.Y+10, axisWidth, h.High, faint)
	c.timeAxis(body)
}
