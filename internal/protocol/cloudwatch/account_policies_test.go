package cloudwatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// policy is an account policy.
func policy(kind, name, document, criteria string) object {
	p := object{"policyName": name, "policyType": kind, "policyDocument": document}
	if criteria != "" {
		p["selectionCriteria"] = criteria
	}
	return p
}

// shown puts a line and returns what is kept of it: its text, and one field.
func (r *rig) shown(group, message, field string) string {
	r.t.Helper()
	r.store.Take()
	r.put(group, "s", message)
	row := r.store.Take()[0].Row(0)
	return row.Get(event.FieldBody).Text() + "|" + row.Get(field).Text()
}

const protectEmail = "arn:aws:dataprotection::aws:data-identifier/EmailAddress"

// What the account's policy masks is masked in groups that were there and in those
// made later, in addition to what their own policies mask, and across a restart.
func TestAccountPolicies_DataProtectionAddsToThatOfGroups(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, g := range []string{"old", "own"} {
		r.withStream(g, "s")
	}
	r.ok("PutDataProtectionPolicy", object{"logGroupIdentifier": "own", "policyDocument": protection("", "Ssn-US")})
	out := r.ok("PutAccountPolicy", policy("DATA_PROTECTION_POLICY", "p", protection("", protectEmail), ""))
	if p, _ := out["accountPolicy"].(object); p["scope"] != "ALL" || p["policyType"] != "DATA_PROTECTION_POLICY" || p["accountId"] == "" {
		t.Errorf("%v", out)
	}
	r.withStream("new", "s")
	r.fails("LimitExceededException", "there may be 1", "PutAccountPolicy", policy("DATA_PROTECTION_POLICY", "q", protection("", protectEmail), ""))
	r.fails("InvalidParameterException", "must not be given", "PutAccountPolicy", policy("DATA_PROTECTION_POLICY", "p", protection("", protectEmail), `LogGroupNamePrefix = "a"`))
	r.fails("InvalidParameterException", "two statements", "PutAccountPolicy", policy("DATA_PROTECTION_POLICY", "p", "{}", ""))
	for range 2 {
		for group, want := range map[string]string{"old": "ada@example.com 123-45-6789", "own": "ada@example.com ***********", "new": "ada@example.com 123-45-6789"} {
			want = strings.ReplaceAll(want, "ada@example.com", strings.Repeat("*", 15))
			if got := r.shown(group, "ada@example.com 123-45-6789", "x"); got != want+"|" {
				t.Errorf("%s keeps %s", group, got)
			}
			g := first(t, r.ok("DescribeLogGroups", object{"logGroupNamePrefix": group}), "logGroups")
			if g["dataProtectionStatus"] != "ACTIVATED" || fmt.Sprint(g["inheritedProperties"]) != "[ACCOUNT_DATA_PROTECTION]" {
				t.Errorf("%v", g)
			}
		}
		r.restart()
	}
	r.now.Add(1000)
	r.ok("DeleteAccountPolicy", object{"policyName": "p", "policyType": "DATA_PROTECTION_POLICY"})
	r.withStream("later", "s")
	for range 2 {
		for group, want := range map[string]string{"old": "DELETED", "own": "ACTIVATED", "later": ""} {
			g := first(t, r.ok("DescribeLogGroups", object{"logGroupNamePrefix": group}), "logGroups")
			if status, _ := g["dataProtectionStatus"].(string); status != want || g["inheritedProperties"] != nil {
				t.Errorf("%s: %v", group, g)
			}
		}
		r.restart()
	}
	if got := r.shown("old", "ada@example.com", "x"); got != "ada@example.com|" {
		t.Errorf("still masked: %s", got)
	}
}

// What was masked is kept nowhere: who asks for it is told, not shown asterisks.
func TestUnmask_IsRefusedWhereLinesAreMasked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("plain", "s")
	r.withStream("masked", "s")
	r.put("plain", "s", "ada@example.com")
	r.ok("PutDataProtectionPolicy", object{"logGroupIdentifier": "masked", "policyDocument": protection("", protectEmail)})
	r.put("masked", "s", "ada@example.com")
	pointer := func(group string) string {
		id, _ := r.ok("StartQuery", object{"startTime": 0, "endTime": r.now.Load() / 1000, "queryString": "fields @message", "logGroupName": group})["queryId"].(string)
		out := r.results(id)
		row, _ := out["results"].([]any)[0].([]any)
		last, _ := row[len(row)-1].(object)
		return fmt.Sprint(last["value"])
	}
	for _, state := range []string{"while the policy is there", "when it is gone", "after a restart"} {
		calls := []struct {
			operation string
			in        func(group string) object
		}{
			{"GetLogEvents", func(g string) object { return object{"logGroupName": g, "logStreamName": "s", "unmask": true} }},
			{"FilterLogEvents", func(g string) object { return object{"logGroupName": g, "unmask": true} }},
			{"GetLogRecord", func(g string) object { return object{"logRecordPointer": pointer(g), "unmask": true} }},
		}
		for _, call := range calls {
			r.ok(call.operation, call.in("plain"))
			r.fails("InvalidParameterException", "can't be unmasked", call.operation, call.in("masked"))
			in := call.in("masked")
			in["unmask"] = false
			r.ok(call.operation, in)
		}
		for _, text := range []string{"unmask @message", "fields unmask(@message) as m"} {
			in := object{"startTime": 0, "endTime": r.now.Load() / 1000, "queryString": text, "logGroupName": "plain"}
			r.ok("StartQuery", in)
			in["logGroupName"] = "masked"
			r.fails("MalformedQueryException", "kept nowhere", "StartQuery", in)
		}
		switch state {
		case "while the policy is there":
			r.ok("DeleteDataProtectionPolicy", object{"logGroupIdentifier": "masked"})
		case "when it is gone":
			r.restart()
		}
	}
}

