package query

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// The functions with lower-case names are those of languages other than
// Honeycomb's, which cannot call them. The rules that they share:
//
//   - Types are loose. Text that reads as a number is one; numbers and booleans
//     have their canonical text.
//   - Null gives null, and so does an argument that is not what is wanted.
//   - Arithmetic gives floats, and null for what has no finite result.
//
// | function | gives |
// | --- | --- |
// | plus minus times over remainder power(a, b), negative(a) | arithmetic; null if divided by zero |
// | absolute ceiling floor sqrt ln(a), round(a[, digits]) | |
// | greatest least(a, …) | of those that are numbers |
// | number(a), whole(a) | the float; the integer, cut towards zero |
// | is_number(a) | 1 if a reads as a number, else 0 |
// | distance_km(lat, lon, lat, lon) | on a sphere of the earth's mean radius |
// | order(a, b) | -1, 0 or 1: by number where both read as one, else by text |
// | text(a) | the canonical text |
// | characters(s) upper(s) lower(s) | |
// | locate(part, s) | where the part begins first, in characters from 1; 0 if it does not |
// | trim_left trim_right trim(s[, set]) | without characters of the set, blanks unless told |
// | substring(s, from[, length]) | in characters, from 0 on |
// | replace(s, what, by) replace_pattern(s, re, by) | every occurrence; by is taken as it is |
// | capture(s, re, n) | group n of the first match, null if it is empty |
// | glob_part(s, glob, n) | what star n of the glob stands for; see [Glob] |
// | time_floor time_ceil(t, step[, offset]) | t in Unix nanoseconds at a multiple of step |
// | month_floor month_ceil(t, months) | the same, by the calendar in UTC |
// | to_millis(t), from_millis(n) | Unix nanoseconds to milliseconds and back |
// | parse_time(s, pattern), print_time(t, pattern) | by patterns like yyyy-MM-dd HH:mm:ss.SSS, in UTC |
// | json_value(s, key, …) | what is at the path in JSON text: a scalar's text, or JSON |
// | json_list(s) json_size(s) json_has(s, v) | the array as JSON text; its length; 1 if it has v, else 0 |
// | split(s, separator) | the parts as JSON |
// | url_encode url_decode base64_encode base64_decode hex_text hex_number number_hex md5 sha256(s) | |
// | is_ip is_ipv4 is_ipv6 is_private_ip is_public_ip is_reserved_ip(s) in_subnet in_subnet_v4 in_subnet_v6(s, cidr) | 1 or 0 |
// | ipv4_number(s) | |
//
//nolint:gochecknoglobals // a table of constants
var valueFunctions = map[string]function{
	"plus":      {least: 2, most: 2, kind: always(event.Float), eval: evalNumbers(func(a, b float64) float64 { return a + b })},
	"minus":     {least: 2, most: 2, kind: always(event.Float), eval: evalNumbers(func(a, b float64) float64 { return a - b })},
	"times":     {least: 2, most: 2, kind: always(event.Float), eval: evalNumbers(func(a, b float64) float64 { return a * b })},
	"over":      {least: 2, most: 2, kind: always(event.Float), eval: evalNumbers(over)},
	"remainder": {least: 2, most: 2, kind: always(event.Float), eval: evalNumbers(math.Mod)},
	"power":     {least: 2, most: 2, kind: always(event.Float), eval: evalNumbers(math.Pow)},
	"negative":  {least: 1, most: 1, kind: always(event.Float), eval: evalNumber(func(a float64) float64 { return 0 - a })},
	"absolute":  {least: 1, most: 1, kind: always(event.Float), eval: evalNumber(math.Abs)},
	"ceiling":   {least: 1, most: 1, kind: always(event.Float), eval: evalNumber(math.Ceil)},
	"floor":     {least: 1, most: 1, kind: always(event.Float), eval: evalNumber(math.Floor)},
	"sqrt":      {least: 1, most: 1, kind: always(event.Float), eval: evalNumber(math.Sqrt)},
	"ln":        {least: 1, most: 1, kind: always(event.Float), eval: evalNumber(naturalLog)},
	"round":     {least: 1, most: 2, kind: always(event.Float), eval: evalRound},
	"greatest":  {least: 1, kind: always(event.Float), eval: evalBest(math.Max)},
	"least":     {least: 1, kind: always(event.Float), eval: evalBest(math.Min)},
	"number":    {least: 1, most: 1, kind: always(event.Float), eval: evalNumber(func(a float64) float64 { return a })},
	"whole":     {least: 1, most: 1, kind: always(event.Int), eval: evalWhole},
	"is_number": {least: 1, most: 1, kind: always(event.Int), eval: evalIsNumber},
	"order":     {least: 2, most: 2, kind: always(event.Int), eval: evalNaturalOrder},

	"distance_km": {least: 4, most: 4, kind: always(event.Float), eval: evalDistance},

	"text":            {least: 1, most: 1, kind: always(event.String), eval: evalTexts(func(s []string) string { return s[0] })},
	"characters":      {least: 1, most: 1, kind: always(event.Int), eval: evalCharacters},
	"locate":          {least: 2, most: 2, kind: always(event.Int), eval: evalLocate},
	"upper":           {least: 1, most: 1, kind: always(event.String), eval: evalTexts(func(s []string) string { return strings.ToUpper(s[0]) })},
	"lower":           {least: 1, most: 1, kind: always(event.String), eval: evalTexts(func(s []string) string { return strings.ToLower(s[0]) })},
	"trim_left":       {least: 1, most: 2, kind: always(event.String), eval: evalTrim(strings.TrimLeft)},
	"trim_right":      {least: 1, most: 2, kind: always(event.String), eval: evalTrim(strings.TrimRight)},
	"trim":            {least: 1, most: 2, kind: always(event.String), eval: evalTrim(strings.Trim)},
	"substring":       {least: 2, most: 3, kind: always(event.String), eval: evalSubstring},
	"replace":         {least: 3, most: 3, kind: always(event.String), eval: evalTexts(replaceAll)},
	"replace_pattern": {least: 3, most: 3, check: checkRegex, kind: always(event.String), eval: evalReplacePattern},
	"capture":         {least: 3, most: 3, check: checkCapture, kind: always(event.String), eval: evalCapture},
	"glob_part":       {least: 3, most: 3, check: checkGlob, kind: always(event.String), eval: evalGlobPart},

	"time_floor":  {least: 2, most: 3, check: checkStep, kind: always(event.Int), eval: evalTimeFloor},
	"time_ceil":   {least: 2, most: 3, check: checkStep, kind: always(event.Int), eval: evalTimeCeil},
	"month_floor": {least: 2, most: 2, check: checkStep, kind: always(event.Int), eval: evalMonth(0)},
	"month_ceil":  {least: 2, most: 2, check: checkStep, kind: always(event.Int), eval: evalMonth(1)},
	"to_millis":   {least: 1, most: 1, kind: always(event.Int), eval: evalToMillis},
	"from_millis": {least: 1, most: 1, kind: always(event.Int), eval: evalFromMillis},
	"parse_time":  {least: 2, most: 2, check: checkTimePattern, kind: always(event.Int), eval: evalParseTime},
	"print_time":  {least: 2, most: 2, check: checkTimePattern, kind: always(event.String), eval: evalPrintTime},

	"json_value": {least: 1, kind: always(event.String), eval: evalJSONValue},
	"json_list":  {least: 1, most: 1, kind: always(event.String), eval: evalJSONList},
	"json_size":  {least: 1, most: 1, kind: always(event.Int), eval: evalJSONSize},
	"json_has":   {least: 2, most: 2, kind: always(event.Int), eval: evalJSONHas},
	"split":      {least: 2, most: 2, kind: always(event.String), eval: evalSplit},

	"url_encode":    {least: 1, most: 1, kind: always(event.String), eval: evalCode(urlEncode)},
	"url_decode":    {least: 1, most: 1, kind: always(event.String), eval: evalCode(urlDecode)},
	"base64_encode": {least: 1, most: 1, kind: always(event.String), eval: evalCode(base64Encode)},
	"base64_decode": {least: 1, most: 1, kind: always(event.String), eval: evalCode(base64Decode)},
	"hex_text":      {least: 1, most: 1, kind: always(event.String), eval: evalCode(hexText)},
	"hex_number":    {least: 1, most: 1, kind: always(event.Int), eval: evalHexNumber},
	"number_hex":    {least: 1, most: 1, kind: always(event.String), eval: evalNumberHex},
	"md5":           {least: 1, most: 1, kind: always(event.String), eval: evalCode(md5Text)},
	"sha256":        {least: 1, most: 1, kind: always(event.String), eval: evalCode(sha256Text)},

	"is_ip":          {least: 1, most: 1, kind: always(event.Int), eval: evalAddress(isAddress)},
	"is_ipv4":        {least: 1, most: 1, kind: always(event.Int), eval: evalAddress(isAddressV4)},
	"is_ipv6":        {least: 1, most: 1, kind: always(event.Int), eval: evalAddress(isAddressV6)},
	"is_private_ip":  {least: 1, most: 1, kind: always(event.Int), eval: evalAddress(isPrivate)},
	"is_public_ip":   {least: 1, most: 1, kind: always(event.Int), eval: evalAddress(isPublic)},
	"is_reserved_ip": {least: 1, most: 1, kind: always(event.Int), eval: evalAddress(isReserved)},
	"in_subnet":      {least: 2, most: 2, kind: always(event.Int), eval: evalSubnet(isAddress)},
	"in_subnet_v4":   {least: 2, most: 2, kind: always(event.Int), eval: evalSubnet(isAddressV4)},
	"in_subnet_v6":   {least: 2, most: 2, kind: always(event.Int), eval: evalSubnet(isAddressV6)},
	"ipv4_number":    {least: 1, most: 1, kind: always(event.Int), eval: evalAddressNumber},
}

