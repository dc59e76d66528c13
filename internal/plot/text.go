package plot

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// faces are the sizes of type. A face serves one picture at a time.
type faces struct{ small, medium, large font.Face }

func newFaces() (*faces, error) {
	var f faces
	for _, one := range []struct {
		into *font.Face
		ttf  []byte
		size float64
	}{
		{&f.small, goregular.TTF, 12},
		{&f.medium, gomedium.TTF, 13},
		{&f.large, gomedium.TTF, 16},
	} {
		parsed, err := opentype.Parse(one.ttf)
		if err != nil {
			return nil, fmt.Errorf("read the font: %w", err)
		}
		if *one.into, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: one.size, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return nil, fmt.Errorf("open the font: %w", err)
		}
	}
	return &f, nil
}

// maxText is how much of a text is looked at: no line holds more.
const maxText = 400

// text draws one line from x on, on the base line y, cut to a width.
func (c *canvas) text(face font.Face, x, y, room int, s string, with color.RGBA) {
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(with), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(fit(face, s, room))
}

// textEnd draws one line that ends at x.
func (c *canvas) textEnd(face font.Face, x, y, room int, s string, with color.RGBA) {
	s = fit(face, s, room)
	c.text(face, x-font.MeasureString(face, s).Ceil(), y, room, s, with)
}

// textMiddle draws one line around x, moved to stay within the margins.
func (c *canvas) textMiddle(face font.Face, x, y, room int, s string, with color.RGBA) {
	s = fit(face, s, room)
	n := font.MeasureString(face, s).Ceil()
	c.text(face, min(max(x-n/2, margin), width-margin-n), y, room, s, with)
}

// fit makes a text one line of visible characters that is no wider than room.
func fit(face font.Face, s string, room int) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s[:min(len(s), 4*maxText)]))
	runes = runes[:min(len(runes), maxText)]
	if font.MeasureString(face, string(runes)).Ceil() <= room {
		return string(runes)
	}
	low, high := 0, len(runes)
	for low < high {
		middle := (low + high + 1) / 2
		if font.MeasureString(face, string(runes[:middle])+"…").Ceil() <= room {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return string(runes[:low]) + "…"
}

// Number writes a number in three digits or so: 1.24k, 0.035, 17M.
func Number(v float64) string {
	size := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case size == 0:
		return "0"
	case size < 1e-3 || size >= 1e15:
		return fmt.Sprintf("%.2e", v)
	}
	for _, unit := range []struct {
		from float64
		sign string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if size >= unit.from {
			scale := unit.from
			if unit.sign == "k" {
				scale = 1e3
			}
			return digits(v/scale) + unit.sign
		}
	}
	return digits(v)
}

func digits(v float64) string {
	size := math.Abs(v)
	places := 0
	switch {
	case size < 1:
		places = 3
	case size < 10:
		places = 2
	case size < 100:
		places = 1
	}
	s := fmt.Sprintf("%.*f", places, v)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
