package item

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
)

// Together is an item that happens in the same minutes as another.
type Together struct {
	Item   Item
	Shared int     // minutes in which both happened
	Share  float64 // of the minutes in which either did
}

const (
	comparedMinutes = 200
	comparedItems   = 400
)

// HappenTogether lists items of the same environment that happen in the same
// minutes as an item, of the last two days, the most alike first.
func (t *Items) HappenTogether(ctx context.Context, id int64, limit int) (list []Together, err error) {
	i, err := t.Get(id)
	if err != nil {
		return nil, err
	}
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		minutes, err := minutesOf(ctx, tx, id)
		if err != nil || len(minutes) == 0 {
			return err
		}
		oldest := minutes[len(minutes)-1]
		others := t.List(Filter{
			Environment: i.Environment, ErrorEnvironments: []string{i.ErrorEnvironment}, LastAfter: oldest * minuteWidth * nanosPerSecond,
		}, Sort{}, Page{Limit: comparedItems}).Items
		for _, other := range others {
			if other.ID == id || slices.Contains(i.Members, other.ID) || other.ID == i.Group {
				continue
			}
			one := Together{Item: other}
			if err := one.compare(ctx, tx, minutes); err != nil {
				return err
			}
			if one.Shared > 0 && (one.Shared > 1 || len(minutes) == 1) {
				list = append(list, one)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Together) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(b.Item.ID, a.Item.ID))
	})
	return list[:min(len(list), max(limit, 0))], err
}

// minutesOf lists the last minutes in which an item happened, the newest first.
func minutesOf(ctx context.Context, tx *sql.Tx, id int64) (list []int64, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT bucket FROM item_count WHERE item = ? AND width = ? ORDER BY bucket DESC LIMIT ?", id, minuteWidth, comparedMinutes)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var m int64
		if err := rows.Scan(&m); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

func (o *Together) compare(ctx context.Context, tx *sql.Tx, minutes []int64) error {
	args := []any{}
	for _, m := range minutes {
		args = append(args, m)
	}
	args = append(args, o.Item.ID, minuteWidth, minutes[len(minutes)-1], minutes[0])
	own := 0
	//nolint:gosec // only question marks are pasted
	err := tx.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN bucket IN (?"+strings.Repeat(", ?", len(minutes)-1)+
		") THEN 1 ELSE 0 END), 0) FROM item_count WHERE item = ? AND width = ? AND bucket BETWEEN ? AND ?", args...).Scan(&own, &o.Shared)
	if either := len(minutes) + own - o.Shared; either > 0 {
		o.Share = float64(o.Shared) / float64(either)
	}
	return err
}
