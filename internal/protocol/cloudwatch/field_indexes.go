package cloudwatch

func indexOperations() map[string]operation {
	return map[string]operation{
		"PutIndexPolicy":        unserved("it is not built yet"),
		"DescribeIndexPolicies": unserved("it is not built yet"),
		"DeleteIndexPolicy":     unserved("it is not built yet"),
		"DescribeFieldIndexes":  unserved("it is not built yet"),
	}
}
