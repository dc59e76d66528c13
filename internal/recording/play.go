package recording

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// Played is a request as it is to be sent.
type Played struct {
	At            time.Time // of what happened first in it
	Kind          Kind
	Group, Stream string
	Body          []byte // until the next
}

// Length is how long the whole lasts.
func (r *Recording) Length() (d time.Duration) {
	for _, a := range r.Acts {
		d += a.Lasts * time.Duration(a.Times)
	}
	return d
}

// Play calls send, in the order of time, for all that happened in the recording after
// since, as if it ended now. The ids are those of seed: another one gives others.
// Deploys are told once an act.
func (r *Recording) Play(now, since time.Time, seed uint64, send func(Played) error) error {
	begin := now.Add(-r.Length())
	for i := range r.Acts {
		a := &r.Acts[i]
		for turn := range a.Times {
			seed = mixed(seed + 1)
			if err := a.play(begin, since, seed, turn > 0, send); err != nil {
				return err
			}
			begin = begin.Add(a.Lasts)
		}
	}
	return nil
}

func (a *Act) play(begin, since time.Time, seed uint64, again bool, send func(Played) error) error {
	u := unpacker{begin: begin, seed: seed}
	for _, q := range a.Requests {
		at := begin.Add(q.At)
		if !at.After(since) || again && q.Kind == Deploy {
			continue
		}
		body, err := u.unpack(q.Kind, q.Body)
		if err != nil {
			return err
		}
		if err := send(Played{At: at, Kind: q.Kind, Group: q.Group, Stream: q.Stream, Body: body}); err != nil {
			return err
		}
	}
	return nil
}

// unpacker undoes what a Packer did, for another beginning and with other ids.
type unpacker struct {
	begin time.Time
	seed  uint64
	out   []byte
}

func (u *unpacker) unpack(kind Kind, body []byte) ([]byte, error) {
	if kind == Spans {
		u.out = append(u.out[:0], body...)
		return u.out, u.spans(u.out)
	}
	return u.text(body)
}

// mixed scatters numbers (SplitMix64).
func mixed(n uint64) uint64 {
	n += 0x9E3779B97F4A7C15
	n = (n ^ n>>30) * 0xBF58476D1CE4E5B9
	n = (n ^ n>>27) * 0x94D049BB133111EB
	return n ^ n>>31
}

// Ids of different kinds differ, though they have the same numbers.
const (
	ofTrace = 0x7000_0000_0000_0000
	ofSpan  = 0x5000_0000_0000_0000
	ofUUID  = 0x3000_0000_0000_0000
)

func (u *unpacker) traceID(offset int32, n uint64) (id traceID) {
	binary.BigEndian.PutUint64(id[:], mixed(u.seed^ofTrace^n))
	binary.BigEndian.PutUint32(id[:], uint32(u.begin.Unix()+int64(offset))) //nolint:gosec // seconds of this century
	binary.BigEndian.PutUint64(id[8:], mixed(u.seed^ofTrace^n<<32))
	return id
}

func (u *unpacker) spanID(n uint64) (id spanID) {
	binary.BigEndian.PutUint64(id[:], mixed(u.seed^ofSpan^n))
	return id
}

func (u *unpacker) spans(body []byte) error {
	var before int64
	return eachSpan(body, spanFields{
		trace: func(b []byte) {
			id := u.traceID(int32(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint64(b[8:])) //nolint:gosec // as it was packed
			copy(b, id[:])
		},
		span: func(b []byte) {
			id := u.spanID(binary.BigEndian.Uint64(b))
			copy(b, id[:])
		},
		time: func(b []byte, isStart bool) {
			at := before + int64(binary.LittleEndian.Uint64(b)) //nolint:gosec // two's complement on purpose
			if isStart {
				before = at
			}
			binary.LittleEndian.PutUint64(b, uint64(u.begin.UnixNano()+at*1000)) //nolint:gosec // a time of this century
		},
	})
}

func (u *unpacker) text(body []byte) ([]byte, error) {
	u.out = u.out[:0]
	for {
		plain, rest, found := bytes.Cut(body, []byte{mark})
		u.out = append(u.out, plain...)
		if !found {
			return u.out, nil
		}
		what, after, ended := bytes.Cut(rest, []byte(";"))
		if !ended || len(what) < 2 {
			return nil, fmt.Errorf("the recording has a mark %.20q that is none", rest)
		}
		if err := u.write(what[0], string(what[1:])); err != nil {
			return nil, err
		}
		body = after
	}
}

func (u *unpacker) write(as byte, value string) error {
	var offset, n int64
	var err error
	if as == markTrace || as == markXRay {
		_, err = fmt.Sscanf(value, "%d.%d", &offset, &n)
	} else {
		n, err = strconv.ParseInt(value, 10, 64)
	}
	if err != nil {
		return fmt.Errorf("the recording has a mark %.20q that is none: %w", value, err)
	}
	at := u.begin.Add(time.Duration(n) * time.Microsecond)
	switch as {
	case markTrace, markXRay:
		id := u.traceID(int32(offset), uint64(n)) //nolint:gosec // as it was packed
		digits := hex.EncodeToString(id[:])
		if as == markXRay {
			digits = "1-" + digits[:8] + "-" + digits[8:]
		}
		u.out = append(u.out, digits...)
	case markSpan:
		id := u.spanID(uint64(n)) //nolint:gosec // as it was packed
		u.out = hex.AppendEncode(u.out, id[:])
	case markUUID:
		u.out = fmt.Appendf(u.out, "%016x%016x", mixed(u.seed^ofUUID^uint64(n)), mixed(u.seed^ofUUID^uint64(n)<<32)) //nolint:gosec // as it was packed
	case markDashed:
		high, low := mixed(u.seed^ofUUID^uint64(n)), mixed(u.seed^ofUUID^uint64(n)<<32) //nolint:gosec // as it was packed
		u.out = fmt.Appendf(u.out, "%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&0xffff_ffff_ffff)
	case markTime:
		u.out = at.UTC().AppendFormat(u.out, "2006-01-02T15:04:05.000000Z")
	case markMillis:
		u.out = strconv.AppendInt(u.out, u.begin.UnixMilli()+n, 10)
	case markUnix:
		u.out = strconv.AppendInt(u.out, u.begin.Unix()+n, 10)
	case markFloat:
		u.out = fmt.Appendf(u.out, "%d.%06d", at.Unix(), at.Nanosecond()/1000)
	default:
		return fmt.Errorf("the recording has a mark %q that is none", as)
	}
	return nil
}
