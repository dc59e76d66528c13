package cloudwatch

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/logline"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/pattern"
	"github.com/oriel-dev/oriel/internal/store"
)

// How subscriptions are delivered: what arrived since the last delivery is read
// from the store, in the order of arrival, and the place reached is kept. So
// nothing has to be queued, and nothing is lost in a restart or while a
// destination is away; what was on its way when the server stopped is sent once
// more, with the same ids.
const (
	deliverEvery = time.Second // at most so often
	deliverLines = 2000        // read at once
	chunkLines   = 500         // of a message
	chunkBytes   = 512 << 10
	firstWait    = time.Second // after a failure; doubles
	lastWait     = 5 * time.Minute
)

// subscription is a subscription filter, ready for lines.
type subscription struct {
	name       string
	account    string
	pattern    *pattern.Pattern
	target     string // an address, or a group's ARN
	selected   bool   // its criteria are about the group
	transforms bool   // the transformed text is looked at, and sent
	system     map[string]string
}

// compileSubscription checks what can't be checked by the model.
func (f *Front) compileSubscription(ctx context.Context, g *group, k *keptSubscription) (*subscription, error) {
	p, err := parsePattern("subscription filter", k.FilterPattern)
	if err != nil {
		return nil, err
	}
	s := &subscription{name: k.FilterName, account: k.Account, pattern: p, target: k.DestinationArn, selected: true, transforms: k.ApplyOnTransformedLogs}
	if prefix := "arn:aws:logs:" + g.region + ":" + k.Account + ":" + destinationKind + ":"; strings.HasPrefix(s.target, prefix) {
		d, err := f.destinations().get(ctx, place{environment: g.environment, region: g.region}, s.target[len(prefix):])
		if err != nil {
			return nil, err
		}
		if d == nil {
			return nil, noSuchDestination()
		}
		s.target = d.Body.TargetArn
	}
	if k.FieldSelectionCriteria != "" {
		criteria, err := readSelection(k.FieldSelectionCriteria)
		if err != nil {
			return nil, err
		}
		s.selected = criteria.matches(g, k.Account)
	}
	for _, name := range k.EmitSystemFields {
		value, known := map[string]string{"@aws.account": k.Account, "@aws.region": g.region, "@source.log": g.name}[name]
		if !known {
			return nil, invalidParameter("emitSystemFields names '" + cut(name) + "'; it must be @aws.account, @aws.region or @source.log.")
		}
		if s.system == nil {
			s.system = map[string]string{}
		}
		s.system[name] = value
	}
	return s, nil
}

// toGroup returns the name of the group that is delivered to, if it is one.
func (s *subscription) toGroup() (string, bool) {
	_, name, is := strings.Cut(s.target, ":log-group:")
	return strings.TrimSuffix(name, ":*"), is && strings.HasPrefix(s.target, "arn:")
}

// subscribedLine is a line on its way out.
type subscribedLine struct {
	at, arrival     int64 // Unix ns
	stream, message string
}

// id is the one that FilterLogEvents gives the line.
func (l *subscribedLine) id(g *group) string {
	return eventID(g.dataset, store.Position{Time: l.at, Arrival: l.arrival})
}

// deliverer sends what subscriptions match.
type deliverer struct {
	f      *Front
	sender *sender
	waits  map[string]wait // by group and filter, of those that failed
	cancel context.CancelFunc
	done   chan struct{}
}

type wait struct {
	until time.Time
	next  time.Duration
}

func newDeliverer(ctx context.Context, f *Front, private bool) *deliverer {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d := &deliverer{f: f, sender: newSender(private), waits: map[string]wait{}, cancel: cancel, done: make(chan struct{})}
	go d.run(ctx)
	return d
}

func (d *deliverer) close() {
	d.cancel()
	<-d.done
}

func (d *deliverer) run(ctx context.Context) {
	defer close(d.done)
	every(ctx, deliverEvery, func() { d.deliverAll(ctx) })
}

// deliverAll looks after every group that has news.
func (d *deliverer) deliverAll(ctx context.Context) {
	for _, g := range d.f.groups.withNews() {
		again, err := d.deliverGroup(ctx, g)
		if err != nil && ctx.Err() == nil {
			d.f.Log.WarnContext(ctx, "what a subscription matches could not be delivered, trying again", slog.String("group", g.name), slog.Any("error", err))
		}
		if again || err != nil {
			g.news.Store(true)
		}
	}
}

