package cloudwatch

func readOperations() map[string]operation {
	return map[string]operation{
		"GetLogEvents":      unserved("it is not built yet"),
		"FilterLogEvents":   unserved("it is not built yet"),
		"GetLogRecord":      unserved("it is not built yet"),
		"GetLogGroupFields": unserved("it is not built yet"),
		"GetLogFields":      unserved("it is not built yet"),
		"GetLogObject":      unserved("it is not built yet"),
	}
}
