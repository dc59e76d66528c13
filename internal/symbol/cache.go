package symbol

import (
	"container/list"
	"strings"
	"sync"

	"github.com/oriel-dev/oriel/internal/sourcemap"
)

// cache keeps decoded maps, by their hash, within bounds. One map is decoded at a
// time: they are large.
type cache struct {
	most     int
	decoding sync.Mutex

	mu    sync.Mutex
	size  int
	order *list.List // of *kept, the one used last first
	byKey map[string]*list.Element

	functions map[functionKey]string // that positions are in
}

type functionKey struct {
	hash, file   string
	line, column int
}

const mostFunctions = 20_000

type kept struct {
	hash string
	m    *sourcemap.Map
	size int
}

func newCache(most int) *cache {
	return &cache{most: most, order: list.New(), byKey: map[string]*list.Element{}, functions: map[functionKey]string{}}
}

func (c *cache) decode(raw []byte) (*sourcemap.Map, error) {
	c.decoding.Lock()
	defer c.decoding.Unlock()
	return sourcemap.Decode(raw)
}

func (c *cache) find(hash string) *sourcemap.Map {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[hash]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	k, _ := e.Value.(*kept)
	return k.m
}

func (c *cache) put(hash string, m *sourcemap.Map) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[hash] != nil {
		return
	}
	k := &kept{hash, m, m.Size()}
	c.byKey[hash] = c.order.PushFront(k)
	c.size += k.size
	for c.size > c.most && c.order.Len() > 1 {
		last := c.order.Back()
		old, _ := c.order.Remove(last).(*kept)
		delete(c.byKey, old.hash)
		c.size -= old.size
	}
}

// decoded returns a map, decoding it if it is not kept.
func (s *Store) decoded(hash string) (*sourcemap.Map, error) {
	if m := s.cache.find(hash); m != nil {
		return m, nil
	}
	s.cache.decoding.Lock()
	defer s.cache.decoding.Unlock()
	if m := s.cache.find(hash); m != nil {
		return m, nil
	}
	raw, err := s.open(hash)
	if err != nil {
		return nil, err
	}
	m, err := sourcemap.Decode(raw)
	if err != nil {
		return nil, err
	}
	s.cache.put(hash, m)
	return m, nil
}

// function is the name of the function that a place is in: an error that happens
// again and again asks for the same.
func (c *cache) function(hash, text string, at *Resolved) string {
	k := functionKey{hash, at.File, at.Line, at.Column}
	c.mu.Lock()
	name, known := c.functions[k]
	c.mu.Unlock()
	if known {
		return name
	}
	name = strings.Clone(sourcemap.EnclosingFunction(text, at.Line, at.Column-1))
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.functions) >= mostFunctions {
		clear(c.functions)
	}
	c.functions[k] = name
	return name
}
