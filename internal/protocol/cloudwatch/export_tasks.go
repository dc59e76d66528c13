package cloudwatch

func exportOperations() map[string]operation {
	return map[string]operation{
		"CreateExportTask":    unserved("it is not built yet"),
		"DescribeExportTasks": unserved("it is not built yet"),
		"CancelExportTask":    unserved("it is not built yet"),
	}
}
