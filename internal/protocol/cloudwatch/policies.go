package cloudwatch

func policyOperations() map[string]operation {
	return map[string]operation{
		"PutAccountPolicy":           unserved("it is not built yet"),
		"DescribeAccountPolicies":    unserved("it is not built yet"),
		"DeleteAccountPolicy":        unserved("it is not built yet"),
		"PutDataProtectionPolicy":    unserved("it is not built yet"),
		"GetDataProtectionPolicy":    unserved("it is not built yet"),
		"DeleteDataProtectionPolicy": unserved("it is not built yet"),
		"PutResourcePolicy":          unserved("it is not built yet"),
		"DescribeResourcePolicies":   unserved("it is not built yet"),
		"DeleteResourcePolicy":       unserved("it is not built yet"),
	}
}
