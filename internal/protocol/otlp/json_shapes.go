package otlp

// The messages of OTLP 1.x, so far as anything of them is kept.

func exportTraces(name []byte) member {
	switch string(name) {
	case "resourceSpans", "resource_spans":
		return member{number: 1, form: formMessage, many: true, of: resourceSpans}
	}
	return member{}
}

func exportLogs(name []byte) member {
	switch string(name) {
	case "resourceLogs", "resource_logs":
		return member{number: 1, form: formMessage, many: true, of: resourceLogs}
	}
	return member{}
}

func exportMetrics(name []byte) member {
	switch string(name) {
	case "resourceMetrics", "resource_metrics":
		return member{number: 1, form: formMessage, many: true, of: resourceMetrics}
	}
	return member{}
}

func resourceSpans(name []byte) member {
	switch string(name) {
	case "scopeSpans", "scope_spans":
		return member{number: 2, form: formMessage, many: true, of: scopeSpans}
	}
	return ofResource(name)
}

func resourceLogs(name []byte) member {
	switch string(name) {
	case "scopeLogs", "scope_logs":
		return member{number: 2, form: formMessage, many: true, of: scopeLogs}
	}
	return ofResource(name)
}

func resourceMetrics(name []byte) member {
	switch string(name) {
	case "scopeMetrics", "scope_metrics":
		return member{number: 2, form: formMessage, many: true, of: scopeMetrics}
	}
	return ofResource(name)
}

func ofResource(name []byte) member {
	switch string(name) {
	case "resource":
		return member{number: 1, form: formMessage, of: resource}
	case "schemaUrl", "schema_url":
		return member{number: 3, form: formText}
	}
	return member{}
}

func resource(name []byte) member { return ofAttributes(name, 1) }

// ofAttributes is the list of attributes that so many messages have.
func ofAttributes(name []byte, number int) member {
	if string(name) == "attributes" {
		return member{number: number, form: formSmall, many: true, of: keyValue}
	}
	return member{}
}

func scopeSpans(name []byte) member {
	if string(name) == "spans" {
		return member{number: 2, form: formMessage, many: true, of: span}
	}
	return ofScope(name)
}

func scopeLogs(name []byte) member {
	switch string(name) {
	case "logRecords", "log_records":
		return member{number: 2, form: formMessage, many: true, of: logRecord}
	}
	return ofScope(name)
}

func scopeMetrics(name []byte) member {
	if string(name) == "metrics" {
		return member{number: 2, form: formMessage, many: true, of: metric}
	}
	return ofScope(name)
}

func ofScope(name []byte) member {
	switch string(name) {
	case "scope":
		return member{number: 1, form: formMessage, of: scope}
	case "schemaUrl", "schema_url":
		return member{number: 3, form: formText}
	}
	return member{}
}

func scope(name []byte) member {
	switch string(name) {
	case "name":
		return member{number: 1, form: formText}
	case "version":
		return member{number: 2, form: formText}
	}
	return ofAttributes(name, 3)
}

func keyValue(name []byte) member {
	switch string(name) {
	case "key":
		return member{number: 1, form: formText}
	case "value":
		return member{number: 2, form: formSmall, of: anyValue}
	}
	return member{}
}

func anyValue(name []byte) member {
	switch string(name) {
	case "stringValue", "string_value":
		return member{number: 1, form: formText}
	case "boolValue", "bool_value":
		return member{number: 2, form: formBool}
	case "intValue", "int_value":
		return member{number: 3, form: formInt}
	case "doubleValue", "double_value":
		return member{number: 4, form: formDouble}
	case "arrayValue", "array_value":
		return member{number: 5, form: formNest, of: arrayValue}
	case "kvlistValue", "kvlist_value":
		return member{number: 6, form: formNest, of: kvlistValue}
	case "bytesValue", "bytes_value":
		return member{number: 7, form: formBase64}
	}
	return member{}
}

func arrayValue(name []byte) member {
	if string(name) == "values" {
		return member{number: 1, form: formSmall, many: true, of: anyValue}
	}
	return member{}
}

func kvlistValue(name []byte) member {
	if string(name) == "values" {
		return member{number: 1, form: formSmall, many: true, of: keyValue}
	}
	return member{}
}

func span(name []byte) member {
	switch string(name) {
	case "traceId", "trace_id":
		return member{number: 1, form: formTraceID}
	case "spanId", "span_id":
		return member{number: 2, form: formSpanID}
	case "traceState", "trace_state":
		return member{number: 3, form: formText}
	case "parentSpanId", "parent_span_id":
		return member{number: 4, form: formSpanID}
	case "name":
		return member{number: 5, form: formText}
	case "kind":
		return member{number: 6, form: formKind}
	case "startTimeUnixNano", "start_time_unix_nano":
		return member{number: 7, form: formTime}
	case "endTimeUnixNano", "end_time_unix_nano":
		return member{number: 8, form: formTime}
	case "events":
		return member{number: 11, form: formMessage, many: true, of: spanEvent}
	case "links":
		return member{number: 13, form: formMessage, many: true, of: spanLink}
	case "status":
		return member{number: 15, form: formMessage, of: status}
	}
	return ofAttributes(name, 9)
}

func spanEvent(name []byte) member {
	switch string(name) {
	case "timeUnixNano", "time_unix_nano":
		return member{number: 1, form: formTime}
	case "name":
		return member{number: 2, form: formText}
	}
	return ofAttributes(name, 3)
}

func spanLink(name []byte) member {
	switch string(name) {
	case "traceId", "trace_id":
		return member{number: 1, form: formTraceID}
	case "spanId", "span_id":
		return member{number: 2, form: formSpanID}
	}
	return ofAttributes(name, 4)
}

