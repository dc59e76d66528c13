package cloudwatch

func metricFilterOperations() map[string]operation {
	return map[string]operation{
		"PutMetricFilter":       unserved("it is not built yet"),
		"DescribeMetricFilters": unserved("it is not built yet"),
		"DeleteMetricFilter":    unserved("it is not built yet"),
		"TestMetricFilter":      unserved("it is not built yet"),
	}
}
