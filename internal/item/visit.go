package item

// Visit calls f for each item that passes a filter, in no particular order, while
// no item can change: f must be quick, keep no pointer and ask nothing of t.
func (t *Items) Visit(f Filter, visit func(i *Item)) {
	m := f.matcher(t.now())
	t.mu.RLock()
	defer t.mu.RUnlock()
	t.match(m, func(e *entry) { visit(&e.Item) })
}
