package sample

import "encoding/binary"

// EncodeLines puts lines into one ExportLogsServiceRequest, grouped by service.
func (g *Generator) EncodeLines(lines []Line) []byte {
	e := encoder{}
	for service := range Services {
		scope := encoder{}
		some := false
		for i := range lines {
			if lines[i].Service == service {
				some = true
				scope.message(2, encodeLine(&lines[i]))
			}
		}
		if !some {
			continue
		}
		resource := encoder{}
		resource.message(1, g.resource(service))
		resource.message(2, scope)
		e.message(1, resource)
	}
	return e.b
}

var severityText = map[int]string{levelTrace: "TRACE", levelDebug: "DEBUG", levelInfo: "INFO", levelWarn: "WARN", levelError: "ERROR", levelFatal: "FATAL"}

func encodeLine(l *Line) encoder {
	var e encoder
	e.time(1, l.At)
	e.num(2, uint64(l.Severity))
	e.str(3, severityText[l.Severity])
	e.message(5, text(1, l.Text))
	if l.High|l.Low != 0 {
		e.id(9, l.High, l.Low)
	}
	if l.Span != 0 {
		e.id(10, l.Span)
	}
	e.tag(11, 1)
	e.b = binary.LittleEndian.AppendUint64(e.b, uint64(l.At))
	return e
}
