package cloudwatch

func scheduleOperations() map[string]operation {
	return map[string]operation{
		"CreateScheduledQuery":     unserved("it is not built yet"),
		"UpdateScheduledQuery":     unserved("it is not built yet"),
		"GetScheduledQuery":        unserved("it is not built yet"),
		"ListScheduledQueries":     unserved("it is not built yet"),
		"DeleteScheduledQuery":     unserved("it is not built yet"),
		"GetScheduledQueryHistory": unserved("it is not built yet"),
	}
}
