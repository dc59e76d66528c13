package event

import "hash/maphash"

// names finds columns by name: a table of one allocation, as most batches are of
// a single request and short-lived.
type names struct {
	slots []uint32 // open addressing: place in Batch.Columns+1, 0 is free
	count int
}

const fewNames = 64 // slots to begin with

func newNames(columns int) names {
	size := fewNames
	for size < 2*columns {
		size *= 2
	}
	return names{slots: make([]uint32, size)}
}

// find returns the column called name, nil if there is none.
func (n *names) find(columns []*Column, name string) *Column {
	mask := uint64(len(n.slots) - 1)
	for i := maphash.String(dictSeed, name) & mask; n.slots[i] != 0; i = (i + 1) & mask {
		if c := columns[n.slots[i]-1]; c.Name == name {
			return c
		}
	}
	return nil
}

// add makes the column at a place found, unless one of its name is.
func (n *names) add(columns []*Column, place int) {
	if 2*(n.count+1) > len(n.slots) {
		larger := names{slots: make([]uint32, 2*len(n.slots))}
		for _, at := range n.slots {
			if at != 0 {
				larger.add(columns, int(at-1))
			}
		}
		*n = larger
	}
	mask := uint64(len(n.slots) - 1)
	i := maphash.String(dictSeed, columns[place].Name) & mask
	for n.slots[i] != 0 {
		if columns[n.slots[i]-1].Name == columns[place].Name {
			return
		}
		i = (i + 1) & mask
	}
	n.slots[i] = uint32(place) + 1
	n.count++
}
