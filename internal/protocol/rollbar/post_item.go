package rollbar

import (
	"cmp"
	"context"
	"crypto/sha256"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

const (
	protocolName = "rollbar"
	datasetName  = "Errors"
)

// post is a request that brings items in.
type post struct {
	*call
	front  *Front
	policy *policy
	window window
	peer   string
	past   bool // it happened at a time that its sender's context tells

	payload payload
	batch   *event.Batch
	stamps  []item.Stamp // of the batch's rows
	text    []byte       // scratch: an item's data as JSON
	columns int          // of the last batch: the next one is much like it
}

// postItem is POST /item: one payload.
func (f *Front) postItem(w http.ResponseWriter, r *http.Request) {
	p := f.newPost(r)
	defer f.endPost(p)
	uuid, err := p.item(r.Context(), w)
	if err != nil {
		f.reject(r, p.token, p.secret, p.body, err)
		f.fail(w, r, err)
		return
	}
	f.tellReplay(w.Header())
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(appendAccepted(p.text[:0], uuid)) // the sender may have gone
}

// appendAccepted is {"err": 0, "result": {"id": null, "uuid": …}}.
func appendAccepted(out []byte, uuid string) []byte {
	out = appendQuoted(append(out, `{"err":0,"result":{"id":null,"uuid":`...), uuid)
	return append(out, "}}"...)
}

func (f *Front) newPost(r *http.Request) *post {
	p, ok := f.posts.Get().(*post)
	if !ok {
		p = &post{}
	}
	p.front, p.call = f, &call{Request: r, secret: headerToken(r), memory: &memory{f.bodies.Memory()}}
	p.batch, p.stamps, p.policy, p.window, p.peer = nil, p.stamps[:0], nil, window{}, ""
	_, p.past = protocol.Past(r.Context())
	return p
}

// endPost gives the memory back, unless one item made it large.
func (f *Front) endPost(p *post) {
	p.end()
	p.call, p.policy, p.batch = nil, nil, nil
	const large = 1 << 14
	if cap(p.payload.nodes) <= large && cap(p.text) <= keepBuffer {
		f.posts.Put(p)
	}
}

// item takes the one item of a request.
func (p *post) item(ctx context.Context, w http.ResponseWriter) (uuid string, err error) {
	if err := p.letIn(ctx, w, maxPayload, 1); err != nil {
		return "", err
	}
	scan := jsonscan.Scanner{In: p.body, Most: maxDepth + 1}
	if err := p.payload.read(&scan); err != nil {
		return "", err
	}
	if scan.Peek() != 0 || scan.At < len(scan.In) {
		return "", refuse(http.StatusBadRequest, "%s: there is more after its end", saysUndecodable)
	}
	at := p.front.Clock().UnixNano()
	if past, ok := protocol.Past(ctx); ok {
		at = past.UnixNano()
	}
	seen, err := p.add(at)
	if err != nil || seen {
		return p.payload.uuid, err
	}
	var fingerprint [16]byte
	if p.payload.uuid != "" {
		fingerprint = p.uuidHash(p.payload.uuid)
	}
	if err := p.write(ctx, fingerprint); err != nil {
		return "", err
	}
	if p.payload.uuid == "" {
		return newUUID(), nil
	}
	p.front.uuids.add(fingerprint, at)
	return p.payload.uuid, nil
}

// letIn finds out who sends and reads the body. Over the token's limit most
// requests end before their body is read.
func (p *post) letIn(ctx context.Context, w http.ResponseWriter, most int, items int64) (err error) {
	f := p.front
	if p.secret != "" {
		if err := p.admitted(ctx, w, items); err != nil {
			return err
		}
	}
	if err := p.readBody(w, most); err != nil {
		return err
	}
	if !utf8.Valid(p.body) {
		p.body = []byte(strings.ToValidUTF8(string(p.body), "\ufffd"))
	}
	if p.token == nil {
		p.secret = cmp.Or(p.bodyToken(), queryToken(p.Request))
		if err := p.admitted(ctx, w, items); err != nil {
			return err
		}
	}
	if p.form != nil {
		if p.body = trimmed([]byte(p.form.Get("payload"))); !utf8.Valid(p.body) {
			p.body = []byte(strings.ToValidUTF8(string(p.body), "\ufffd"))
		}
	}
	if !isJSON(p.body) {
		return refuse(http.StatusBadRequest, "%s: it is neither JSON nor a form whose field payload is", saysUndecodable)
	}
	p.peer = f.peer(p.Request)
	return nil
}

// admitted finds out whose the token is, and counts against its limit.
func (p *post) admitted(ctx context.Context, w http.ResponseWriter, items int64) (err error) {
	f := p.front
	if p.token, err = f.admit(ctx, p.secret); err != nil {
		return err
	}
	if !p.token.holds(posts) {
		return p.token.lacks(posts)
	}
	p.policy = f.policies.of(p.token.Environment)
	if peer := f.peer(p.Request); p.policy.blocks(peer) {
		return refuse(http.StatusForbidden, "Your IP address (%s) has been blocked.", peer)
	}
	if items == 0 {
		return nil
	}
	return p.count(w, items)
}

// count counts items against the token's limit.
func (p *post) count(w http.ResponseWriter, items int64) error {
	p.window = p.front.quotas.take(p.token.KeyID, items)
	p.window.tell(w.Header())
	if p.window.over && p.window.first {
		p.front.tellLimit(p.Request, p.token)
	}
	if p.window.over && !p.window.look {
		p.front.Door.Ledger().Drop("rate_limited", protocolName, int(items), "token "+p.token.KeyID)
		return p.window.refusal()
	}
	return nil
}

// add checks the item that was read and makes a row of it. seen: it is here
// already, and nothing is to be done.
func (p *post) add(at int64) (seen bool, err error) {
	one := &p.payload
	if err := one.check(p.policy.NoEnvironment); err != nil {
		return false, err
	}
	if err := p.scope(); err != nil {
		return false, err
	}
	if one.uuid != "" && p.front.uuids.has(p.uuidHash(one.uuid), at) {
		return true, nil
	}
	p.policy.scrubber.scrub(&one.tree, one.data)
	p.fillAddress()
	stamp := p.stamp(at)
	if p.window.over && p.knows(&stamp) {
		p.front.drops.add(p.token.Environment, &stamp, at)
		p.front.Items.WithdrawStamp(&stamp)
		return false, p.window.refusal()
	}
	if p.batch == nil {
		slug, err := p.front.Datasets.Resolve(p.token.Environment, datasetName, true)
		if err != nil {
			return false, err
		}
		p.batch = event.NewBatchOf(p.token.Environment, slug, p.columns)
	}
	p.text = p.printed(p.text[:0], at)
	one.row(p.batch, at, &p.front.agents, p.text)
	set(p.batch, event.FieldName, stamp.Decision.Title)
	p.stamps = append(p.stamps, stamp)
	return false, nil
}

// knows reports whether an item exists, or is made by this very batch, that an
// occurrence belongs to.
func (p *post) knows(s *item.Stamp) bool {
	for i := range p.stamps {
		if p.stamps[i].Environment == s.Environment && p.stamps[i].Decision.Fingerprint == s.Decision.Fingerprint {
			return true
		}
	}
	_, err := p.front.Items.ByFingerprint(p.token.Environment, s.Environment, s.Decision.Fingerprint)
	return err == nil
}

// stamp decides what error the item is an occurrence of.
func (p *post) stamp(at int64) item.Stamp {
	items, one := p.front.Items, &p.payload
	mapped := p.front.Symbols != nil && p.front.Symbols.Any(p.token.Environment)
	look := whole
	if items.Rules(p.token.Environment) == nil {
		if look = withoutLarge; !mapped {
			look = framesAlone
			one.findStacks()
		}
	}
	data, _ := one.plain(one.data, look).(map[string]any) // it was checked
	data["environment"], data["level"] = one.environment, one.level
	if mapped {
		browser := strings.EqualFold(one.textAt(one.data, "platform"), "browser")
		if found, ok := p.front.Symbols.Applied(p.token.Environment, one.version, browser, data); ok {
			return items.StampMapped(p.token.Environment, found, data, one.link().trace)
		}
	}
	if p.past {
		return items.StampAt(at, p.token.Environment, data, nil, one.link().trace)
	}
	return items.StampPayload(p.token.Environment, data, one.link().trace)
}

// scope refuses an item whose platform the token is not for.
func (p *post) scope() error {
	needed := postServer
	if p.payload.fromClient() {
		needed = postClient
	}
	if p.policy.AnyScope || p.token.holds(needed) {
		return nil
	}
	return p.token.lacks(needed)
}

// fillAddress puts the sender's address where its SDK asks for it.
func (p *post) fillAddress() {
	at := p.payload.get(p.payload.data, "request", "user_ip")
	switch p.payload.text(at) {
	case "$remote_ip":
		p.payload.setText(at, p.peer)
	case "$remote_ip_anonymize":
		p.payload.setText(at, anonymous(p.peer))
	}
}

// anonymous returns an address without what tells one person from another: the
// last byte, or the last 80 bits.
func anonymous(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	a = a.Unmap()
	bits := 48
	if a.Is4() {
		bits = 24
	}
	prefix, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.Addr().String()
}

// peer returns the address of who sends, as far as those tell it who are trusted to.
func (f *Front) peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && f.trusts(host); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		host = hop.Unmap().String()
	}
	return host
}

