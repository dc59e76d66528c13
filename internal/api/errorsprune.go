package api

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Bounds of one value within a payload that is sent.
const (
	prunedText  = 16 << 10 // bytes of a text
	prunedDepth = 40
	prunedWidth = 2000 // members or elements
)

// pruned is a value with what is too large of it replaced by how large that is
// and where it lies; path is where the value itself lies. What is small comes
// first, so that one huge member does not hide its neighbours.
func pruned(v any, path []string, budget int) any {
	p := pruner{left: budget}
	return p.prune(v, slices.Clone(path), 0)
}

type pruner struct{ left int }

// prune takes what it keeps from the budget.
func (p *pruner) prune(v any, path []string, depth int) any {
	switch v := v.(type) {
	case string:
		if len(v) > prunedText || len(v) > p.left {
			return leftOut(v, len(v), path, 0)
		}
		p.left -= len(v)
	case map[string]any:
		return p.object(v, path, depth)
	case []any:
		return p.list(v, path, depth)
	default:
		p.left -= scalarBytes
	}
	return v
}

const scalarBytes = 8

func (p *pruner) object(v map[string]any, path []string, depth int) any {
	if depth > prunedDepth || len(v) > prunedWidth || p.left <= 0 {
		return leftOut(v, sizeOf(v), path, len(v))
	}
	names := make([]string, 0, len(v))
	size := make(map[string]int, len(v))
	for name, x := range v {
		names = append(names, name)
		size[name] = sizeOf(x)
	}
	slices.SortFunc(names, func(a, b string) int { return size[a] - size[b] })
	out := make(map[string]any, len(v))
	for _, name := range names {
		p.left -= len(name)
		out[name] = p.prune(v[name], append(slices.Clip(path), name), depth+1)
	}
	return out
}

func (p *pruner) list(v []any, path []string, depth int) any {
	if depth > prunedDepth || len(v) > prunedWidth || p.left <= 0 {
		return leftOut(v, sizeOf(v), path, len(v))
	}
	out := make([]any, len(v))
	for i, x := range v {
		out[i] = p.prune(x, append(slices.Clip(path), strconv.Itoa(i)), depth+1)
	}
	return out
}

// leftOut stands for a value that is sent when it is asked for.
func leftOut(_ any, bytes int, path []string, count int) any {
	return map[string]any{"$bytes": bytes, "$path": nonNil(path), "$count": count}
}

// sizeOf is about how many bytes a value has as JSON.
func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case json.Number:
		return len(v)
	case map[string]any:
		n := 2
		for name, x := range v {
			n += len(name) + sizeOf(x) + 4
		}
		return n
	case []any:
		n := 2
		for _, x := range v {
			n += sizeOf(x) + 1
		}
		return n
	}
	return 4
}