// Apply computes one of the functions above for an engine that calls back, which
// may give texts for values of other kinds. A function that is not there gives null.
func Apply(name string, args []event.Value) event.Value {
	f, ok := valueFunctions[name]
	if !ok || len(args) < f.least || f.most > 0 && len(args) > f.most {
		return event.Value{}
	}
	return f.eval(nil, args)
}

// readNumber is a number, also of text and of a boolean, if it is finite.
func readNumber(v event.Value) (float64, bool) {
	f, ok := v.Number()
	return f, ok && !math.IsNaN(f) && !math.IsInf(f, 0)
}

func evalNumber(of func(float64) float64) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		f, ok := readNumber(args[0])
		if !ok {
			return event.Value{}
		}
		return finite(of(f))
	}
}

func evalNumbers(of func(a, b float64) float64) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		a, ok := readNumber(args[0])
		b, both := readNumber(args[1])
		if !ok || !both {
			return event.Value{}
		}
		return finite(of(a, b))
	}
}

func over(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

func naturalLog(a float64) float64 {
	if a <= 0 {
		return math.NaN()
	}
	return math.Log(a)
}

// evalRound rounds half away from zero, as both engines do.
func evalRound(_ Row, args []event.Value) event.Value {
	f, ok := parsed(args[0])
	if !ok {
		return event.Value{}
	}
	digits := 0.0
	if len(args) > 1 {
		if digits, ok = parsed(args[1]); !ok {
			return event.Value{}
		}
	}
	scale := math.Pow(10, math.Trunc(min(max(digits, -15), 15)))
	rounded := math.Round(f * scale)
	if math.IsInf(rounded, 0) {
		return finite(f)
	}
	return finite(rounded / scale)
}

func evalBest(of func(a, b float64) float64) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		var best event.Value
		for _, a := range args {
			switch f, ok := readNumber(a); {
			case !ok:
			case best.IsNull():
				best = event.FloatValue(f)
			default:
				best = event.FloatValue(of(best.Float(), f))
			}
		}
		return best
	}
}

