package trace

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
)

// drawSpans makes spans whose ids repeat and whose parents are anything: known,
// unknown, themselves, in loops.
func drawSpans(t *rapid.T) []sp {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sp {
		return sp{
			id:      rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h"}).Draw(t, "id"),
			parent:  rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e", "x"}).Draw(t, "parent"),
			start:   rapid.Int64Range(0, 4).Draw(t, "start"),
			length:  rapid.Int64Range(0, 4).Draw(t, "length"),
			service: rapid.SampledFrom([]string{"api", "db"}).Draw(t, "service"),
			fail:    rapid.Bool().Draw(t, "fail"),
		}
	}), 0, 14).Draw(t, "spans")
}

// whole says all of a trace that a reader can see.
func whole(tr *Trace) []string {
	lines := outline(tr)
	for i, s := range tr.Spans {
		lines[i] += fmt.Sprintf(" %s/%s under %d, flags %b", tr.Strings[s.Service], tr.Strings[s.Name], s.Parent, s.Flags)
	}
	return append(lines, fmt.Sprint(tr.Base, tr.Duration, tr.Total, tr.Notes, tr.Critical))
}

func TestAssemble_OrderOfArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spans := drawSpans(t)
		want := whole(Assemble("t1", []*event.Batch{batch(spans...)}, Options{}))
		other := rapid.Permutation(spans).Draw(t, "other")
		cut := rapid.IntRange(0, len(other)).Draw(t, "cut")
		got := whole(Assemble("t1", []*event.Batch{batch(other[:cut]...), batch(other[cut:]...)}, Options{}))
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestAssemble_WhatCameTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spans := drawSpans(t)
		want := whole(Assemble("t1", []*event.Batch{batch(spans...)}, Options{}))
		got := whole(Assemble("t1", []*event.Batch{batch(spans...), batch(spans...)}, Options{}))
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

// A trace cut to a limit is a part of the whole: no parent that arrived is
// called missing, and errors stay before others.
func TestAssemble_CutKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "n")
		spans := make([]sp, n)
		for i := range spans {
			spans[i] = sp{id: fmt.Sprint(i), start: int64(i), length: rapid.Int64Range(0, 50).Draw(t, "length"), service: "api"}
			if i > 0 {
				spans[i].parent = fmt.Sprint(rapid.IntRange(0, i-1).Draw(t, "parent"))
			}
		}
		bad := rapid.IntRange(1, n-1).Draw(t, "bad")
		spans[bad].fail = true
		limit := rapid.IntRange(1, n).Draw(t, "limit")
		tr := Assemble("t1", []*event.Batch{batch(spans...)}, Options{MaxSpans: limit, KeepClocks: true})
		if len(tr.Spans) != limit || tr.Total != n || tr.Notes.MissingParents != 0 || tr.Notes.Roots != 1 {
			t.Fatalf("%d spans of %d at limit %d: %+v", len(tr.Spans), tr.Total, limit, tr.Notes)
		}
		above := 1
		for i := bad; i != 0; above++ {
			_, _ = fmt.Sscan(spans[i].parent, &i)
		}
		found := false
		for _, s := range tr.Spans {
			found = found || s.Flags&FlagError != 0
		}
		if fits := above <= limit; found != fits {
			t.Fatalf("the error, %d deep, is kept: %v, at limit %d", above, found, limit)
		}
	})
}

func TestAssemble_DeepestAndMostLinked(t *testing.T) {
	t.Parallel()
	const deep = 5000
	spans := make([]sp, deep)
	for i := range spans {
		spans[i] = sp{id: fmt.Sprint(i), start: int64(i), length: 2*deep - 2*int64(i), service: "api", fail: i == deep-1}
		if i > 0 {
			spans[i].parent = fmt.Sprint(i - 1)
		}
	}
	links := event.NewBatch("test", "api")
	for i := range 10_000 {
		links.Begin(1000*ms + int64(i))
		links.Set(event.FieldTraceID, event.StringValue("t1"))
		links.Set(event.FieldParentID, event.StringValue("7"))
		links.Set(event.FieldAnnotation, event.StringValue(event.AnnotationLink))
	}
	tr := Assemble("t1", []*event.Batch{links, batch(spans...)}, Options{})
	if last := tr.Spans[deep-1]; last.Depth != deep-1 || tr.Spans[0].Descendants != deep-1 || tr.Spans[0].Flags&FlagErrorBelow == 0 {
		t.Fatalf("first %+v, last %+v", tr.Spans[0], last)
	}
	if len(tr.Annotations) != 10_000 || tr.Annotations[9999].Span != 7 || tr.Spans[7].Flags&FlagLinks == 0 {
		t.Fatalf("%d links, span 7 is %+v", len(tr.Annotations), tr.Spans[7])
	}
}

// The placeholder of a missing parent may be the span that makes the list of
// spans move in memory.
func TestAssemble_AnyNumberOfOrphans(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		spans := make([]sp, n)
		for i := range spans {
			spans[i] = sp{id: fmt.Sprint(i), parent: fmt.Sprint("gone", i), length: 5, service: "api"}
		}
		tr := Assemble("t1", []*event.Batch{batch(spans...)}, Options{})
		if len(tr.Spans) != 2*n || tr.Notes.MissingParents != n || tr.Notes.Roots != n {
			t.Fatalf("%d orphans: %d spans, %+v", n, len(tr.Spans), tr.Notes)
		}
		if n > 0 && (tr.Base != 1000*ms || tr.Duration != 5*ms) {
			t.Fatalf("%d orphans begin at %d and take %d", n, tr.Base, tr.Duration)
		}
	}
}
