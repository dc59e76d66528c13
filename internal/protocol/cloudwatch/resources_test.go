package cloudwatch

import (
	"fmt"
	"testing"
)

// What is defined is there after a restart, in the service's form, and goes when
// it is deleted.
func TestResources_AreKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.ok("CreateLogGroup", object{"logGroupName": "g"})
	account := r.Keys.Default().Account()
	arn := func(path string) string { return "arn:aws:logs:" + testRegion + ":" + account + ":" + path }
	id := fmt.Sprint(r.ok("PutQueryDefinition", object{"name": "folder/errors", "queryString": "fields @message", "logGroupNames": []string{"g"}})["queryDefinitionId"])
	r.fails("ResourceNotFoundException", "query definition does not exist", "PutQueryDefinition", object{"name": "x", "queryString": "y", "queryDefinitionId": "nothing"})
	r.ok("PutQueryDefinition", object{"name": "folder/slow", "queryString": "limit 1", "queryDefinitionId": id})
	r.ok("CreateLookupTable", object{"lookupTableName": "hosts", "tableBody": "ip,name\n10.0.0.1,\"a, b\"\n", "tags": object{"k": "v"}})
	r.fails("ResourceAlreadyExistsException", "", "CreateLookupTable", object{"lookupTableName": "hosts", "tableBody": "a\n"})
	r.ok("PutDestination", object{"destinationName": "d", "targetArn": "https://hooks.example/x", "roleArn": "arn:aws:iam::1:role/r", "tags": object{"k": "v"}})
	r.ok("PutDestinationPolicy", object{"destinationName": "d", "accessPolicy": "{}"})
	r.ok("PutResourcePolicy", object{"policyName": "p", "policyDocument": "{}"})
	r.fails("OperationAbortedException", "", "PutResourcePolicy", object{"policyName": "p", "policyDocument": "{}", "expectedRevisionId": "7"})
	r.ok("PutResourcePolicy", object{"policyDocument": "{}", "resourceArn": arn("log-group:g")})
	r.ok("PutIndexPolicy", object{"logGroupIdentifier": "g", "policyDocument": `{"Fields":["requestId"],"FieldsV2":{"status":{"type":"FACET"}}}`})
	r.ok("PutAccountPolicy", object{"policyName": "all", "policyType": "FIELD_INDEX_POLICY", "policyDocument": `{"Fields":["userId"]}`, "selectionCriteria": `LogGroupNamePrefix IN ["g"]`})
	r.ok("PutStorageTierPolicy", object{"storageTier": "INTELLIGENT_TIERING"})
	r.ok("PutDeliverySource", object{"name": "s", "resourceArn": "arn:aws:cloudfront::1:distribution/x", "logType": "ACCESS_LOGS"})
	r.ok("PutDeliveryDestination", object{"name": "t", "outputFormat": "json", "deliveryDestinationConfiguration": object{"destinationResourceArn": "arn:aws:s3:::bucket"}})
	r.ok("PutDeliveryDestinationPolicy", object{"deliveryDestinationName": "t", "deliveryDestinationPolicy": "{}"})
	r.ok("CreateDelivery", object{"deliverySourceName": "s", "deliveryDestinationArn": arn("delivery-destination:t")})
	r.fails("ConflictException", "already", "CreateDelivery", object{"deliverySourceName": "s", "deliveryDestinationArn": arn("delivery-destination:t")})
	r.fails("ConflictException", "uses it", "DeleteDeliverySource", object{"name": "s"})
	r.restart()
	delivery := fmt.Sprint(first(t, r.ok("DescribeDeliveries", ""), "deliveries")["id"])
	for _, c := range []struct {
		operation    string
		in           object
		list, member string
		want         string
	}{
		{"DescribeQueryDefinitions", object{"queryDefinitionNamePrefix": "folder/"}, "queryDefinitions", "name", "folder/slow"},
		{"DescribeQueryDefinitions", object{"queryDefinitionNamePrefix": "x"}, "queryDefinitions", "name", ""},
		{"DescribeLookupTables", object{}, "lookupTables", "recordsCount", "1"},
		{"DescribeDestinations", object{"DestinationNamePrefix": "d"}, "destinations", "accessPolicy", "{}"},
		{"DescribeResourcePolicies", object{}, "resourcePolicies", "policyName", "p"},
		{"DescribeResourcePolicies", object{"policyScope": "RESOURCE"}, "resourcePolicies", "resourceArn", arn("log-group:g")},
		{"DescribeIndexPolicies", object{"logGroupIdentifiers": []string{"g"}}, "indexPolicies", "source", "LOG_GROUP"},
		{"DescribeFieldIndexes", object{"logGroupIdentifiers": []string{"g"}}, "fieldIndexes", "fieldIndexName", "requestId status"},
		{"DescribeFieldIndexes", object{"logGroupIdentifiers": []string{"g"}}, "fieldIndexes", "type", "FIELD_INDEX FACET"},
		{"DescribeAccountPolicies", object{"policyType": "FIELD_INDEX_POLICY"}, "accountPolicies", "policyName", "all"},
		{"ListLogGroups", object{"fieldIndexNames": []string{"requestId", "traceId"}}, "logGroups", "logGroupName", "g"},
		{"ListLogGroups", object{"fieldIndexNames": []string{"other"}}, "logGroups", "logGroupName", ""},
		{"DescribeDeliverySources", object{}, "deliverySources", "service", "cloudfront"},
		{"DescribeDeliveryDestinations", object{}, "deliveryDestinations", "deliveryDestinationType", "S3"},
	} {
		if got := names(r.ok(c.operation, c.in), c.list, c.member); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.operation, c.in, got, c.want)
		}
	}
	if got := r.ok("GetLookupTable", object{"lookupTableArn": arn("lookup-table:hosts")})["tableBody"]; got != "ip,name\n10.0.0.1,\"a, b\"\n" {
		t.Errorf("%q", got)
	}
	for _, path := range []string{"lookup-table:hosts", "destination:d"} {
		if got := fmt.Sprint(r.ok("ListTagsForResource", object{"resourceArn": arn(path)})["tags"]); got != "map[k:v]" {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := r.ok("GetStorageTierPolicy", "")["storageTier"]; got != "INTELLIGENT_TIERING" {
		t.Errorf("%v", got)
	}
	for _, c := range []struct {
		operation string
		in        object
	}{
		{"DeleteQueryDefinition", object{"queryDefinitionId": id}},
		{"DeleteLookupTable", object{"lookupTableArn": arn("lookup-table:hosts")}},
		{"DeleteDestination", object{"destinationName": "d"}},
		{"DeleteResourcePolicy", object{"policyName": "p"}},
		{"DeleteIndexPolicy", object{"logGroupIdentifier": "g"}},
		{"DeleteAccountPolicy", object{"policyName": "all", "policyType": "FIELD_INDEX_POLICY"}},
		{"DeleteDelivery", object{"id": delivery}},
		{"DeleteDeliverySource", object{"name": "s"}},
		{"DeleteDeliveryDestination", object{"name": "t"}},
	} {
		r.ok(c.operation, c.in)
		r.fails("ResourceNotFoundException", "", c.operation, c.in)
	}
}

func TestResources_AreChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.ok("CreateLogGroup", object{"logGroupName": "g"})
	for body, want := range map[string]string{"a,a\n": "two of the name", ",\n": "without a name", "a\n\"": "not CSV", "a,b\nc\n": "not CSV"} {
		r.fails("ValidationException", want, "CreateLookupTable", object{"lookupTableName": "x", "tableBody": body})
	}
	for document, want := range map[string]string{
		"{}": "names 0 fields", "x": "not valid", `{"Fields":["a"],"FieldsV2":{"a":{"type":"FACET"}}}`: "in both", `{"FieldsV2":{"a":{"type":"X"}}}`: "must be FACET",
	} {
		r.fails("InvalidParameterException", want, "PutIndexPolicy", object{"logGroupIdentifier": "g", "policyDocument": document})
	}
	r.fails("InvalidParameterException", "RETENTION_POLICY are not served", "PutAccountPolicy", object{"policyName": "p", "policyType": "RETENTION_POLICY", "policyDocument": "{}"})
	r.fails("UnknownOperationException", "PutIntegration is not served by this version of Oriel", "PutIntegration", "{}")
}

func TestSelection(t *testing.T) {
	t.Parallel()
	g := newGroup("test", testRegion, "/a/b", "x", 0)
	for text, want := range map[string]bool{
		`LogGroupNamePrefix = "/a"`:                                  true,
		`LogGroupName NOT IN ["/a/b"]`:                               false,
		`@aws.region = "eu-central-1" AND @aws.account IN ["1","2"]`: true,
		`@aws.account != "1"`:                                        false,
		`LogGroupName = " AND "`:                                     false,
	} {
		s, err := readSelection(text)
		if err != nil || s.matches(g, "1") != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, bad := range []string{"", "x", `a = "b"`, `LogGroupName = b`, `LogGroupName IN "b"`} {
		if _, err := readSelection(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
