package segment

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/event"
)

const magic = "PAR1"

// writer writes one file; its buffers are used again for each page.
type writer struct {
	out  io.Writer
	err  error
	at   int64
	opts Options
	zstd *zstd.Encoder

	*layout
	meta        fileMeta
	indexes     [][][]pageLocation // by row group and column
	bounds      []byteBounds       // of trace ids, by row group
	byTime      bool               // the row group being written is sorted by time
	traceColumn int                // -1 if no row has a trace id
	traceIDs    map[uint64]struct{}

	ascii   map[*event.Dict]bool
	rank    [][]uint32 // by batch: position+1 of each row in the row group
	rows    []uint32   // of the batch that the row group is of, if it is one, in order; made when first needed
	all     []uint32   // positions of all rows of the row group
	slots   []uint32
	local   []uint32
	shifted []uint32
	lengths []int64
	page    []byte
	packed  []byte
	head    []byte
}

// Write writes one segment of all rows of the batches, which stay unchanged.
// Several batches of one dataset are allowed, one is faster. The Info's Bytes
// is the length of what was written.
func Write(out io.Writer, batches []*event.Batch, opts Options) (*Info, error) {
	opts.setDefaults()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fmt.Errorf("prepare zstd: %w", err)
	}
	w := &writer{out: out, opts: opts, zstd: enc, layout: newLayout(batches, opts), traceColumn: -1, traceIDs: map[uint64]struct{}{}, ascii: map[*event.Dict]bool{}}
	w.meta.columns = w.columns
	if at, ok := w.byName[event.FieldTraceID]; ok && w.kinds[at] == event.String {
		w.traceColumn = at
	}
	w.rank = make([][]uint32, len(w.batches))
	for i, b := range w.batches {
		w.rank[i] = make([]uint32, b.Len())
	}
	w.write([]byte(magic))
	for _, group := range w.groups {
		w.writeGroup(group)
	}
	info := w.describe()
	info.Durable, info.Replaces = opts.Durable, opts.Replaces
	info.ExtraAt, info.ExtraLen = w.at, len(opts.Extra)
	w.write(opts.Extra)
	info.FilterAt, info.Filter = w.at, w.fileFilter()
	info.FilterLen = len(info.Filter)
	w.write(info.Filter)
	w.writeIndexes()
	if w.meta.info, err = json.Marshal(info); err != nil {
		return nil, fmt.Errorf("describe a segment: %w", err)
	}
	footer := w.meta.encode()
	w.write(footer)
	w.write(binary.LittleEndian.AppendUint32(nil, uint32(len(footer))))
	w.write([]byte(magic))
	if w.err != nil {
		return nil, fmt.Errorf("write a segment: %w", w.err)
	}
	info.Bytes = w.at
	return info, nil
}

func (w *writer) write(b []byte) {
	if w.err == nil {
		_, w.err = w.out.Write(b)
	}
	w.at += int64(len(b))
}

func (w *writer) writeGroup(sorted rowGroup) {
	group := sorted.rows
	w.byTime = sorted.byTime
	w.rows, w.all = w.rows[:0], w.all[:0]
	used := w.number(group)
	g := rowGroupMeta{rows: int64(len(group)), byTime: sorted.byTime}
	pages := make([][]pageLocation, len(w.meta.columns))
	var trace *column
	for at := range w.meta.columns {
		c := w.gather(at, group, used)
		if at == w.traceColumn {
			trace = c
		}
		m, places := w.writeChunk(c, len(group))
		pages[at] = places
		g.bytes += m.uncompressed
		g.chunks = append(g.chunks, m)
	}
	w.indexes = append(w.indexes, pages)
	w.bounds = append(w.bounds, byteBounds{})
	if trace != nil {
		w.addTraceFilter(&g.chunks[w.traceColumn], trace)
		w.bounds[len(w.bounds)-1] = boundsOf(trace, pages[w.traceColumn], len(group), !w.byTime)
	}
	w.meta.rows += g.rows
	w.meta.rowGroups = append(w.meta.rowGroups, g)
	for _, r := range group {
		w.rank[r.batch][r.row] = 0
	}
}