// trusts reports whether an address is that of a proxy that is trusted.
func (f *Front) trusts(address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(f.TrustedProxies, func(n netip.Prefix) bool { return n.Contains(a.Unmap()) })
}

// printed appends the item's data as JSON, with what the server knows of it.
func (p *post) printed(out []byte, at int64) []byte {
	one := &p.payload
	out = one.print(out, one.data, one.get(one.data, "metadata"))
	out = out[:len(out)-1] // the closing bracket
	if out[len(out)-1] != '{' {
		out = append(out, ',')
	}
	out = append(out, `"metadata":{`...)
	if when, ok := one.number(one.get(one.data, "timestamp")); ok && when > 0 {
		const milliseconds = 1e11 // above, it is none of seconds
		if when > milliseconds {
			when /= 1000
		}
		if when < milliseconds {
			out = strconv.AppendInt(append(out, `"customer_timestamp":`...), int64(when), 10)
			out = append(out, ',')
		}
	}
	out = strconv.AppendInt(append(out, `"timestamp_ms":`...), at/1e6, 10)
	out = appendQuoted(append(out, `,"api_server_hostname":`...), p.front.host)
	out = appendQuoted(append(out, `,"access_token":`...), masked(p.secret))
	out = appendQuoted(append(out, `,"token_name":`...), p.token.KeyName)
	return append(out, `,"debug":{}}}`...)
}

// uuidHash is what an item's uuid is remembered by.
func (p *post) uuidHash(uuid string) (out [16]byte) {
	sum := sha256.Sum256([]byte("rollbar uuid\x00" + p.token.Environment + "\x00" + uuid))
	copy(out[:], sum[:])
	return out
}

// write stores the rows: whatever is answered after that is on disk.
func (p *post) write(ctx context.Context, fingerprint [16]byte) error {
	if p.batch == nil || p.batch.Len() == 0 {
		return nil
	}
	item.Apply(p.batch, p.stamps)
	p.columns = len(p.batch.Columns)
	return p.front.Door.Write(ctx, ingest.Request{Batches: []*event.Batch{p.batch}, Protocol: protocolName, Key: p.token.KeyID, Fingerprint: fingerprint})
}