func evalWhole(_ Row, args []event.Value) event.Value {
	if args[0].Kind() == event.Int {
		return args[0]
	}
	f, ok := readNumber(args[0])
	if !ok || math.Abs(f) > largestInt {
		return event.Value{}
	}
	return event.IntValue(int64(f))
}

func bit(b bool) event.Value {
	if b {
		return event.IntValue(1)
	}
	return event.IntValue(0)
}

func evalIsNumber(_ Row, args []event.Value) event.Value {
	_, ok := readNumber(args[0])
	return bit(ok)
}

func evalNaturalOrder(_ Row, args []event.Value) event.Value {
	if args[0].IsNull() || args[1].IsNull() {
		return event.Value{}
	}
	a, ok := readNumber(args[0])
	b, both := readNumber(args[1])
	switch {
	case !ok || !both:
		return event.IntValue(int64(strings.Compare(args[0].Text(), args[1].Text())))
	case a < b:
		return event.IntValue(-1)
	case a > b:
		return event.IntValue(1)
	}
	return event.IntValue(0)
}

func evalDistance(_ Row, args []event.Value) event.Value {
	var at [4]float64
	for i := range at {
		f, ok := parsed(args[i])
		if !ok {
			return event.Value{}
		}
		at[i] = f * math.Pi / 180
	}
	const earth = 6371.0088
	half := func(x float64) float64 { s := math.Sin(x / 2); return s * s }
	h := half(at[2]-at[0]) + math.Cos(at[0])*math.Cos(at[2])*half(at[3]-at[1])
	return finite(2 * earth * math.Asin(math.Sqrt(min(h, 1))))
}

