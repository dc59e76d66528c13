package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Bounds of PutLogEvents, as AWS documents them.
const (
	batchLines  = 10_000
	batchBytes  = 1_048_576
	lineExtra   = 26 // counted for each line besides its text
	batchSpan   = 24 * time.Hour
	lineLongest = batchBytes - lineExtra
)

const (
	sealedAt   = 256 << 10 // a batch of so many bytes does not wait for more
	callLasts  = 15 * time.Second
	waitFirst  = 250 * time.Millisecond
	waitMost   = 30 * time.Second
	cutMark    = `…"}` // ends a line that was cut: it is no whole JSON any more, and says so
	lineBuffer = 32 << 10
	spareMost  = 4 // batches that are kept to be used again
)

// logsAPI is what the shipper calls; AWS's client has it.
type logsAPI interface {
	PutLogEvents(context.Context, *cloudwatchlogs.PutLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error)
	CreateLogGroup(context.Context, *cloudwatchlogs.CreateLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogGroupOutput, error)
	CreateLogStream(context.Context, *cloudwatchlogs.CreateLogStreamInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogStreamOutput, error)
	PutRetentionPolicy(context.Context, *cloudwatchlogs.PutRetentionPolicyInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutRetentionPolicyOutput, error)
}

func newLogsClient(ctx context.Context, s *settings) (logsAPI, error) {
	var load []func(*config.LoadOptions) error
	if s.Logs.Region != "" {
		load = append(load, config.WithRegion(s.Logs.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("read AWS's settings: %w", err)
	}
	if cfg.Region == "" {
		return nil, errors.New("CloudWatch Logs needs a region: set AWS_REGION, or Logs.Region")
	}
	return cloudwatchlogs.NewFromConfig(cfg, func(o *cloudwatchlogs.Options) {
		o.Retryer = aws.NopRetryer{} // the shipper waits and tries again, within its own bounds
		if s.HTTP != nil {
			o.HTTPClient = s.HTTP
		}
		if s.Logs.Endpoint != "" {
			o.BaseEndpoint = &s.Logs.Endpoint
		}
	}), nil
}

// lineBatch is lines on their way: their text one after the other.
type lineBatch struct {
	text  []byte
	lines []lineMark
}

type lineMark struct {
	at   int64 // Unix ms
	from int   // where its text begins
}

// texts are the lines, in one piece of memory.
func (b *lineBatch) texts() []string {
	all, texts, end := string(b.text), make([]string, len(b.lines)), len(b.text)
	for i := len(b.lines) - 1; i >= 0; i-- {
		texts[i] = all[b.lines[i].from:end]
		end = b.lines[i].from
	}
	return texts
}

// size is what AWS counts.
func (b *lineBatch) size() int { return len(b.text) + lineExtra*len(b.lines) }

// shipper sends lines to one stream, in the order in which they were written. Adding
// a line costs its encoding and one short lock.
type shipper struct {
	settings *settings
	client   logsAPI

	mu      sync.Mutex
	open    *lineBatch   // takes lines
	sealed  []*lineBatch // wait to be sent, the oldest first
	waiting int          // bytes of sealed
	spare   []*lineBatch
	ended   bool
	drafts  sync.Pool // of *draft

	nudge    chan struct{} // holds one: a batch was sealed
	flush    chan chan struct{}
	ctx      context.Context
	cancel   context.CancelFunc
	done     chan struct{}
	sent     atomic.Int64
	dropped  atomic.Int64
	inFlight atomic.Int64
	failing  bool
}

func newShipper(s *settings, client logsAPI) *shipper {
	p := &shipper{
		settings: s, client: client, open: &lineBatch{}, nudge: make(chan struct{}, 1),
		flush: make(chan chan struct{}), done: make(chan struct{}),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	go p.run()
	return p
}

// draft is a line that is being written.
type draft struct {
	text  []byte
	times stamper
}

// add writes the line before it takes the lock: methods of the app's values are
// called, and they may take long, or log themselves.
func (p *shipper) add(ctx context.Context, r slog.Record, made preset) {
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	d, _ := p.drafts.Get().(*draft)
	if d == nil {
		d = &draft{}
	}
	d.text = appendRecord(ctx, d.text[:0], r, made, &d.times)
	if len(d.text) > lineLongest {
		d.text = append(cutText(d.text[:lineLongest-len(cutMark)]), cutMark...)
	}
	p.put(r.Time.UnixMilli(), d.text)
	if cap(d.text) <= lineBuffer {
		p.drafts.Put(d)
	}
}

// put appends a line to the open batch.
func (p *shipper) put(at int64, line []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		p.dropped.Add(1)
		return
	}
	if p.open.size()+len(line)+lineExtra > batchBytes {
		p.seal()
	}
	b := p.open
	b.lines = append(b.lines, lineMark{at, len(b.text)})
	b.text = append(b.text, line...)
	if b.size() >= sealedAt || len(b.lines) == batchLines {
		p.seal()
	}
}

// seal puts the open batch into the queue, and drops the oldest ones beyond the
// bound: when the service is away, what happened last is worth most.
func (p *shipper) seal() {
	if len(p.open.lines) == 0 {
		return
	}
	p.sealed = append(p.sealed, p.open)
	p.waiting += len(p.open.text)
	for p.waiting > p.settings.Logs.Buffer && len(p.sealed) > 1 {
		old := p.sealed[0]
		p.sealed = slices.Delete(p.sealed, 0, 1)
		p.waiting -= len(old.text)
		p.dropped.Add(int64(len(old.lines)))
		p.recycle(old)
	}
	if n := len(p.spare); n > 0 {
		p.open, p.spare = p.spare[n-1], p.spare[:n-1]
	} else { // the next one will be about as large: it need not grow under the lock
		p.open = &lineBatch{text: make([]byte, 0, min(len(p.open.text)+lineBuffer, sealedAt+lineBuffer)), lines: make([]lineMark, 0, len(p.open.lines)+len(p.open.lines)/8)}
	}
	select {
	case p.nudge <- struct{}{}:
	default:
	}
}

func (p *shipper) recycle(b *lineBatch) {
	if len(p.spare) < spareMost && cap(b.text) <= batchBytes {
		b.text, b.lines = b.text[:0], b.lines[:0]
		p.spare = append(p.spare, b)
	}
}

func (p *shipper) flow() Flow {
	if p == nil {
		return Flow{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting := len(p.open.lines)
	for _, b := range p.sealed {
		waiting += len(b.lines)
	}
	return Flow{On: true, Sent: p.sent.Load(), Waiting: int64(waiting) + p.inFlight.Load(), Dropped: p.dropped.Load()}
}

// close sends what waits; when ctx ends first, the rest is dropped.
func (p *shipper) close(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	again := p.ended
	p.ended = true
	p.seal()
	p.mu.Unlock()
	if again {
		return nil
	}
	flushed, before := make(chan struct{}), p.dropped.Load()
	go func() {
		select {
		case p.flush <- flushed:
		case <-p.done:
		}
	}()
	var err error
	select {
	case <-flushed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.cancel()
	<-p.done
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.sealed {
		p.dropped.Add(int64(len(b.lines)))
	}
	p.sealed, p.waiting = nil, 0
	return leftError(err, p.dropped.Load()-before, "lines")
}

func (p *shipper) run() {
	defer close(p.done)
	tick := time.NewTicker(p.settings.Logs.Every)
	defer tick.Stop()
	for {
		var flushed chan struct{}
		select {
		case <-p.ctx.Done():
			return
		case <-tick.C:
			p.mu.Lock()
			p.seal()
			p.mu.Unlock()
		case <-p.nudge:
		case flushed = <-p.flush:
		}
		for b := p.next(); b != nil && p.ctx.Err() == nil; b = p.next() {
			p.ship(b)
		}
		if flushed != nil {
			close(flushed)
		}
	}
}

func (p *shipper) next() *lineBatch {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sealed) == 0 {
		return nil
	}
	b := p.sealed[0]
	p.sealed = slices.Delete(p.sealed, 0, 1)
	p.waiting -= len(b.text)
	p.inFlight.Store(int64(len(b.lines)))
	return b
}

// ship sends one batch until it is taken, cannot be taken, or the shipper ends.
func (p *shipper) ship(b *lineBatch) {
	defer p.inFlight.Store(0)
	defer func() {
		p.mu.Lock()
		p.recycle(b)
		p.mu.Unlock()
	}()
	for events := range slices.Values(p.split(b)) {
		p.shipEvents(events)
	}
}

// split orders a batch by time, as AWS wants it, and cuts it where it spans more
// than a day.
func (p *shipper) split(b *lineBatch) (out [][]types.InputLogEvent) {
	events, texts := make([]types.InputLogEvent, len(b.lines)), b.texts()
	for i := range b.lines {
		events[i] = types.InputLogEvent{Timestamp: &b.lines[i].at, Message: &texts[i]}
	}
	slices.SortStableFunc(events, func(a, b types.InputLogEvent) int { return int(min(max(*a.Timestamp-*b.Timestamp, -1), 1)) })
	from := 0
	for i := range events {
		if *events[i].Timestamp-*events[from].Timestamp >= batchSpan.Milliseconds() {
			out = append(out, events[from:i])
			from = i
		}
	}
	return append(out, events[from:])
}

func (p *shipper) shipEvents(events []types.InputLogEvent) {
	wait := waitFirst
	for {
		rejected, err := p.post(events)
		if err == nil {
			p.failing = false
			p.sent.Add(int64(len(events) - rejected))
			p.dropped.Add(int64(rejected))
			return
		}
		p.complain(err)
		if !worthRetrying(err) || !pause(p.ctx, spread(wait)) {
			p.dropped.Add(int64(len(events)))
			return
		}
		wait = min(2*wait, waitMost)
	}
}

// complain says once that there is trouble, until it works again.
func (p *shipper) complain(err error) {
	if !p.failing {
		p.failing = true
		p.settings.Trouble.Warn("lines of the log cannot be delivered; this is said once until it works again", slog.Any("error", err))
	}
}

// post sends events, making group and stream where they are missing.
func (p *shipper) post(events []types.InputLogEvent) (rejected int, err error) {
	ctx, cancel := context.WithTimeout(p.ctx, callLasts)
	defer cancel()
	group, stream := expand(p.settings.Logs.Group, p.settings), expand(p.settings.Logs.Stream, p.settings)
	in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: events}
	out, err := p.client.PutLogEvents(ctx, in)
	if missing, ok := errors.AsType[*types.ResourceNotFoundException](err); ok && missing != nil {
		if err := p.make(ctx, group, stream); err != nil {
			return 0, err
		}
		out, err = p.client.PutLogEvents(ctx, in)
	}
	if err != nil {
		return 0, err
	}
	if r := out.RejectedLogEventsInfo; r != nil {
		kept := len(events)
		from := max(int(aws.ToInt32(r.TooOldLogEventEndIndex)), int(aws.ToInt32(r.ExpiredLogEventEndIndex)))
		if r.TooNewLogEventStartIndex != nil {
			kept = int(*r.TooNewLogEventStartIndex)
		}
		rejected = len(events) - max(0, kept-from)
	}
	return rejected, nil
}

// make creates group and stream; that others made them meanwhile is fine.
func (p *shipper) make(ctx context.Context, group, stream string) error {
	var exists *types.ResourceAlreadyExistsException
	_, err := p.client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group})
	if err == nil && p.settings.Logs.RetentionDays > 0 {
		days := int32(p.settings.Logs.RetentionDays) //nolint:gosec // the service knows its own values
		if _, err := p.client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &group, RetentionInDays: &days}); err != nil {
			p.settings.Trouble.WarnContext(ctx, "the retention of the log group could not be set", slog.String("group", group), slog.Any("error", err))
		}
	}
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("create log group %s: %w", group, err)
	}
	_, err = p.client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("create log stream %s: %w", stream, err)
	}
	return nil
}