func TestAccountPolicies_TransformersOfGroupsWithoutOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, g := range []string{"/a/one", "/a/own", "/b"} {
		r.withStream(g, "s")
	}
	r.ok("PutTransformer", object{"logGroupIdentifier": "/a/own", "transformerConfig": []object{{"parseKeyValue": object{"keyPrefix": "own_"}}}})
	r.ok("PutAccountPolicy", policy("TRANSFORMER_POLICY", "kv", `[{"parseKeyValue":{}}]`, `LogGroupNamePrefix = "/a/"`))
	r.withStream("/a/new", "s")
	check := func(want map[string]string) {
		t.Helper()
		for group, value := range want {
			if got := r.shown(group, "k=v", "k"); got != "k=v|"+value {
				t.Errorf("%s keeps %s", group, got)
			}
		}
	}
	check(map[string]string{"/a/one": "v", "/a/new": "v", "/a/own": "", "/b": ""})
	r.restart()
	check(map[string]string{"/a/one": "v", "/a/new": "v", "/a/own": "", "/b": ""})
	r.ok("DeleteTransformer", object{"logGroupIdentifier": "/a/own"})
	check(map[string]string{"/a/own": "v"})
	for _, c := range []struct{ want, document, criteria string }{
		{"must not overlap", `[{"parseJSON":{}}]`, `LogGroupNamePrefix = "/a/x"`},
		{"must not overlap", `[{"parseJSON":{}}]`, `LogGroupNamePrefix = "/"`},
		{"must not overlap", `[{"parseJSON":{}}]`, ``},
		{"take LogGroupNamePrefix", `[{"parseJSON":{}}]`, `LogGroupName = "x"`},
		{"must be a parser", `[{"deleteKeys":{"withKeys":["a"]}}]`, `LogGroupNamePrefix = "/c"`},
		{"Member must not be null", `[{"parseJSON":{}},{"deleteKeys":{}}]`, `LogGroupNamePrefix = "/c"`},
		{"is not valid", `{`, `LogGroupNamePrefix = "/c"`},
	} {
		r.fails("InvalidParameterException", c.want, "PutAccountPolicy", policy("TRANSFORMER_POLICY", "other", c.document, c.criteria))
	}
	r.ok("PutAccountPolicy", policy("TRANSFORMER_POLICY", "other", `[{"parseJSON":{}}]`, `LogGroupNamePrefix = "/b"`))
	r.ok("DeleteAccountPolicy", object{"policyName": "kv", "policyType": "TRANSFORMER_POLICY"})
	check(map[string]string{"/a/one": ""})
}

