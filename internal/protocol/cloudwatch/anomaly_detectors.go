package cloudwatch

func anomalyOperations() map[string]operation {
	return map[string]operation{
		"CreateLogAnomalyDetector": unserved("it is not built yet"),
		"GetLogAnomalyDetector":    unserved("it is not built yet"),
		"ListLogAnomalyDetectors":  unserved("it is not built yet"),
		"UpdateLogAnomalyDetector": unserved("it is not built yet"),
		"DeleteLogAnomalyDetector": unserved("it is not built yet"),
		"ListAnomalies":            unserved("it is not built yet"),
		"UpdateAnomaly":            unserved("it is not built yet"),
	}
}
