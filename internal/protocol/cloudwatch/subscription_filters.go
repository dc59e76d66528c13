package cloudwatch

func subscriptionOperations() map[string]operation {
	return map[string]operation{
		"PutSubscriptionFilter":       unserved("it is not built yet"),
		"DescribeSubscriptionFilters": unserved("it is not built yet"),
		"DeleteSubscriptionFilter":    unserved("it is not built yet"),
		"PutDestination":              unserved("it is not built yet"),
		"PutDestinationPolicy":        unserved("it is not built yet"),
		"DescribeDestinations":        unserved("it is not built yet"),
		"DeleteDestination":           unserved("it is not built yet"),
	}
}
