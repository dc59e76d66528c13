package item

import (
	"context"
	"database/sql"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Widths of the buckets that occurrences are counted in, seconds, and how long
// each is kept.
const (
	minuteWidth = 60
	hourWidth   = 3600
	dayWidth    = 86400

	minutesKept = 2 * dayWidth
	hoursKept   = 30 * dayWidth
	daysKept    = 400 * dayWidth
)

// maxBuckets bounds what is asked for of one item.
const maxBuckets = 3000

type countKey struct{ item, width, bucket int64 }

// Counts are the occurrences of an item in buckets of equal width, oldest first.
type Counts struct {
	Start int64 // of the first bucket, Unix seconds
	Width int64 // seconds
	N     []int64
}

// Counts returns occurrences by item in so many buckets of a width up to the one
// that end, in Unix seconds, lies in. The width is 60 (of the last two days),
// 3600 (of the last 30) or 86400.
func (t *Items) Counts(ctx context.Context, ids []int64, width, buckets, end int64) (map[int64]Counts, error) {
	switch {
	case width != minuteWidth && width != hourWidth && width != dayWidth:
		return nil, fault.New(fault.Invalid, "bucket width %d: want %d, %d or %d seconds", width, minuteWidth, hourWidth, dayWidth)
	case buckets < 1 || buckets > maxBuckets:
		return nil, fault.New(fault.Invalid, "%d buckets: want 1 to %d", buckets, maxBuckets)
	}
	last := end / width
	first := last - buckets + 1
	out := make(map[int64]Counts, len(ids))
	for _, id := range ids {
		out[id] = Counts{Start: first * width, Width: width, N: make([]int64, buckets)}
	}
	unwritten := t.unwrittenCounts(out)
	const atOnce = 500
	return out, t.db.Read(ctx, func(tx *sql.Tx) error {
		var seq int64
		if err := tx.QueryRowContext(ctx, "SELECT seq FROM item_followed WHERE id = 1").Scan(&seq); err != nil {
			return err
		}
		unwritten.addTo(out, uint64(seq), width, first)
		for from := 0; from < len(ids); from += atOnce {
			part := ids[from:min(from+atOnce, len(ids))]
			args := []any{width, first, last}
			for _, id := range part {
				args = append(args, id)
			}
			//nolint:gosec // only question marks are pasted
			rows, err := tx.QueryContext(ctx, "SELECT item, bucket, n FROM item_count WHERE width = ? AND bucket BETWEEN ? AND ? AND item IN (?"+
				strings.Repeat(", ?", len(part)-1)+")", args...)
			if err != nil {
				return err
			}
			if err := scanCounts(rows, first, out); err != nil {
				return err
			}
		}
		return nil
	})
}

// unwritten are minutes that the database may not have yet: the place in the
// journal that it has when it does, and the counts.
type unwritten []struct {
	seq    uint64
	counts map[countKey]int64
}

// unwrittenCounts copies what is pending and what is being written of some items.
func (t *Items) unwrittenCounts(items map[int64]Counts) (list unwritten) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	add := func(seq uint64, counts map[countKey]int64) {
		own := map[countKey]int64{}
		for k, n := range counts {
			if _, asked := items[k.item]; asked {
				own[k] = n
			}
		}
		list = append(list, struct {
			seq    uint64
			counts map[countKey]int64
		}{seq, own})
	}
	add(t.told, t.wanted.counts)
	if t.flight != nil {
		add(t.flight.seq, t.flight.counts)
	}
	return list
}

// addTo adds what the database, which has followed up to seq, lacks.
func (u unwritten) addTo(out map[int64]Counts, seq uint64, width, first int64) {
	for _, part := range u {
		if seq >= part.seq {
			continue
		}
		for k, n := range part.counts {
			at := k.bucket*minuteWidth/width - first
			if list := out[k.item].N; at >= 0 && at < int64(len(list)) {
				list[at] += n
			}
		}
	}
}

func scanCounts(rows *sql.Rows, first int64, out map[int64]Counts) error {
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var item, bucket, n int64
		if err := rows.Scan(&item, &bucket, &n); err != nil {
			return err
		}
		out[item].N[bucket-first] += n
	}
	return rows.Err()
}

// writeCounts adds the minutes that are pending, also to their hours and days.
func (b *batch) writeCounts(ctx context.Context, tx *sql.Tx) error {
	sums := make(map[countKey]int64, 3*len(b.counts))
	for k, n := range b.counts {
		sums[k] += n
		for _, width := range []int64{hourWidth, dayWidth} {
			sums[countKey{k.item, width, k.bucket * minuteWidth / width}] += n
		}
	}
	if len(sums) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, `INSERT INTO item_count (item, width, bucket, n) VALUES (?, ?, ?, ?)
		ON CONFLICT (item, width, bucket) DO UPDATE SET n = item_count.n + excluded.n`)
	if err != nil {
		return err
	}
	defer statement.Close() //nolint:errcheck // it goes with the transaction
	for k, n := range sums {
		if _, err := statement.ExecContext(ctx, k.item, k.width, k.bucket, n); err != nil {
			return err
		}
	}
	return nil
}

// tidyCounts removes buckets that are too old.
func tidyCounts(ctx context.Context, tx *sql.Tx, nowSeconds int64) error {
	for _, w := range []struct{ width, kept int64 }{{minuteWidth, minutesKept}, {hourWidth, hoursKept}, {dayWidth, daysKept}} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM item_count WHERE width = ? AND bucket < ?", w.width, (nowSeconds-w.kept)/w.width); err != nil {
			return err
		}
	}
	return nil
}