// texts are the canonical texts of values, false if one is null.
func texts(args []event.Value) ([]string, bool) {
	out := make([]string, len(args))
	for i, a := range args {
		if a.IsNull() {
			return nil, false
		}
		out[i] = a.Text()
	}
	return out, true
}

func evalTexts(of func(s []string) string) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		s, ok := texts(args)
		if !ok {
			return event.Value{}
		}
		return event.StringValue(of(s))
	}
}

func evalCharacters(_ Row, args []event.Value) event.Value {
	if args[0].IsNull() {
		return event.Value{}
	}
	return event.IntValue(int64(utf8.RuneCountInString(args[0].Text())))
}

func evalLocate(_ Row, args []event.Value) event.Value {
	if args[0].IsNull() || args[1].IsNull() {
		return event.Value{}
	}
	s := args[1].Text()
	at := strings.Index(s, args[0].Text())
	if at < 0 {
		return event.IntValue(0)
	}
	return event.IntValue(int64(utf8.RuneCountInString(s[:at])) + 1)
}

func evalTrim(of func(s, set string) string) func(Row, []event.Value) event.Value {
	return evalTexts(func(s []string) string {
		if len(s) == 1 {
			return of(s[0], " ")
		}
		return of(s[0], s[1])
	})
}

func evalSubstring(_ Row, args []event.Value) event.Value {
	from, ok := readNumber(args[1])
	if args[0].IsNull() || !ok {
		return event.Value{}
	}
	r := []rune(args[0].Text())
	from = min(max(math.Trunc(from), 0), float64(len(r)))
	length := float64(len(r))
	if len(args) > 2 {
		if length, ok = readNumber(args[2]); !ok {
			return event.Value{}
		}
		length = max(math.Trunc(length), 0)
	}
	return event.StringValue(string(r[int(from):int(min(from+length, float64(len(r))))]))
}

func replaceAll(s []string) string {
	if s[1] == "" {
		return s[0]
	}
	return strings.ReplaceAll(s[0], s[1], s[2])
}

func evalReplacePattern(_ Row, args []event.Value) event.Value {
	re := compiledPattern(args[1])
	if args[0].IsNull() || args[2].IsNull() || re == nil {
		return event.Value{}
	}
	return event.StringValue(re.ReplaceAllLiteralString(args[0].Text(), args[2].Text()))
}

func evalCapture(_ Row, args []event.Value) event.Value {
	re := compiledPattern(args[1])
	n, ok := readNumber(args[2])
	if args[0].IsNull() || re == nil || !ok {
		return event.Value{}
	}
	s := args[0].Text()
	at := re.FindStringSubmatchIndex(s)
	i := 2 * int(n)
	if i < 0 || i+1 >= len(at) || at[i] == at[i+1] {
		return event.Value{}
	}
	return event.StringValue(s[at[i]:at[i+1]])
}

func checkCapture(args []Expr) error {
	if err := checkRegex(args); err != nil {
		return err
	}
	return checkIndex(args[2])
}

func checkIndex(e Expr) error {
	if v, ok := constant(e); !ok || v.Kind() != event.Int || v.Int() < 0 || v.Int() > maxArguments {
		return fault.New(fault.Invalid, "the place is %s; it must be a whole number", FieldText(e))
	}
	return nil
}

func checkGlob(args []Expr) error {
	s, ok := constantText(args[1])
	if !ok || len(s) > maxPattern {
		return fault.New(fault.Invalid, "the glob must be a string literal of at most %d bytes, found %s", maxPattern, FieldText(args[1]))
	}
	return checkIndex(args[2])
}
