package xray

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func checkoutRule() object {
	return object{
		"RuleName": "checkout", "Priority": 10, "FixedRate": 0.25, "ReservoirSize": 7, "ServiceName": "shop", "ServiceType": "*", "Host": "*",
		"HTTPMethod": "POST", "URLPath": "/checkout/*", "ResourceARN": "*", "Version": 1,
	}
}

func names(t *testing.T, answer object) (out []string) {
	t.Helper()
	for _, r := range answer["SamplingRuleRecords"].([]any) {
		out = append(out, r.(object)["SamplingRule"].(object)["RuleName"].(string))
	}
	return out
}

func TestSamplingRules_AreKeptWithAllThatSDKsNeed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	made := r.ok("/CreateSamplingRule", object{"SamplingRule": checkoutRule(), "Tags": []object{{"Key": "team", "Value": "shop"}}})["SamplingRuleRecord"].(object)
	want := object{
		"SamplingRule": object{
			"RuleName": "checkout", "RuleARN": made["SamplingRule"].(object)["RuleARN"], "Priority": 10.0, "FixedRate": 0.25, "ReservoirSize": 7.0, "ServiceName": "shop",
			"ServiceType": "*", "Host": "*", "HTTPMethod": "POST", "URLPath": "/checkout/*", "ResourceARN": "*", "Version": 1.0, "Attributes": object{},
		},
		"CreatedAt": float64(testClock().Unix()), "ModifiedAt": float64(testClock().Unix()),
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	r.restart()
	for _, body := range []string{"", "{}", `{"NextToken":null}`} {
		if got := names(t, r.ok("/GetSamplingRules", body)); !cmp.Equal(got, []string{"checkout", "Default"}) {
			t.Errorf("rules asked with %q: %v", body, got)
		}
	}
	changed := r.ok("/UpdateSamplingRule", object{"SamplingRuleUpdate": object{"RuleARN": want["SamplingRule"].(object)["RuleARN"], "FixedRate": 1}})
	if rate := changed["SamplingRuleRecord"].(object)["SamplingRule"].(object)["FixedRate"]; rate != 1.0 {
		t.Errorf("the rate is %v", rate)
	}
	r.ok("/UpdateSamplingRule", object{"SamplingRuleUpdate": object{"RuleName": "Default", "FixedRate": 0.5, "Priority": 10000}})
	r.ok("/DeleteSamplingRule", object{"RuleName": "checkout"})
	if got := names(t, r.ok("/GetSamplingRules", "")); !cmp.Equal(got, []string{"Default"}) {
		t.Errorf("after the deletion: %v", got)
	}
}

func TestSamplingRules_AreRefusedAsTheServiceDoes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.ok("/CreateSamplingRule", object{"SamplingRule": checkoutRule()})
	with := func(name string, value any) object {
		rule := checkoutRule()
		rule["RuleName"] = "other"
		rule[name] = value
		return object{"SamplingRule": rule}
	}
	refused := func(path, text string, in any) {
		t.Helper()
		r.fails(http.StatusBadRequest, "InvalidRequestException", text, path, in)
	}
	refused("/CreateSamplingRule", "exists already", object{"SamplingRule": checkoutRule()})
	refused("/CreateSamplingRule", "always there", with("RuleName", "Default"))
	refused("/CreateSamplingRule", "only version is 1", with("Version", 2))
	refused("/CreateSamplingRule", "want 1 to 9999", with("Priority", 10000))
	refused("/CreateSamplingRule", "not by both", with("RuleARN", "arn:aws:xray:us-east-1:000000000000:sampling-rule/other"))
	refused("/UpdateSamplingRule", "Only FixedRate and ReservoirSize", object{"SamplingRuleUpdate": object{"RuleName": "Default", "Host": "a"}})
	refused("/UpdateSamplingRule", "no sampling rule", object{"SamplingRuleUpdate": object{"RuleName": "Checkout"}})
	refused("/UpdateSamplingRule", "RuleName or RuleARN", object{"SamplingRuleUpdate": object{"FixedRate": 1}})
	refused("/DeleteSamplingRule", "cannot be deleted", object{"RuleName": "Default"})
	refused("/DeleteSamplingRule", "not the ARN", object{"RuleARN": "checkout"})
	refused("/CreateSamplingRule", "reserved", object{"SamplingRule": with("Priority", 3)["SamplingRule"], "Tags": []object{{"Key": "aws:x", "Value": ""}}})
	if got := names(t, r.ok("/GetSamplingRules", "")); !cmp.Equal(got, []string{"checkout", "Default"}) {
		t.Errorf("what was refused left something: %v", got)
	}
}

func TestSamplingTargets_AnswerEachDocumentByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	nothing := r.ok("/SamplingTargets", object{"SamplingStatisticsDocuments": []object{}, "SamplingBoostStatisticsDocuments": nil})
	if nothing["LastRuleModification"] != 0.0 {
		t.Errorf("rules that never changed: %v", nothing)
	}
	r.ok("/CreateSamplingRule", object{"SamplingRule": checkoutRule()})
	now := float64(testClock().Unix())
	document := func(rule string, more object) object {
		d := object{"RuleName": rule, "ClientID": "0123456789abcdef01234567", "Timestamp": now, "RequestCount": 30, "SampledCount": 3}
		maps.Copy(d, more)
		return d
	}
	answer := r.ok("/SamplingTargets", object{"SamplingStatisticsDocuments": []object{
		document("checkout", object{"BorrowCount": 1}),
		document("gone", nil),
		document("Default", object{"SampledCount": nil, "SampleCount": 9, "Timestamp": now + 0.5}),
		document("checkout", object{"Timestamp": now - 3600}),
	}})
	if answer["LastRuleModification"] != now {
		t.Errorf("the rules changed at %v, want %v", answer["LastRuleModification"], now)
	}
	want := []any{
		object{"RuleName": "checkout", "FixedRate": 0.25, "ReservoirQuota": 7.0, "ReservoirQuotaTTL": now + 300, "Interval": 10.0},
		object{"RuleName": "Default", "FixedRate": 0.05, "ReservoirQuota": 1.0, "ReservoirQuotaTTL": now + 300, "Interval": 10.0},
	}
	if diff := cmp.Diff(want, answer["SamplingTargetDocuments"]); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	refused := answer["UnprocessedStatistics"].([]any)
	if len(refused) != 2 || refused[0].(object)["RuleName"] != "gone" || refused[0].(object)["ErrorCode"] != "400" {
		t.Errorf("refused: %v", refused)
	}
	r.now.Add(int64(10 * time.Second / time.Millisecond))
	r.restart()
	summaries := r.ok("/SamplingStatisticSummaries", "{}")["SamplingStatisticSummaries"]
	counted := []any{
		object{"RuleName": "checkout", "Timestamp": now, "RequestCount": 30.0, "SampledCount": 3.0, "BorrowCount": 1.0},
		object{"RuleName": "Default", "Timestamp": now, "RequestCount": 30.0, "SampledCount": 9.0, "BorrowCount": 0.0},
	}
	if diff := cmp.Diff(counted, summaries); diff != "" {
		t.Errorf("summaries (-want +got):\n%s", diff)
	}
}
