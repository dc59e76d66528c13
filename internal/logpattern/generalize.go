package logpattern

import (
	"cmp"
	"slices"
	"strings"
)

// Words that look like values become a token under these conditions.
const (
	fewestTexts = 4   // texts that differ in them
	mostWords   = 12  // a word that stands in one text of so many is one to tell texts by
	mostAlike   = 100 // more texts that nothing tells apart become one, however little they have in common
)

// templates says which masked texts became which. Two texts can become one if they
// have the same shape: all but the words is equal.
type templates struct {
	became  map[string]string
	byShape map[string][][]string // the words of templates that stand for several texts
}

// of is what a text that was generalized became.
func (t *templates) of(text string) string {
	if to, ok := t.became[text]; ok {
		return to
	}
	return text
}

// find is the template that a text fits which was not there when they were made.
func (t *templates) find(text string) (string, bool) {
	shape, words := cutWords(text)
	for _, template := range t.byShape[shape] {
		if fits(template, words) {
			return fill(shape, template), true
		}
	}
	return "", false
}

func fits(template, words []string) bool {
	for i, w := range template {
		if w != tokenWord && w != words[i] {
			return false
		}
	}
	return true
}

const (
	tokenWord = string(byte(Token))
	wordMark  = '\x08' // in a shape, where a word is
)

// cutWords takes the words out of a masked text. Tokens are words that vary.
func cutWords(text string) (shape string, words []string) {
	var b strings.Builder
	for i := 0; i < len(text); {
		start := i
		if text[i] == byte(Token) {
			i++
		} else {
			for i < len(text) && (kinds[text[i]] == letter || kinds[text[i]] == digit) {
				i++
			}
		}
		if i == start {
			b.WriteByte(text[i])
			i++
			continue
		}
		words = append(words, text[start:i])
		b.WriteByte(wordMark)
	}
	return b.String(), words
}

// fill puts words into a shape.
func fill(shape string, words []string) string {
	var b strings.Builder
	for i := range len(shape) {
		if shape[i] == wordMark {
			b.WriteString(words[0])
			words = words[1:]
			continue
		}
		b.WriteByte(shape[i])
	}
	return b.String()
}

// generalize finds the templates of masked texts.
func generalize(groups []*Template) *templates {
	byShape := map[string][][]string{}
	for _, g := range sorted(groups) {
		if g.text == restText {
			continue
		}
		shape, words := cutWords(g.text)
		byShape[shape] = append(byShape[shape], words)
	}
	t := &templates{became: map[string]string{}, byShape: map[string][][]string{}}
	for shape, texts := range byShape {
		t.split(shape, texts)
	}
	return t
}

// split divides texts by the word that most of them have in common, until they are
// alike or nothing tells them apart but values.
func (t *templates) split(shape string, texts [][]string) {
	for len(texts) > 1 {
		at, word, n := telling(texts)
		if n < 2 || n*mostWords < len(texts) {
			break
		}
		with, without := [][]string{}, [][]string{}
		for _, words := range texts {
			if words[at] == word {
				with = append(with, words)
			} else {
				without = append(without, words)
			}
		}
		t.split(shape, with)
		texts = without
	}
	t.merge(shape, texts)
}

// telling finds, at the places where texts differ, the word that stands in most of
// them; the first of several. A token tells nothing.
func telling(texts [][]string) (at int, word string, n int) {
	counts := map[string]int{}
	for i := range texts[0] {
		clear(counts)
		for _, words := range texts {
			counts[words[i]]++
		}
		if len(counts) == 1 {
			continue
		}
		for w, c := range counts {
			if w != tokenWord && (c > n || c == n && i == at && w < word) {
				at, word, n = i, w, c
			}
		}
	}
	return at, word, n
}

// merge makes one template of texts that differ in values only, if there are
// enough of them and they have enough in common.
func (t *templates) merge(shape string, texts [][]string) {
	if len(texts) < 2 {
		return
	}
	template := slices.Clone(texts[0])
	for _, words := range texts[1:] {
		for i, w := range words {
			if template[i] != w {
				template[i] = tokenWord
			}
		}
	}
	common, token := 0, false
	for _, w := range template {
		if w != tokenWord {
			common++
		}
	}
	for _, words := range texts {
		token = token || fits(words, template) // one of them is the template already
	}
	if !token && (len(texts) < fewestTexts || 2*common < len(template) && len(texts) <= mostAlike) {
		return
	}
	text := fill(shape, template)
	for _, words := range texts {
		t.became[fill(shape, words)] = text
	}
	t.byShape[shape] = append(t.byShape[shape], template)
	slices.SortFunc(t.byShape[shape], func(a, b []string) int { return cmp.Or(compareTokens(a, b), slices.Compare(a, b)) })
}

// compareTokens puts the template with fewer tokens first: it says more.
func compareTokens(a, b []string) int {
	n := func(words []string) (n int) {
		for _, w := range words {
			if w == tokenWord {
				n++
			}
		}
		return n
	}
	return cmp.Compare(n(a), n(b))
}