// number gives the rows of a group their positions and returns the batches that
// have any.
func (w *writer) number(group []ref) (used []int) {
	for i, r := range group {
		w.rank[r.batch][r.row] = uint32(i) + 1
		if len(used) == 0 || used[len(used)-1] != int(r.batch) {
			if !slices.Contains(used, int(r.batch)) {
				used = append(used, int(r.batch))
			}
		}
	}
	slices.Sort(used)
	return used
}

// gather collects a column of the group from its batches, in the group's order.
func (w *writer) gather(at int, group []ref, used []int) *column {
	c := &column{at: at, kind: w.kinds[at]}
	if at < systemColumns {
		w.gatherSystem(c, group)
		return c
	}
	var sources []*event.Column
	var from []int
	for _, b := range used {
		src := w.source(at, b)
		if src != nil && src.Len() > 0 {
			sources = append(sources, src)
			from = append(from, b)
		}
	}
	if len(sources) == 0 {
		return c
	}
	var joined *event.Column
	var starts []int
	if c.kind == event.String && tooMuchText(sources) {
		joined, starts, c.spread = spread(sources)
	} else {
		joined, starts = join(sources, c.kind)
	}
	var order []uint32
	if len(used) == 1 && joined.Len() == w.batches[used[0]].Len() {
		order, c.positions = w.rowsOf(group)
	} else {
		order, c.positions = w.order(sources, from, starts, len(group))
	}
	switch c.kind {
	case event.Int:
		c.ints = pick(joined.Ints, order)
	case event.Float:
		c.floats = pick(joined.Floats, order)
	case event.Bool:
		c.bools = pick(joined.Bools, order)
	case event.String, event.Null:
		c.codes, c.dict = pick(joined.Codes, order), &joined.Dict
		c.ascii = c.spread == nil && w.isASCII(c.dict, joined == sources[0])
	}
	return c
}

// isASCII tells it of all texts of a dictionary. That of a batch may be asked about by
// each row group.
func (w *writer) isASCII(d *event.Dict, ofBatch bool) bool {
	if !ofBatch {
		return isASCII(d.Data)
	}
	is, known := w.ascii[d]
	if !known {
		is = isASCII(d.Data)
		w.ascii[d] = is
	}
	return is
}

func pick[T any](values []T, order []uint32) []T {
	out := make([]T, len(order))
	for i, k := range order {
		out[i] = values[k]
	}
	return out
}

// source returns a batch's part of a column of the file.
func (w *writer) source(at, batch int) *event.Column {
	name := w.names[at]
	if name == event.FieldOverflow {
		return w.extra[batch]
	}
	c := w.batches[batch].Find(name)
	if c == nil || w.overflow[batch][name] {
		return nil
	}
	return c
}

// rowsOf is order for a column that has a value in each row of the one batch that the
// group is of.
func (w *writer) rowsOf(group []ref) (order, positions []uint32) {
	if len(w.rows) == 0 {
		for i, r := range group {
			w.rows, w.all = append(w.rows, r.row), append(w.all, uint32(i))
		}
	}
	return w.rows, w.all
}

// order returns, for the rows of the group that have a value, in order, the
// index of the value among the joined sources, and their positions.
func (w *writer) order(sources []*event.Column, from, starts []int, n int) (order, positions []uint32) {
	w.slots = slices.Grow(w.slots[:0], n)[:n]
	clear(w.slots)
	found := 0
	for s, src := range sources {
		rank, start := w.rank[from[s]], uint32(starts[s])
		for i := range src.Len() {
			if pos := rank[src.Row(i)]; pos > 0 {
				w.slots[pos-1] = start + uint32(i) + 1
				found++
			}
		}
	}
	out, places := make([]uint32, 0, found), make([]uint32, 0, found)
	for pos, slot := range w.slots {
		if slot > 0 {
			out = append(out, slot-1)
			places = append(places, uint32(pos))
		}
	}
	return out, places
}

