package rql

// Keywords are the words of the language, in the order they stand in.
func Keywords() []string {
	return []string{
		"SELECT", "AS", "FROM", "item_occurrence", "deploy", "WHERE", "AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS NULL", "IS NOT NULL",
		"GROUP BY", "ORDER BY", "ASC", "DESC", "LIMIT", "DIV", "MOD",
	}
}

// Template is a query to begin with.
type Template struct {
	Name  string `json:"name"`
	Query string `json:"query"`
}

// Templates are questions that people ask often.
func Templates() []Template {
	return []Template{
		{"Items by occurrences in the last day", "SELECT item.counter, item.title, count(*) AS occurrences, count_distinct(person.id) AS people\nFROM item_occurrence\nWHERE timestamp > unix_timestamp() - 60 * 60 * 24\nGROUP BY item.counter\nORDER BY occurrences DESC\nLIMIT 20"},
		{"Occurrences by hour", "SELECT timestamp DIV 3600 * 3600 AS hour, count(*)\nFROM item_occurrence\nWHERE timestamp > unix_timestamp() - 60 * 60 * 24\nGROUP BY hour\nORDER BY hour"},
		{"Who met one item", "SELECT person.id, person.email, count(*)\nFROM item_occurrence\nWHERE item.counter = 1\nGROUP BY person.id, person.email\nORDER BY 3 DESC"},
		{"Errors by version", "SELECT code_version, count(*), count_distinct(item.id) AS items\nFROM item_occurrence\nGROUP BY code_version\nORDER BY 2 DESC"},
		{"Addresses of an item", "SELECT request.user_ip, count(*)\nFROM item_occurrence\nWHERE item.counter = 1\nGROUP BY request.user_ip\nORDER BY count(*) DESC"},
		{"Browsers and systems", "SELECT browser, os, count(*)\nFROM item_occurrence\nGROUP BY 1, 2\nORDER BY 3 DESC"},
		{"Latest occurrences of one class", "SELECT timestamp, item.counter, body.trace.exception.message, request.url\nFROM item_occurrence\nWHERE body.trace.exception.class = 'KeyError'\nORDER BY timestamp DESC\nLIMIT 50"},
		{"Deploys", "SELECT timestamp, environment, revision, local_username, comment\nFROM deploy\nORDER BY timestamp DESC"},
	}
}
