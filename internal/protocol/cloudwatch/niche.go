package cloudwatch

func nicheOperations() map[string]operation {
	return map[string]operation{
		"PutIntegration":                           unserved("it is not built yet"),
		"GetIntegration":                           unserved("it is not built yet"),
		"ListIntegrations":                         unserved("it is not built yet"),
		"DeleteIntegration":                        unserved("it is not built yet"),
		"AssociateSourceToS3TableIntegration":      unserved("it is not built yet"),
		"DisassociateSourceFromS3TableIntegration": unserved("it is not built yet"),
		"ListSourcesForS3TableIntegration":         unserved("it is not built yet"),
		"PutSyslogConfiguration":                   unserved("it is not built yet"),
		"ListSyslogConfigurations":                 unserved("it is not built yet"),
		"DeleteSyslogConfiguration":                unserved("it is not built yet"),
		"CreateImportTask":                         unserved("it is not built yet"),
		"CancelImportTask":                         unserved("it is not built yet"),
		"DescribeImportTasks":                      unserved("it is not built yet"),
		"DescribeImportTaskBatches":                unserved("it is not built yet"),
		"PutStorageTierPolicy":                     unserved("it is not built yet"),
		"GetStorageTierPolicy":                     unserved("it is not built yet"),
	}
}
