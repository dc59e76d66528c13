package insights

import (
	"maps"
	"slices"
)

// Help describes a command or function for an editor.
type Help struct {
	Name      string `json:"name"`
	Signature string `json:"signature"`
	Help      string `json:"help"`
	Kind      string `json:"kind"` // command, function or aggregate
}

// Commands describes the commands, in the order people use them.
func Commands() []Help {
	return []Help{
		{"fields", "fields a, f(b) as c, …", "Shows fields, and adds computed ones", "command"},
		{"display", "display a, b, …", "Shows these columns only", "command"},
		{"filter", "filter condition", "Keeps the events for which the condition is true", "command"},
		{"stats", "stats aggregate as name, … by key, bin(5m)", "Calculates over groups of events", "command"},
		{"sort", "sort field [asc|desc], …", "Orders the rows", "command"},
		{"limit", "limit n", "Keeps the first n rows", "command"},
		{"parse", "parse field \"a * b *\" as x, y or /(?<name>…)/", "Takes parts of a text into fields", "command"},
		{"dedup", "dedup field, …", "Keeps one row for each combination of values", "command"},
		{"unnest", "unnest list into name", "Makes a row of each element of a list", "command"},
		{"expand", "expand field", "Makes a row of each value of a list", "command"},
		{"filterIndex", "filterIndex field = value", "Keeps the events with the value", "command"},
		{"SOURCE", "SOURCE logGroups(namePrefix: ['a'])", "Names the log groups, as the first command", "command"},
		{"join", "join type=inner left=L right=R where L.key = R.key (SOURCE 'group' | …)", "Puts the rows of another query beside", "command"},
		{"lookup", "lookup table key [as field] OUTPUT a, b", "Adds columns of a lookup table", "command"},
		{"cidrlookup", "cidrlookup table networks [as field] OUTPUT a, b", "Adds columns of the network that an address is in", "command"},
		{"pattern", "pattern field", "The patterns of texts, with how many events have each", "command"},
		{"diff", "diff [previousDay|previousWeek|previousMonth]", "Compares the patterns with an earlier range", "command"},
		{"relevantfields", "relevantfields [field, …] where condition", "Which fields set these events apart from the others", "command"},
		{"fillmissing", "fillmissing [with value for field, …]", "Adds rows for periods of time without any", "command"},
		{"filldown", "filldown field, …", "Carries the last value forward", "command"},
		{"countFrequent", "countFrequent field, …", "The most frequent values", "command"},
		{"addtotals", "addtotals [fieldname=Total] [row=true] [col=false] field, …", "Sums of rows and columns", "command"},
		{"accum", "accum field [as name]", "A running total", "command"},
		{"autoregress", "autoregress field [as name] p=1-3", "Values of the rows before", "command"},
		{"outlier", "outlier [action=transform|remove] [param=2.5] field, …", "Draws in or removes numbers far from the others", "command"},
		{"sessionize", "sessionize field, … [maxspan 30m] [as name]", "Numbers stretches without a gap", "command"},
		{"logcompare", "logcompare timeshift 7d", "Puts what an earlier range gave beside", "command"},
		{"appendcols", "appendcols [override=false] [max=n] (query)", "Puts the columns of another query beside", "command"},
		{"estimate", "estimate", "What the query would look at, without running it", "command"},
		{"unmask", "unmask field", "Shows a field without a mask", "command"},
	}
}

// Functions describes the functions and aggregates, by name.
func Functions() []Help {
	var list []Help
	spelled := spellings()
	functions, aggregates := functionTable(), aggregateTable()
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		list = append(list, Help{spelled(name), spelled(name) + "(" + functions[name].args + ")", functions[name].help, "function"})
	}
	for _, name := range slices.Sorted(maps.Keys(aggregates)) {
		list = append(list, Help{spelled(name), spelled(name) + "(" + aggregates[name].args + ")", aggregates[name].help, "aggregate"})
	}
	return list
}

// spellings gives the names as people write them.
func spellings() func(name string) string {
	names := map[string]string{}
	for _, s := range []string{
		"toNumber", "toInt", "toLong", "toDouble", "isNumeric", "messageSize", "queryStartTime", "queryEndTime", "queryTimeRange", "regexReplace", "startsWith", "endsWith",
		"hexToAscii", "hexToDec", "decToHex", "jsonParse", "jsonStringify", "jsonArraySize", "jsonArrayContains", "isValidIp", "isValidIpV4", "isValidIpV6", "isIpInSubnet",
		"isIpv4InSubnet", "isIpv6InSubnet", "ipv4ToNumber", "isPrivateIP", "isPublicIP", "isReservedIP", "fromMillis", "toMillis", "parseDate", "formatDate",
		"countDistinct", "COLLECT_VALUES", "sortsFirst", "sortsLast", "countOverTime", "sumOverTime",
	} {
		names[lower(s)] = s
	}
	return func(name string) string {
		if s, ok := names[name]; ok {
			return s
		}
		return name
	}
}

func commandNames() []string {
	var names []string
	for _, c := range Commands() {
		names = append(names, c.Name)
	}
	return names
}

func functionNames() []string {
	var names []string
	for _, f := range Functions() {
		names = append(names, f.Name)
	}
	return names
}

// unsupported are the commands of the language that are not there, with why.
func unsupported() map[string]string {
	return map[string]string{
		"anomaly": " by this version of Oriel",
	}
}