// withNews returns the groups with subscriptions that lines came into.
func (g *Groups) withNews() []*group {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var out []*group
	for _, one := range g.byName {
		if one.news.Swap(false) {
			out = append(out, one)
		}
	}
	return out
}

// deliverGroup delivers to each subscription of a group; again reports whether one
// of them is not through.
func (d *deliverer) deliverGroup(ctx context.Context, g *group) (again bool, err error) {
	g.mu.RLock()
	shared := g.shared
	g.mu.RUnlock()
	all, err := d.f.groups.subscriptionsOf(ctx, g, shared)
	if err != nil {
		return true, err
	}
	for i := range all {
		key := g.environment + "\x00" + g.region + "\x00" + g.name + "\x00" + all[i].Name
		if w := d.waits[key]; d.f.Clock().Before(w.until) {
			again = true
			continue
		}
		more, failed := d.deliver(ctx, g, &all[i])
		if failed != nil {
			w := d.waits[key]
			w.next = min(max(2*w.next, firstWait), lastWait)
			w.until = d.f.Clock().Add(w.next)
			d.waits[key] = w
			err = fmt.Errorf("subscription filter %s: %w", all[i].Name, failed)
			continue
		}
		delete(d.waits, key)
		again = again || more
	}
	return again, err
}

// deliver sends one portion of what a subscription has not had; more reports
// whether there may be further ones.
func (d *deliverer) deliver(ctx context.Context, g *group, k *kept[keptSubscription]) (more bool, err error) {
	s, err := d.f.compileSubscription(ctx, g, &k.Body)
	if err != nil {
		return false, err
	}
	at, err := d.f.groups.cursors().get(ctx, g.at(), k.Name)
	if err == nil && at == nil { // of the account's filter, in a group that it has delivered nothing of
		at, err = d.f.groups.cursors().get(ctx, place{environment: g.environment, region: g.region}, k.Name)
	}
	if err != nil || at == nil {
		return false, err
	}
	lines, err := d.read(ctx, g, at.Body.Arrival)
	if err != nil || len(lines) == 0 {
		return false, err
	}
	last := lines[len(lines)-1].arrival
	more = len(lines) == deliverLines
	if !s.selected {
		lines = nil
	}
	for i := range lines {
		if s.transforms {
			lines[i].message, _ = g.transform(lines[i].stream, lines[i].message)
		}
	}
	lines = slices.DeleteFunc(lines, func(l subscribedLine) bool { return !s.pattern.MatchString(l.message) })
	for _, chunk := range chunks(lines) {
		if err := d.send(ctx, g, s, chunk); err != nil {
			return true, err
		}
	}
	_, err = d.f.groups.cursors().replace(ctx, g.at(), k.Name, d.f.Clock().UnixMilli(), cursor{last})
	return more, err
}

// read returns the lines that arrived after a place, in that order.
func (d *deliverer) read(ctx context.Context, g *group, after int64) ([]subscribedLine, error) {
	now := d.f.Clock()
	res, err := d.f.Querier.Run(ctx, &query.Query{
		Environment: g.environment, Datasets: []string{g.dataset}, Start: now.Add(-maxLineAge - time.Hour).UnixNano(), End: now.Add(maxLineAhead + time.Hour).UnixNano(),
		Stages: []query.Stage{
			query.Filter{Where: query.Compare{Op: query.Gt, L: query.Field{Name: event.FieldArrival}, R: query.Literal{Value: event.IntValue(after)}}},
			query.Sort{Keys: []query.SortKey{{Field: event.FieldArrival}}},
			query.Limit{Count: deliverLines},
			query.Project{Fields: []string{event.SystemTime, event.FieldArrival, event.FieldLogStream, event.FieldBody}},
		},
	})
	if err != nil {
		return nil, err
	}
	value := func(name string, row int) event.Value {
		if c := res.Column(name); c != nil {
			return c.Values[row]
		}
		return event.Value{}
	}
	lines := make([]subscribedLine, res.Rows)
	for i := range lines {
		lines[i] = subscribedLine{
			value(event.SystemTime, i).Int(), value(event.FieldArrival, i).Int(), value(event.FieldLogStream, i).Text(), value(event.FieldBody, i).Text(),
		}
	}
	return lines, nil
}