func status(name []byte) member {
	switch string(name) {
	case "message":
		return member{number: 2, form: formText}
	case "code":
		return member{number: 3, form: formStatus}
	}
	return member{}
}

func logRecord(name []byte) member {
	switch string(name) {
	case "timeUnixNano", "time_unix_nano":
		return member{number: 1, form: formTime}
	case "observedTimeUnixNano", "observed_time_unix_nano":
		return member{number: 11, form: formTime}
	case "severityNumber", "severity_number":
		return member{number: 2, form: formSeverity}
	case "severityText", "severity_text":
		return member{number: 3, form: formText}
	case "body":
		return member{number: 5, form: formSmall, of: anyValue}
	case "flags":
		return member{number: 8, form: formFixed32}
	case "traceId", "trace_id":
		return member{number: 9, form: formTraceID}
	case "spanId", "span_id":
		return member{number: 10, form: formSpanID}
	case "eventName", "event_name":
		return member{number: 12, form: formText}
	}
	return ofAttributes(name, 6)
}

func metric(name []byte) member {
	switch string(name) {
	case "name":
		return member{number: 1, form: formText}
	case "description":
		return member{number: 2, form: formText}
	case "unit":
		return member{number: 3, form: formText}
	case "gauge":
		return member{number: metricGauge, form: formMessage, of: numberPoints}
	case "sum":
		return member{number: metricSum, form: formMessage, of: sumPoints}
	case "histogram":
		return member{number: metricHistogram, form: formMessage, of: histogramPoints}
	case "exponentialHistogram", "exponential_histogram":
		return member{number: metricExponent, form: formMessage, of: exponentialPoints}
	case "summary":
		return member{number: metricSummary, form: formMessage, of: summaryPoints}
	}
	return member{}
}

func numberPoints(name []byte) member      { return ofPoints(name, numberPoint) }
func histogramPoints(name []byte) member   { return ofCounts(name, histogramPoint) }
func exponentialPoints(name []byte) member { return ofCounts(name, exponentialPoint) }
func summaryPoints(name []byte) member     { return ofPoints(name, summaryPoint) }

func sumPoints(name []byte) member {
	switch string(name) {
	case "isMonotonic", "is_monotonic":
		return member{number: 3, form: formBool}
	}
	return ofCounts(name, numberPoint)
}

// ofCounts is ofPoints for what says how its points count.
func ofCounts(name []byte, point shape) member {
	switch string(name) {
	case "aggregationTemporality", "aggregation_temporality":
		return member{number: 2, form: formTemporality}
	}
	return ofPoints(name, point)
}

func ofPoints(name []byte, point shape) member {
	switch string(name) {
	case "dataPoints", "data_points":
		return member{number: 1, form: formMessage, many: true, of: point}
	}
	return member{}
}

// ofPoint is what points of all kinds have.
func ofPoint(name []byte, attributes, flags int) member {
	switch string(name) {
	case "startTimeUnixNano", "start_time_unix_nano":
		return member{number: 2, form: formTime}
	case "timeUnixNano", "time_unix_nano":
		return member{number: 3, form: formTime}
	case "flags":
		return member{number: flags, form: formCount}
	}
	return ofAttributes(name, attributes)
}

func numberPoint(name []byte) member {
	switch string(name) {
	case "asDouble", "as_double":
		return member{number: 4, form: formDouble}
	case "asInt", "as_int":
		return member{number: 6, form: formSigned64}
	}
	return ofPoint(name, 7, 8)
}

// ofDistribution is what points that sum up many values have.
func ofDistribution(name []byte) member {
	switch string(name) {
	case "count":
		return member{number: 4, form: formFixed64}
	case "sum":
		return member{number: 5, form: formDouble}
	}
	return member{}
}

func histogramPoint(name []byte) member {
	switch string(name) {
	case "bucketCounts", "bucket_counts":
		return member{number: 6, form: formFixed64, many: true}
	case "explicitBounds", "explicit_bounds":
		return member{number: 7, form: formDouble, many: true}
	case "min":
		return member{number: 11, form: formDouble}
	case "max":
		return member{number: 12, form: formDouble}
	}
	if m := ofDistribution(name); m.number > 0 {
		return m
	}
	return ofPoint(name, 9, 10)
}

func exponentialPoint(name []byte) member {
	switch string(name) {
	case "scale":
		return member{number: 6, form: formZigzag}
	case "zeroCount", "zero_count":
		return member{number: 7, form: formFixed64}
	case "positive":
		return member{number: 8, form: formMessage, of: exponentialBuckets}
	case "negative":
		return member{number: 9, form: formMessage, of: exponentialBuckets}
	case "min":
		return member{number: 12, form: formDouble}
	case "max":
		return member{number: 13, form: formDouble}
	}
	if m := ofDistribution(name); m.number > 0 {
		return m
	}
	return ofPoint(name, 1, 10)
}

func exponentialBuckets(name []byte) member {
	switch string(name) {
	case "offset":
		return member{number: 1, form: formZigzag}
	case "bucketCounts", "bucket_counts":
		return member{number: 2, form: formCount, many: true}
	}
	return member{}
}

func summaryPoint(name []byte) member {
	switch string(name) {
	case "quantileValues", "quantile_values":
		return member{number: 6, form: formMessage, many: true, of: quantileValue}
	}
	if m := ofDistribution(name); m.number > 0 {
		return m
	}
	return ofPoint(name, 7, 8)
}

func quantileValue(name []byte) member {
	switch string(name) {
	case "quantile":
		return member{number: 1, form: formDouble}
	case "value":
		return member{number: 2, form: formDouble}
	}
	return member{}
}
