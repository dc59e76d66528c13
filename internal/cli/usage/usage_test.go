package usage

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func testSet(out io.Writer) (*flag.FlagSet, *time.Duration, *int64) {
	set := Set("oriel test", out, "Usage: oriel test [flags] ID\n\nTests flags.\n")
	last, memory := 60*24*time.Hour, int64(1536<<20)
	Duration(set, &last, "last", "how far `back`")
	Bytes(set, &memory, "memory", "budget in `bytes`")
	set.Int("limit", 20, "largest `number` of things, a sentence long enough that it does not fit into one line of help")
	set.Bool("json", false, "print JSON")
	set.String("name-that-is-very-long", "", "`value-of-it` below its name")
	return set, &last, &memory
}

func TestParse_TakesFlagsAnywhere(t *testing.T) {
	t.Parallel()
	set, last, _ := testSet(io.Discard)
	rest, err := Parse(set, []string{"a", "--last", "3h", "b", "--json", "--", "--limit", "c"})
	if err != nil || !slices.Equal(rest, []string{"a", "b", "--limit", "c"}) || *last != 3*time.Hour {
		t.Errorf("%q, %v, %v", rest, *last, err)
	}
}

func TestParse_SaysInOneLineWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		want string
	}{
		{"--lst 3h", "unknown flag --lst; did you mean --last? (oriel test --help lists them)"},
		{"--last", "--last wants a value (oriel test --help says more)"},
		{"--last soon", `--last is "soon"; it must be a length of time, as 300ms, 90s, 36h or 60d`},
		{"--memory lots", `--memory is "lots"; it must be a number of bytes, as 1610612736, 512MB or 1.5GiB`},
		{"--limit many", `--limit is "many"; it must be a whole number`},
		{"--limit 99999999999999999999", `--limit is "99999999999999999999"; it must be a whole number`},
		{"--json=maybe", `--json is "maybe"; it must be true or false`},
	} {
		set, _, _ := testSet(io.Discard)
		_, err := Parse(set, strings.Fields(c.args))
		var wrong *Error
		if !errors.As(err, &wrong) || err.Error() != c.want {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}

func TestValues_ReadAndPrintUnits(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"90s": "1m30s", "36h": "36h", "60d": "60d", "2w": "14d", "0": "0s", "1.5d": "36h", "-1h": "-1h", "300ms": "300ms", "90m": "1h30m", "1m": "1m",
	} {
		var d duration
		if err := d.Set(in); err != nil || d.String() != want {
			t.Errorf("%s: %s, %v", in, &d, err)
		}
		again := d
		if err := again.Set(d.String()); err != nil || again != d {
			t.Errorf("%s is not read back: %v", &d, err)
		}
	}
	for in, want := range map[string]string{
		"1610612736": "1536MiB", "1.5GiB": "1536MiB", "1.5gib": "1536MiB", "512MB": "512MB", "10 kB": "10kB", "7": "7", "7B": "7", "0": "0", "-1": "-1", "2TiB": "2TiB",
	} {
		var b bytesValue
		if err := b.Set(in); err != nil || b.String() != want {
			t.Errorf("%s: %s, %v", in, &b, err)
		}
	}
	for _, in := range []string{"", "d", "xd", "1y", "1e300d", "NaNd"} {
		if err := new(duration).Set(in); err == nil {
			t.Errorf("the duration %q is taken", in)
		}
	}
	for _, in := range []string{"", "B", "MiB", "1EiB", "1e300GB", "0x10", "1 2"} {
		if err := new(bytesValue).Set(in); err == nil {
			t.Errorf("the size %q is taken", in)
		}
	}
}

func TestHelp_StandsInTwoColumns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	set, _, _ := testSet(&out)
	if _, err := Parse(set, []string{"--help"}); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	const want = `Usage: oriel test [flags] ID

Tests flags.

Flags:
  --json          print JSON
  --last BACK     how far back (default 60d)
  --limit NUMBER  largest number of things, a sentence long enough that it does
                  not fit into one line of help (default 20)
  --memory BYTES  budget in bytes (default 1536MiB)
  --name-that-is-very-long VALUE-OF-IT
                  value-of-it below its name
`
	if out.String() != want {
		t.Errorf("%s", &out)
	}
}