// join puts the values of several columns one after the other, in one kind; a
// single one of the kind is taken as it is.
func join(sources []*event.Column, kind event.Kind) (joined *event.Column, starts []int) {
	if len(sources) == 1 && sources[0].Kind == kind {
		return sources[0], []int{0}
	}
	joined = &event.Column{Kind: kind}
	text := 0
	for _, src := range sources {
		text += len(src.Dict.Data)
	}
	joined.Dict.Reserve(text)
	n := 0
	for _, src := range sources {
		starts = append(starts, n)
		n += src.Len()
		switch {
		case kind == event.String && src.Kind == event.String:
			codes := make([]uint32, src.Dict.Len())
			for code := range codes {
				codes[code] = joined.Dict.InternBytes(src.Dict.Bytes(uint32(code)))
			}
			for _, code := range src.Codes {
				joined.Codes = append(joined.Codes, codes[code])
			}
		case kind == event.Int:
			joined.Ints = append(joined.Ints, src.Ints...)
		case kind == event.Bool:
			joined.Bools = append(joined.Bools, src.Bools...)
		default:
			for i := range src.Len() {
				v := src.ValueAt(i).Convert(kind)
				if kind == event.Float {
					joined.Floats = append(joined.Floats, v.Float())
				} else {
					joined.Codes = append(joined.Codes, joined.Dict.Intern(v.Str()))
				}
			}
		}
	}
	return joined, starts
}

// From here on texts are written from where they lie.
const (
	muchText     = 1 << 20 // if most of it hardly repeats
	tooLongTexts = 16 << 20
)

// tooMuchText reports whether the texts of columns had better not be copied into one
// dictionary: they are too long for a dictionary's page, or repeat too rarely.
func tooMuchText(sources []*event.Column) bool {
	all, loose := 0, 0
	for _, src := range sources {
		if src.Kind != event.String {
			return false
		}
		all += len(src.Dict.Data)
		if src.Dict.Loose() {
			loose += len(src.Dict.Data)
		}
	}
	return len(sources) > 1 && (all > tooLongTexts || all > muchText && loose > all/2)
}

// spread is join for texts that stay where they are.
func spread(sources []*event.Column) (joined *event.Column, starts []int, texts [][]byte) {
	values, entries := 0, 0
	for _, src := range sources {
		values, entries = values+src.Len(), entries+src.Dict.Len()
	}
	joined, texts = &event.Column{Kind: event.String, Codes: make([]uint32, 0, values)}, make([][]byte, 0, entries)
	for _, src := range sources {
		starts = append(starts, len(joined.Codes))
		first := uint32(len(texts))
		for code := range src.Dict.Len() {
			texts = append(texts, src.Dict.Bytes(uint32(code)))
		}
		for _, code := range src.Codes {
			joined.Codes = append(joined.Codes, first+code)
		}
	}
	return joined, starts, texts
}

func (w *writer) gatherSystem(c *column, group []ref) {
	switch c.at {
	case columnTime, columnSampleRate:
		c.ints = make([]int64, len(group))
		for i, r := range group {
			if b := w.batches[r.batch]; c.at == columnTime {
				c.ints[i] = b.Times[r.row]
			} else {
				c.ints[i] = int64(b.SampleRate(int(r.row)))
			}
		}
	default:
		c.dict = &event.Dict{}
		c.codes = make([]uint32, len(group))
		last, code := uint32(0), uint32(0)
		for i, r := range group {
			if i == 0 || r.batch != last {
				name := w.batches[r.batch].Dataset
				if c.at == columnEnvironment {
					name = w.batches[r.batch].Environment
				}
				last, code = r.batch, c.dict.Intern(name)
			}
			c.codes[i] = code
		}
	}
}

// addTraceFilter writes the Bloom filter of a row group's trace ids.
func (w *writer) addTraceFilter(m *chunkMeta, c *column) {
	var hashes []uint64
	last := uint64(0)
	seen := map[uint64]struct{}{} // where equal ids do not lie together
	for i, code := range c.codes {
		if i > 0 && code == c.codes[i-1] {
			continue
		}
		h := xxhash.Sum64(c.validText(code))
		if i > 0 && h == last {
			continue
		}
		last = h
		if w.byTime {
			if _, again := seen[h]; again {
				continue
			}
			seen[h] = struct{}{}
		}
		hashes = append(hashes, h)
	}
	filter := newBloom(len(hashes))
	for _, h := range hashes {
		bloomAdd(filter, h)
		w.traceIDs[h] = struct{}{}
	}
	head := bloomHeader(len(filter))
	m.bloomAt, m.bloomLen = w.at, int32(len(head)+len(filter))
	w.write(head)
	w.write(filter)
}

