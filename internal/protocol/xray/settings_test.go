package xray

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncryptionConfig_IsKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	f := func(path string, in any, want object) {
		t.Helper()
		if diff := cmp.Diff(object{"EncryptionConfig": want}, r.ok(path, in)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	f("/EncryptionConfig", "", object{"Type": "NONE", "Status": "ACTIVE"})
	key := "arn:aws:kms:us-east-1:" + r.Keys.Default().Account() + ":key/k1"
	f("/PutEncryptionConfig", object{"Type": "KMS", "KeyId": "k1"}, object{"Type": "KMS", "KeyId": key, "Status": "UPDATING"})
	r.restart()
	f("/EncryptionConfig", "", object{"Type": "KMS", "KeyId": key, "Status": "ACTIVE"})
	r.fails(http.StatusBadRequest, "InvalidRequestException", "KeyId is missing", "/PutEncryptionConfig", object{"Type": "KMS"})
}

func TestResourcePolicies_HaveRevisions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	put := func(name, document, revision string) object {
		in := object{"PolicyName": name, "PolicyDocument": document}
		if revision != "" {
			in["PolicyRevisionId"] = revision
		}
		return in
	}
	statement := func(effect, principal, action string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Principal":%s,"Action":%s,"Resource":"*"}]}`, effect, principal, action)
	}
	allow, deny := statement("Allow", `"*"`, `"xray:*"`), statement("Deny", `{"AWS":"123456789012"}`, `["xray:PutTraceSegments"]`)
	made := r.ok("/PutResourcePolicy", put("a", allow, "0"))["ResourcePolicy"].(object)
	r.fails(http.StatusBadRequest, "InvalidPolicyRevisionIdException", "", "/PutResourcePolicy", put("a", allow, "0"))
	r.fails(http.StatusBadRequest, "InvalidPolicyRevisionIdException", "", "/PutResourcePolicy", put("b", allow, "1"))
	again := r.ok("/PutResourcePolicy", put("a", deny, made["PolicyRevisionId"].(string)))["ResourcePolicy"].(object)
	if again["PolicyRevisionId"] == made["PolicyRevisionId"] || again["LastUpdatedTime"] != float64(testClock().Unix()) {
		t.Errorf("the second one is %v", again)
	}
	r.fails(http.StatusBadRequest, "MalformedPolicyDocumentException", "", "/PutResourcePolicy", put("b", "[]", ""))
	r.fails(http.StatusBadRequest, "PolicySizeLimitExceededException", "", "/PutResourcePolicy", put("b", strings.Repeat(" ", 6000)+"{}", ""))
	for _, name := range []string{"b", "c", "d", "e"} {
		r.ok("/PutResourcePolicy", put(name, allow, ""))
	}
	r.fails(http.StatusBadRequest, "PolicyCountLimitExceededException", "", "/PutResourcePolicy", put("f", allow, ""))
	if got := r.ok("/ListResourcePolicies", "{}")["ResourcePolicies"].([]any); len(got) != 5 || got[0].(object)["PolicyDocument"] != deny {
		t.Errorf("they are %v", got)
	}
	r.fails(http.StatusBadRequest, "InvalidPolicyRevisionIdException", "", "/DeleteResourcePolicy", object{"PolicyName": "a", "PolicyRevisionId": "x"})
	r.ok("/DeleteResourcePolicy", object{"PolicyName": "a"})
	r.ok("/DeleteResourcePolicy", object{"PolicyName": "a"})
	for document, says := range map[string]string{
		"{}": "no Statement", `{"Statement":[]}`: "no Statement", `{"Version":"1","Statement":[]}`: "Version 1", `{"Statement":[{"Effect":"Maybe"}]}`: "Effect", `{"Statement":{"Effect":"Allow"}}`: "Principal",
		`{"Statement":[{"Effect":"Allow","Principal":"*","Resource":"*"}]}`: "Action", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"xray:*"}]}`: "Resource", `{"Statement":[{"Action":1}]}`: "IAM",
	} {
		r.fails(http.StatusBadRequest, "MalformedPolicyDocumentException", says, "/PutResourcePolicy", put("b", document, ""))
	}
	account := r.Keys.Default().Account()
	for _, document := range []string{
		statement("Deny", `"*"`, `"*"`), statement("Deny", `{"AWS":["`+account+`"]}`, `["xray:Put*"]`), statement("Deny", `{"AWS":"arn:aws:iam::`+account+`:root"}`, `"xray:putresourcepolicy"`),
	} {
		in := put("b", document, "")
		r.fails(http.StatusBadRequest, "LockoutPreventionException", "BypassPolicyLockoutCheck", "/PutResourcePolicy", in)
		in["BypassPolicyLockoutCheck"] = true
		r.ok("/PutResourcePolicy", in)
	}
	r.ok("/PutResourcePolicy", put("b", statement("Deny", `"*"`, `"xray:GetTraceSummaries"`), ""))
	r.ok("/PutResourcePolicy", put("b", statement("Deny", `"*"`, `"xray:[Pp]utResourcePolicy"`), "")) // IAM has no classes of characters
}

func TestTags_AreThoseOfRules(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	made := r.ok("/CreateSamplingRule", object{"SamplingRule": checkoutRule(), "Tags": []object{{"Key": "a", "Value": "1"}}})["SamplingRuleRecord"].(object)
	arn := made["SamplingRule"].(object)["RuleARN"]
	r.ok("/TagResource", object{"ResourceARN": arn, "Tags": []object{{"Key": "b", "Value": "2"}}})
	r.ok("/UntagResource", object{"ResourceARN": arn, "TagKeys": []string{"a", "x"}})
	want := object{"Tags": []any{object{"Key": "b", "Value": "2"}}}
	if diff := cmp.Diff(want, r.ok("/ListTagsForResource", object{"ResourceARN": arn})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, arn := range []string{"arn:aws:xray:us-east-1:1:sampling-rule/none", "arn:aws:xray:us-east-1:1:group/none/1", "x"} {
		r.fails(http.StatusNotFound, "ResourceNotFoundException", "There is no", "/TagResource", object{"ResourceARN": arn, "Tags": []object{}})
	}
}

func TestIndexingAndDestination_AreKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	desired := func(answer any) any {
		return answer.(object)["Rule"].(object)["Probabilistic"].(object)["DesiredSamplingPercentage"]
	}
	if got := desired(r.ok("/GetIndexingRules", "")["IndexingRules"].([]any)[0]); got != 1.0 {
		t.Errorf("at first %v", got)
	}
	r.ok("/UpdateIndexingRule", object{"Name": "Default", "Rule": object{"Probabilistic": object{"DesiredSamplingPercentage": 12.5}}})
	r.fails(http.StatusNotFound, "ResourceNotFoundException", "only one", "/UpdateIndexingRule", object{"Name": "x", "Rule": object{}})
	if got := r.ok("/UpdateTraceSegmentDestination", object{"Destination": "CloudWatchLogs"}); got["Status"] != "PENDING" {
		t.Errorf("the destination is %v", got)
	}
	r.restart()
	if got := desired(r.ok("/GetIndexingRules", "")["IndexingRules"].([]any)[0]); got != 12.5 {
		t.Errorf("then %v", got)
	}
	if diff := cmp.Diff(object{"Destination": "CloudWatchLogs", "Status": "ACTIVE"}, r.ok("/GetTraceSegmentDestination", "")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPutTelemetryRecords_AreSummedByHost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	record := object{
		"Timestamp": 1768471200.5, "SegmentsReceivedCount": 10, "SegmentsSentCount": 8, "SegmentsSpilloverCount": 1, "SegmentsRejectedCount": 1,
		"BackendConnectionErrors": object{"TimeoutCount": 2},
	}
	for range 2 {
		r.ok("/TelemetryRecords", object{"TelemetryRecords": []object{record}, "Hostname": "h1", "EC2InstanceId": "", "ResourceARN": ""})
	}
	if diff := cmp.Diff([]Telemetry{{Host: "h1", Received: 20, Sent: 16, Spilled: 2, Rejected: 2, Timeouts: 4}}, r.Telemetry()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
