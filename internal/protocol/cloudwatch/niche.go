package cloudwatch

func nicheOperations() map[string]operation {
	const (
		openSearch = "there is no OpenSearch behind it"
		tables     = "lines are not copied to S3 tables: the segments in its data folder are Parquet files that any tool can read"
		syslog     = "it has no syslog listener"
		imports    = "it does not read CloudTrail event data stores"
	)
	return map[string]operation{
		"PutIntegration":                           unserved(openSearch),
		"GetIntegration":                           unserved(openSearch),
		"ListIntegrations":                         served((*Front).listIntegrations),
		"DeleteIntegration":                        unserved(openSearch),
		"AssociateSourceToS3TableIntegration":      unserved(tables),
		"DisassociateSourceFromS3TableIntegration": unserved(tables),
		"ListSourcesForS3TableIntegration":         unserved(tables),
		"PutSyslogConfiguration":                   unserved(syslog),
		"ListSyslogConfigurations":                 served((*Front).listSyslogConfigurations),
		"DeleteSyslogConfiguration":                unserved(syslog),
		"CreateImportTask":                         unserved(imports),
		"CancelImportTask":                         unserved(imports),
		"DescribeImportTasks":                      served((*Front).describeImportTasks),
		"DescribeImportTaskBatches":                unserved(imports),
		"PutStorageTierPolicy":                     served((*Front).putStorageTierPolicy),
		"GetStorageTierPolicy":                     served((*Front).getStorageTierPolicy),
	}
}

// Lists of what nobody can make are empty, and truly so.

func (f *Front) listIntegrations(*call) (any, error) {
	return map[string]any{"integrationSummaries": []any{}}, nil
}

func (f *Front) listSyslogConfigurations(*call) (any, error) {
	return map[string]any{"syslogConfigurations": []any{}}, nil
}

func (f *Front) describeImportTasks(*call) (any, error) {
	return map[string]any{"imports": []any{}}, nil
}

// storageTier is the account's; both cost the same here.
type storageTier struct{ StorageTier string }

const tierName = "tier"

func (f *Front) tiers() shelf[storageTier] {
	return shelf[storageTier]{groups: f.groups, kind: "storage-tier"}
}

func (f *Front) putStorageTierPolicy(c *call) (any, error) {
	var in storageTier
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := f.tiers().replace(c.Context(), c.at(""), tierName, c.nowMS(), in)
	return map[string]any{"storageTier": in.StorageTier, "lastUpdatedTime": k.Updated}, err
}

func (f *Front) getStorageTierPolicy(c *call) (any, error) {
	k, err := f.tiers().get(c.Context(), c.at(""), tierName)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return map[string]any{"storageTier": classStandard}, nil
	}
	return map[string]any{"storageTier": k.Body.StorageTier, "lastUpdatedTime": k.Updated}, nil
}
