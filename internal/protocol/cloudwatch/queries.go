package cloudwatch

func insightsOperations() map[string]operation {
	return map[string]operation{
		"StartQuery":            unserved("it is not built yet"),
		"GetQueryResults":       unserved("it is not built yet"),
		"StopQuery":             unserved("it is not built yet"),
		"DescribeQueries":       unserved("it is not built yet"),
		"ListLogGroupsForQuery": unserved("it is not built yet"),
	}
}