// worthRetrying tells trouble of the service and the network from requests that
// would fail again.
func worthRetrying(err error) bool {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code := api.ErrorCode()
		if api.ErrorFault() == smithy.FaultServer || strings.Contains(code, "Throttl") || strings.Contains(code, "LimitExceeded") ||
			strings.Contains(code, "Expired") || code == "RequestTimeTooSkewed" || // the next signature is made with news
			code == "OperationAbortedException" || code == "ServiceUnavailableException" {
			return true
		}
		if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
			status := response.HTTPStatusCode()
			return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests
		}
		return false
	}
	return true
}

// cutText drops the start of a rune that was cut.
func cutText(b []byte) []byte {
	for i := 1; i <= 3 && i <= len(b); i++ {
		c := b[len(b)-i]
		if c < 0x80 {
			return b
		}
		if c >= 0xC0 {
			return b[:len(b)-i]
		}
	}
	return b
}

// expand fills the names in braces. A character that AWS forbids in a name becomes _.
func expand(template string, s *settings) string {
	if !strings.Contains(template, "{") {
		return template
	}
	return strings.NewReplacer(
		"{service}", nameOf(s.Service), "{environment}", nameOf(s.Environment), "{version}", nameOf(s.Version),
		"{host}", nameOf(s.host), "{pid}", strconv.Itoa(os.Getpid()), "{date}", time.Now().UTC().Format(time.DateOnly),
	).Replace(template)
}

func nameOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./#", r) {
			return r
		}
		return '_'
	}, s)
}
