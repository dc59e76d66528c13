package cloudwatch

import (
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

func anomalyOperations() map[string]operation {
	return map[string]operation{
		"CreateLogAnomalyDetector": served((*Front).createDetector),
		"GetLogAnomalyDetector":    served((*Front).getDetector),
		"ListLogAnomalyDetectors":  served((*Front).listDetectors),
		"UpdateLogAnomalyDetector": served((*Front).updateDetector),
		"DeleteLogAnomalyDetector": served((*Front).deleteDetector),
		"ListAnomalies":            served((*Front).listAnomalies),
		"UpdateAnomaly":            served((*Front).updateAnomaly),
	}
}

const (
	detectorKind      = "anomaly-detector"
	anomalyKind       = "anomaly" // owned by their detector
	maxDetectors      = 500
	maxAnomalies      = 1000 // of a detector
	defaultVisibility = 21   // days
)

// anomalyDetector is a detector on the wire. Times are Unix ms.
type anomalyDetector struct {
	Arn                   string   `json:"anomalyDetectorArn,omitempty"`
	DetectorName          string   `json:"detectorName,omitempty"`
	LogGroupArnList       []string `json:"logGroupArnList"`
	EvaluationFrequency   string   `json:"evaluationFrequency"`
	FilterPattern         string   `json:"filterPattern,omitempty"`
	Status                string   `json:"anomalyDetectorStatus"`
	KmsKeyID              string   `json:"kmsKeyId,omitempty"`
	CreationTimeStamp     int64    `json:"creationTimeStamp"`
	LastModifiedTimeStamp int64    `json:"lastModifiedTimeStamp"`
	AnomalyVisibilityTime int64    `json:"anomalyVisibilityTime"`
}

// keptDetector adds what it has learned.
type keptDetector struct {
	anomalyDetector
	Account     string
	Disabled    bool
	Modified    int64
	Evaluated   int64 // up to when, Unix ms
	Evaluations int
	Known       map[string]knownPattern // by id
	Suppressed  map[string]suppression  // of patterns, by id
}

// knownPattern is how often a pattern usually comes in an evaluation.
type knownPattern struct {
	Mean float64
	Seen int   // evaluations in which it came
	Last int64 // Unix ms
}

// suppression is until when something is not to be told of, 0 for ever.
type suppression struct{ Since, Until int64 }

func (s *suppression) holds(nowMS int64) bool { return s != nil && (s.Until == 0 || nowMS < s.Until) }

// anomaly is an anomaly as it is kept.
type anomaly struct {
	AnomalyID, PatternID, PatternText, PatternRegex string
	Tokens                                          []patternToken
	Priority, Description                           string
	First, Last                                     int64
	Histogram                                       map[string]int64 // by Unix ms of the evaluation's begin
	Samples                                         []anomalySample
	Groups                                          []string
	Suppression                                     *suppression
	Baseline                                        bool
}

type patternToken struct {
	Position     int              `json:"dynamicTokenPosition,omitempty"`
	IsDynamic    bool             `json:"isDynamic"`
	Text         string           `json:"tokenString"`
	Enumerations map[string]int64 `json:"enumerations,omitempty"`
	Name         string           `json:"inferredTokenName,omitempty"`
}

type anomalySample struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

func (g *Groups) detectors() shelf[keptDetector] {
	return shelf[keptDetector]{groups: g, kind: detectorKind, most: maxDetectors}
}

func (g *Groups) anomalies() shelf[anomaly] {
	return shelf[anomaly]{groups: g, kind: anomalyKind, most: maxAnomalies}
}

// frequencyOf is how often a detector looks.
func frequencyOf(name string) time.Duration {
	switch name {
	case "ONE_MIN":
		return time.Minute
	case "TEN_MIN":
		return 10 * time.Minute
	case "FIFTEEN_MIN":
		return 15 * time.Minute
	case "THIRTY_MIN":
		return 30 * time.Minute
	case "ONE_HOUR":
		return time.Hour
	}
	return 5 * time.Minute
}

func (f *Front) createDetector(c *call) (any, error) {
	var in struct {
		anomalyDetector
		Tags map[string]string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if _, err := parsePattern("filter", in.FilterPattern); err != nil {
		return nil, err
	}
	d := keptDetector{anomalyDetector: in.anomalyDetector, Account: c.Account, Modified: c.nowMS(), Known: map[string]knownPattern{}}
	d.LogGroupArnList = nil
	for _, identifier := range in.LogGroupArnList {
		g, err := c.group("", identifier)
		if err != nil {
			return nil, err
		}
		if g.spans {
			return nil, invalidParameter("The log group " + g.name + " has no lines of text to find patterns in.")
		}
		d.LogGroupArnList = append(d.LogGroupArnList, c.groupARN(g.name))
	}
	if d.EvaluationFrequency == "" {
		d.EvaluationFrequency = "FIVE_MIN"
	}
	if d.AnomalyVisibilityTime == 0 {
		d.AnomalyVisibilityTime = defaultVisibility
	}
	id := aws.NewID()
	d.Arn = c.arn(detectorKind + ":" + id)
	if _, err := f.groups.detectors().replace(c.Context(), c.at(""), id, c.nowMS(), d); err != nil {
		return nil, err
	}
	return map[string]any{"anomalyDetectorArn": d.Arn}, c.keepTags(detectorKind, id, in.Tags)
}

// detector finds a detector by its ARN.
func (f *Front) detector(c *call, arn string) (*kept[keptDetector], error) {
	prefix := c.arn(detectorKind + ":")
	if len(arn) > len(prefix) && arn[:len(prefix)] == prefix {
		k, err := f.groups.detectors().get(c.Context(), c.at(""), arn[len(prefix):])
		if err != nil || k != nil {
			return k, err
		}
	}
	return nil, notFound("The specified anomaly detector does not exist.")
}

// trainedAfter is how many evaluations a detector learns before it tells.
const trainedAfter = 3

func describeDetector(k *kept[keptDetector]) anomalyDetector {
	d := k.Body.anomalyDetector
	d.CreationTimeStamp, d.LastModifiedTimeStamp = k.Created, k.Body.Modified
	switch {
	case k.Body.Disabled:
		d.Status = "PAUSED"
	case k.Body.Evaluations == 0:
		d.Status = "INITIALIZING"
	case k.Body.Evaluations < trainedAfter:
		d.Status = "TRAINING"
	default:
		d.Status = "ANALYZING"
	}
	return d
}

func (f *Front) getDetector(c *call) (any, error) {
	var in struct{ AnomalyDetectorArn string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := f.detector(c, in.AnomalyDetectorArn)
	if err != nil {
		return nil, err
	}
	d := describeDetector(k)
	d.Arn = ""
	return d, nil
}

func (f *Front) listDetectors(c *call) (any, error) {
	var in struct {
		FilterLogGroupArn, NextToken string
		Limit                        int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.groups.detectors().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	found := []anomalyDetector{}
	for i := range all {
		if d := describeDetector(&all[i]); in.FilterLogGroupArn == "" || slices.Contains(d.LogGroupArnList, in.FilterLogGroupArn) {
			found = append(found, d)
		}
	}
	return answerPage("anomalyDetectors", listing[anomalyDetector]{
		limit: in.Limit, token: in.NextToken, key: func(d *anomalyDetector) string { return d.Arn }, asked: asked("ListLogAnomalyDetectors", in.FilterLogGroupArn),
	}, found)
}

// changeDetector changes one that must exist.
func (f *Front) changeDetector(c *call, arn string, change func(d *keptDetector)) error {
	k, err := f.detector(c, arn)
	if err != nil {
		return err
	}
	_, err = f.groups.detectors().put(c.Context(), c.at(""), k.Name, c.nowMS(), func(old *kept[keptDetector]) (keptDetector, error) {
		if old == nil {
			return keptDetector{}, notFound("The specified anomaly detector does not exist.")
		}
		change(&old.Body)
		return old.Body, nil
	})
	return err
}

func (f *Front) updateDetector(c *call) (any, error) {
	var in struct {
		AnomalyDetectorArn, EvaluationFrequency string
		FilterPattern                           *string
		AnomalyVisibilityTime                   int64
		Enabled                                 bool
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.FilterPattern != nil {
		if _, err := parsePattern("filter", *in.FilterPattern); err != nil {
			return nil, err
		}
	}
	return nil, f.changeDetector(c, in.AnomalyDetectorArn, func(d *keptDetector) {
		d.Disabled, d.Modified = !in.Enabled, c.nowMS()
		if in.EvaluationFrequency != "" {
			d.EvaluationFrequency = in.EvaluationFrequency
		}
		if in.FilterPattern != nil {
			d.FilterPattern = *in.FilterPattern
		}
		if in.AnomalyVisibilityTime > 0 {
			d.AnomalyVisibilityTime = in.AnomalyVisibilityTime
		}
	})
}

func (f *Front) deleteDetector(c *call) (any, error) {
	var in struct{ AnomalyDetectorArn string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := f.detector(c, in.AnomalyDetectorArn)
	if err != nil {
		return nil, err
	}
	if _, err := f.groups.detectors().delete(c.Context(), c.at(""), k.Name); err != nil {
		return nil, err
	}
	return nil, f.groups.db.Write(c.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(c.Context(), "DELETE FROM cloudwatch_resource WHERE environment = ? AND region = ? AND kind = ? AND owner = ?",
			c.Who.Environment, c.Region, anomalyKind, k.Name)
		return err
	})
}

// anomalyOnWire is an anomaly as it is listed.
type anomalyOnWire struct {
	AnomalyID       string           `json:"anomalyId"`
	PatternID       string           `json:"patternId"`
	DetectorArn     string           `json:"anomalyDetectorArn"`
	PatternString   string           `json:"patternString"`
	PatternRegex    string           `json:"patternRegex,omitempty"`
	Priority        string           `json:"priority"`
	FirstSeen       int64            `json:"firstSeen"`
	LastSeen        int64            `json:"lastSeen"`
	Description     string           `json:"description"`
	Active          bool             `json:"active"`
	State           string           `json:"state"`
	Histogram       map[string]int64 `json:"histogram"`
	LogSamples      []anomalySample  `json:"logSamples"`
	PatternTokens   []patternToken   `json:"patternTokens"`
	LogGroupArnList []string         `json:"logGroupArnList"`
	Suppressed      bool             `json:"suppressed"`
	SuppressedDate  int64            `json:"suppressedDate,omitempty"`
	SuppressedUntil int64            `json:"suppressedUntil,omitempty"`
	OfPattern       bool             `json:"isPatternLevelSuppression,omitempty"`
}

func anomalyOf(d *keptDetector, a *anomaly, nowMS int64) anomalyOnWire {
	out := anomalyOnWire{
		AnomalyID: a.AnomalyID, PatternID: a.PatternID, DetectorArn: d.Arn, PatternString: a.PatternText, PatternRegex: a.PatternRegex, Priority: a.Priority,
		FirstSeen: a.First, LastSeen: a.Last, Description: a.Description, State: "Active", Histogram: a.Histogram, LogSamples: a.Samples,
		PatternTokens: a.Tokens, LogGroupArnList: a.Groups,
	}
	out.Active = nowMS-a.Last < 3*frequencyOf(d.EvaluationFrequency).Milliseconds()
	held := a.Suppression
	if s, is := d.Suppressed[a.PatternID]; is && s.holds(nowMS) {
		held, out.OfPattern = &s, true
	}
	switch {
	case held.holds(nowMS):
		out.State, out.Suppressed, out.SuppressedDate, out.SuppressedUntil = "Suppressed", true, held.Since, held.Until
	case a.Baseline:
		out.State = "Baseline"
	}
	return out
}

func (f *Front) listAnomalies(c *call) (any, error) {
	var in struct {
		AnomalyDetectorArn, SuppressionState, NextToken string
		Limit                                           int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	detectors, err := f.groups.detectors().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	if in.AnomalyDetectorArn != "" {
		k, err := f.detector(c, in.AnomalyDetectorArn)
		if err != nil {
			return nil, err
		}
		detectors = []kept[keptDetector]{*k}
	}
	found := []anomalyOnWire{}
	for i := range detectors {
		all, err := f.groups.anomalies().list(c.Context(), c.at(detectors[i].Name), false)
		if err != nil {
			return nil, err
		}
		for k := range all {
			a := anomalyOf(&detectors[i].Body, &all[k].Body, c.nowMS())
			if in.SuppressionState == "" || (in.SuppressionState == "SUPPRESSED") == a.Suppressed {
				found = append(found, a)
			}
		}
	}
	return answerPage("anomalies", listing[anomalyOnWire]{
		limit: in.Limit, token: in.NextToken, backward: true, key: func(a *anomalyOnWire) string { return fmt.Sprintf("%020d%s", a.FirstSeen, a.AnomalyID) },
		asked: asked("ListAnomalies", in.AnomalyDetectorArn, in.SuppressionState),
	}, found)
}

// updateAnomaly suppresses an anomaly or a pattern, ends that, or says that it is
// nothing unusual.
func (f *Front) updateAnomaly(c *call) (any, error) {
	var in struct {
		AnomalyDetectorArn, AnomalyID, PatternID, SuppressionType string
		SuppressionPeriod                                         *struct {
			Value           int64
			SuppressionUnit string
		}
		Baseline *bool
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if (in.AnomalyID == "") == (in.PatternID == "") {
		return nil, invalidParameter("Exactly one of anomalyId and patternId must be specified.")
	}
	k, err := f.detector(c, in.AnomalyDetectorArn)
	if err != nil {
		return nil, err
	}
	var to *suppression
	switch in.SuppressionType {
	case "INFINITE":
		to = &suppression{Since: c.nowMS()}
	case "LIMITED":
		if in.SuppressionPeriod == nil || in.SuppressionPeriod.Value < 1 {
			return nil, invalidParameter("suppressionPeriod must be specified when suppressionType is LIMITED.")
		}
		unit := map[string]int64{"SECONDS": 1000, "MINUTES": 60_000, "HOURS": 3_600_000}[in.SuppressionPeriod.SuppressionUnit]
		to = &suppression{Since: c.nowMS(), Until: c.nowMS() + in.SuppressionPeriod.Value*max(unit, 1000)}
	}
	if in.PatternID != "" {
		return nil, f.changeDetector(c, in.AnomalyDetectorArn, func(d *keptDetector) {
			if d.Suppressed == nil {
				d.Suppressed = map[string]suppression{}
			}
			if delete(d.Suppressed, in.PatternID); to != nil {
				d.Suppressed[in.PatternID] = *to
			}
		})
	}
	_, err = f.groups.anomalies().put(c.Context(), c.at(k.Name), in.AnomalyID, c.nowMS(), func(old *kept[anomaly]) (anomaly, error) {
		if old == nil {
			return anomaly{}, notFound("The specified anomaly does not exist.")
		}
		old.Body.Suppression = to
		if in.Baseline != nil {
			old.Body.Baseline = *in.Baseline
		}
		return old.Body, nil
	})
	return nil, err
}