// chunks parts lines by stream, as a message is about one, and by size.
func chunks(lines []subscribedLine) [][]subscribedLine {
	open := map[string]int{} // of a stream: its chunk that is not full, and one
	size := map[int]int{}
	var out [][]subscribedLine
	for _, l := range lines {
		i := open[l.stream] - 1
		if i < 0 || len(out[i]) >= chunkLines || size[i]+len(l.message) > chunkBytes {
			out = append(out, nil)
			i = len(out) - 1
			open[l.stream] = i + 1
		}
		out[i] = append(out[i], l)
		size[i] += len(l.message)
	}
	return out
}

func (d *deliverer) send(ctx context.Context, g *group, s *subscription, lines []subscribedLine) error {
	if name, toGroup := s.toGroup(); toGroup {
		return d.copy(ctx, g, s, name, lines)
	}
	return d.sender.post(ctx, s.target, dataMessage(g, s, lines))
}

// copy puts lines into another group, into a stream of the same name.
func (d *deliverer) copy(ctx context.Context, g *group, s *subscription, name string, lines []subscribedLine) error {
	to := d.f.groups.find(g.environment, g.region, name)
	if to == nil || to.virtual {
		return noSuchGroup()
	}
	stream := lines[0].stream
	if _, exists := to.stream(stream); !exists {
		if err := d.f.groups.createStream(ctx, to, stream, d.f.Clock().UnixMilli()); err != nil {
			return err
		}
	}
	b := event.NewBatch(to.environment, to.dataset)
	var reader logline.Reader
	masker := to.masking()
	for _, l := range lines {
		message := []byte(l.message)
		masker.mask(message)
		b.Begin(l.at)
		b.SetBytes(b.Column(event.FieldBody), message)
		if text, ok := to.transform(stream, string(message)); ok {
			message = []byte(text)
		}
		line := reader.Read(b, message)
		line.Set(b)
	}
	zeros := make([]uint32, len(lines))
	constant(b, event.FieldSignal, event.SignalLog, zeros)
	constant(b, event.FieldLogGroup, to.name, zeros)
	constant(b, event.FieldLogStream, stream, zeros)
	sum := sha256.Sum256(fmt.Appendf(nil, "subscription\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%d", g.environment, g.region, g.name, s.name, to.name, lines[0].id(g), len(lines)))
	return d.f.Door.Write(ctx, ingest.Request{
		Batches: append([]*event.Batch{b}, d.f.metricBatches(to, b)...), Protocol: protocolName, Key: "subscription " + s.name, Fingerprint: [16]byte(sum[:16]),
	})
}

// check sends the message by which the service tries a destination.
func (d *deliverer) check(ctx context.Context, s *subscription) error {
	now := d.f.Clock()
	return d.sender.post(ctx, s.target, subscriptionMessage{
		MessageType: "CONTROL_MESSAGE", Owner: "CloudwatchLogs", SubscriptionFilters: []string{},
		LogEvents: []subscribedEvent{{Timestamp: now.UnixMilli(), Message: "CWL CONTROL MESSAGE: Checking health of destination " + s.target}},
	})
}

// subscriptionMessage is what a destination is sent, as gzip.
type subscriptionMessage struct {
	MessageType         string            `json:"messageType"`
	Owner               string            `json:"owner"`
	LogGroup            string            `json:"logGroup"`
	LogStream           string            `json:"logStream"`
	SubscriptionFilters []string          `json:"subscriptionFilters"`
	LogEvents           []subscribedEvent `json:"logEvents"`
}

type subscribedEvent struct {
	ID              string            `json:"id"`
	Timestamp       int64             `json:"timestamp"`
	Message         string            `json:"message"`
	ExtractedFields map[string]string `json:"extractedFields,omitempty"`
}

func dataMessage(g *group, s *subscription, lines []subscribedLine) subscriptionMessage {
	m := subscriptionMessage{MessageType: "DATA_MESSAGE", Owner: s.account, LogGroup: g.name, LogStream: lines[0].stream, SubscriptionFilters: []string{s.name}}
	for i := range lines {
		l := &lines[i]
		e := subscribedEvent{ID: l.id(g), Timestamp: l.at / int64(time.Millisecond), Message: l.message}
		if s.pattern.Kind == pattern.Fields || s.system != nil {
			e.ExtractedFields = map[string]string{}
		}
		if s.pattern.Kind == pattern.Fields {
			for _, v := range s.pattern.Values([]byte(l.message)) {
				e.ExtractedFields[strings.TrimPrefix(v.Selector, "$")] = v.Value
			}
		}
		maps.Copy(e.ExtractedFields, s.system)
		m.LogEvents = append(m.LogEvents, e)
	}
	return m
}