func (w *writer) fileFilter() []byte {
	filter := newBloom(len(w.traceIDs))
	for h := range w.traceIDs {
		bloomAdd(filter, h)
	}
	return filter
}

func (w *writer) writeIndexes() {
	for g := range w.meta.rowGroups {
		if w.traceColumn >= 0 && len(w.bounds[g].min) > 0 {
			raw := w.bounds[g].encode()
			w.meta.rowGroups[g].chunks[w.traceColumn].columnIndex = indexAt{at: w.at, len: int32(len(raw))}
			w.write(raw)
		}
	}
	for g := range w.meta.rowGroups {
		for c, pages := range w.indexes[g] {
			raw := encodeOffsetIndex(pages)
			w.meta.rowGroups[g].chunks[c].offsetIndex = indexAt{at: w.at, len: int32(len(raw))}
			w.write(raw)
		}
	}
}

// describe sums up what is in the file.
func (w *writer) describe() *Info {
	info := &Info{Version: formatVersion, Rows: w.meta.rows, MaxSampleRate: 1}
	datasets, places := map[[2]string]int{}, map[fieldPlace]int{}
	for i, b := range w.batches {
		key := [2]string{b.Environment, b.Dataset}
		at, known := datasets[key]
		if !known {
			at = len(info.Datasets)
			datasets[key] = at
			info.Datasets = append(info.Datasets, DatasetInfo{Environment: b.Environment, Dataset: b.Dataset, MinTime: b.Times[0], MaxTime: b.Times[0]})
		}
		d := &info.Datasets[at]
		d.Rows += int64(b.Len())
		d.MinTime, d.MaxTime = min(d.MinTime, slices.Min(b.Times)), max(d.MaxTime, slices.Max(b.Times))
		if b.SampleRates != nil {
			info.MaxSampleRate = max(info.MaxSampleRate, slices.Max(b.SampleRates))
		}
		w.describeFields(d, i, at, places)
	}
	for i, d := range info.Datasets {
		if i == 0 || d.MinTime < info.MinTime {
			info.MinTime = d.MinTime
		}
		if i == 0 || d.MaxTime > info.MaxTime {
			info.MaxTime = d.MaxTime
		}
	}
	return info
}

// fieldPlace is where a field of a dataset is kept: in a column, or in none of its own.
type fieldPlace struct {
	dataset      int
	name, column string
}

// describeFields adds the fields of a batch to those of its dataset, which may be a
// hundred thousand: places are where they stand.
func (w *writer) describeFields(d *DatasetInfo, batch, dataset int, places map[fieldPlace]int) {
	for _, c := range w.batches[batch].Columns {
		if c.Len() == 0 {
			continue
		}
		f := FieldInfo{Name: c.Name, Kind: c.Kind, Filled: int64(c.Len()), Big: Big(c)}
		if !w.overflow[batch][c.Name] {
			at := w.byName[c.Name]
			if f.Column, f.Kind = w.columns[at].name, w.kinds[at]; f.Kind == event.Float && c.Kind == event.Int {
				f.Sent = event.Int
			}
		}
		place := fieldPlace{dataset, f.Name, f.Column}
		if k, known := places[place]; known {
			d.Fields[k].Filled += f.Filled
			d.Fields[k].Big = d.Fields[k].Big || f.Big
			d.Fields[k].Sent = min(d.Fields[k].Sent, f.Sent) // batches of a dataset may differ
			d.Fields[k].Kind = event.Unify(d.Fields[k].Kind, f.Kind)
			continue
		}
		places[place] = len(d.Fields)
		d.Fields = append(d.Fields, f)
	}
}

// Big reports whether a column has integers that no float holds.
func Big(c *event.Column) bool {
	const most = 1 << 53
	return c.Kind == event.Int && slices.ContainsFunc(c.Ints, func(n int64) bool { return n > most || n < -most })
}