func TestAccountPolicies_MetricExtractionIsSwitchedOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, g := range []string{"/aws/lambda/a", "/app"} {
		r.withStream(g, "s")
	}
	message := fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"N","Metrics":[{"Name":"M"}]}]},"M":1}`, r.now.Load())
	check := func(what string, want map[string]int) {
		t.Helper()
		for group, n := range want {
			r.store.Take()
			r.put(group, "s", message)
			if got := len(r.metrics()); got != n {
				t.Errorf("%s: %s makes %d metrics, want %d", what, group, got, n)
			}
		}
	}
	check("without a policy", map[string]int{"/aws/lambda/a": 1, "/app": 1})
	r.ok("PutAccountPolicy", policy("METRIC_EXTRACTION_POLICY", "off", `{}`, `LogGroupNamePrefix NOT IN ["/aws/lambda"]`))
	r.restart()
	check("with one", map[string]int{"/aws/lambda/a": 1, "/app": 0})
	r.fails("InvalidParameterException", "must not overlap", "PutAccountPolicy", policy("METRIC_EXTRACTION_POLICY", "more", `{}`, `LogGroupNamePrefix IN ["/aws"]`))
	r.ok("PutAccountPolicy", policy("METRIC_EXTRACTION_POLICY", "more", `{}`, `LogGroupName IN ["/aws/lambda/a"]`))
	check("with two", map[string]int{"/aws/lambda/a": 0, "/app": 0})
	r.fails("InvalidParameterException", "take LogGroupName or LogGroupNamePrefix with IN or NOT IN", "PutAccountPolicy", policy("METRIC_EXTRACTION_POLICY", "x", `{}`, `LogGroupName = "z"`))
	r.ok("DeleteAccountPolicy", object{"policyName": "off", "policyType": "METRIC_EXTRACTION_POLICY"})
	check("with the other one", map[string]int{"/aws/lambda/a": 0, "/app": 1})
}

func TestAccountPolicies_SubscriptionsOfAllGroups(t *testing.T) {
	t.Parallel()
	r, h := newSubscriptionRig(t), newHook(t)
	for _, g := range []string{"a", "left-out"} {
		r.withStream(g, "s")
		r.put(g, "s", "ERROR before")
	}
	document := `{"DestinationArn":"` + h.URL + `","FilterPattern":"ERROR"}`
	r.ok("PutAccountPolicy", policy("SUBSCRIPTION_FILTER_POLICY", "all", document, `LogGroupName NOT IN ["left-out"]`))
	if got := h.take(); len(got) != 1 || !strings.HasPrefix(got[0], "CONTROL_MESSAGE") {
		t.Errorf("%q", got)
	}
	r.withStream("b", "s")
	for _, g := range []string{"a", "b", "left-out"} {
		r.put(g, "s", "ERROR in "+g, "fine")
	}
	delivered := func(want ...string) {
		t.Helper()
		r.deliver()
		got := h.take()
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	delivered("DATA_MESSAGE a/s: ERROR in a", "DATA_MESSAGE b/s: ERROR in b")
	delivered([]string{}...)
	r.put("a", "s", "ERROR again")
	r.restart()
	r.quiet()
	delivered("DATA_MESSAGE a/s: ERROR again")
	r.put("a", "s", "ERROR unseen")
	r.ok("DeleteAccountPolicy", object{"policyName": "all", "policyType": "SUBSCRIPTION_FILTER_POLICY"})
	r.ok("PutAccountPolicy", policy("SUBSCRIPTION_FILTER_POLICY", "all", document, ""))
	h.take()
	r.put("left-out", "s", "ERROR now")
	delivered("DATA_MESSAGE left-out/s: ERROR now")

	to := func(group string) string {
		return `{"DestinationArn":"arn:aws:logs:` + testRegion + `:` + r.account() + `:log-group:` + group + `"}`
	}
	r.fails("InvalidParameterException", `LogGroupName NOT IN ["a"]`, "PutAccountPolicy", policy("SUBSCRIPTION_FILTER_POLICY", "all", to("a"), ""))
	r.ok("PutAccountPolicy", policy("SUBSCRIPTION_FILTER_POLICY", "all", to("a"), `LogGroupName NOT IN ["a"]`))
	arn := "arn:aws:logs:" + testRegion + ":" + r.account() + ":log-group:b"
	r.fails("InvalidParameterException", "delivered to itself", "PutSubscriptionFilter", object{"logGroupName": "a", "filterName": "f", "filterPattern": "", "destinationArn": arn})
	r.fails("InvalidParameterException", "names no DestinationArn", "PutAccountPolicy", policy("SUBSCRIPTION_FILTER_POLICY", "all", "{}", ""))
	r.fails("LimitExceededException", "there may be 1", "PutAccountPolicy", policy("SUBSCRIPTION_FILTER_POLICY", "second", document, ""))
}

func TestAccountPolicies_AreCheckedAndListed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fails("InvalidParameterException", "RETENTION_POLICY are not served", "PutAccountPolicy", policy("RETENTION_POLICY", "r", "{}", ""))
	r.fails("InvalidParameterException", "nor begin with aws/", "PutAccountPolicy", policy("METRIC_EXTRACTION_POLICY", "aws/x", "{}", ""))
	r.fails("InvalidParameterException", "not valid", "PutAccountPolicy", policy("METRIC_EXTRACTION_POLICY", "x", "[]", ""))
	many := `LogGroupName IN ["` + strings.Repeat(`a","`, 50) + `a"]`
	r.fails("InvalidParameterException", "the limit is 50", "PutAccountPolicy", policy("METRIC_EXTRACTION_POLICY", "x", "{}", many))
	for i := range 5 {
		r.ok("PutAccountPolicy", policy("METRIC_EXTRACTION_POLICY", fmt.Sprint("p", i), "{}", fmt.Sprintf(`LogGroupName IN ["g%d"]`, i)))
	}
	r.fails("LimitExceededException", "there may be 5", "PutAccountPolicy", policy("METRIC_EXTRACTION_POLICY", "p5", "{}", `LogGroupName IN ["g5"]`))
	if got := names(r.ok("DescribeAccountPolicies", object{"policyType": "METRIC_EXTRACTION_POLICY"}), "accountPolicies", "policyName"); got != "p0 p1 p2 p3 p4" {
		t.Error(got)
	}
	r.fails("ResourceNotFoundException", "Policy with name [nothing] does not exist.", "DeleteAccountPolicy", object{"policyName": "nothing", "policyType": "METRIC_EXTRACTION_POLICY"})
}
