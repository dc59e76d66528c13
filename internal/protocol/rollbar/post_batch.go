package rollbar

import (
	"context"
	"crypto/sha256"
	"net/http"

	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

const maxBatchItems = 10_000

// batchRejection says why an element of a batch was not taken.
type batchRejection struct {
	Index   int    `json:"index"`
	Message string `json:"message"`
}

// postBatch is POST /item_batch: a list of payloads. What is wrong with one keeps
// the others from nothing.
func (f *Front) postBatch(w http.ResponseWriter, r *http.Request) {
	p := f.newPost(r)
	defer f.endPost(p)
	accepted, rejected, err := p.items(r.Context(), w)
	if err != nil {
		f.reject(r, p.token, p.secret, nil, err)
		f.fail(w, r, err)
		return
	}
	f.tellReplay(w.Header())
	reply{result: map[string]any{"accepted": accepted, "rejected": rejected}}.write(w)
}

func (p *post) items(ctx context.Context, w http.ResponseWriter) (accepted int, rejected []batchRejection, err error) {
	if err := p.letIn(ctx, w, maxBatch, 0); err != nil {
		return 0, nil, err
	}
	if err := p.memory.reserve(len(p.body)); err != nil { // of the rows
		return 0, nil, err
	}
	scan := jsonscan.Scanner{In: p.body, Most: maxDepth + 2}
	if !scan.Enter('[') {
		return 0, nil, invalid("Invalid format. The body must be an array of payloads.")
	}
	rejected = []batchRejection{}
	first, taken := error(nil), map[[16]byte]bool{}
	sum := sha256.New()
	at := p.front.Clock().UnixNano()
	i := 0
	for more := scan.First(']'); more; more = scan.More(']') {
		if i >= maxBatchItems {
			return 0, nil, invalid("Invalid format. The batch has more than %d payloads.", maxBatchItems)
		}
		if err := p.payload.read(&scan); err != nil {
			return 0, nil, err
		}
		id, added, err := p.element(w, at, taken)
		switch {
		case err != nil:
			first = firstOf(first, err)
			p.front.reject(p.Request, p.token, p.secret, p.payload.print(nil, 0, none), err)
			rejected = append(rejected, batchRejection{i, textOf(err)})
		case added:
			_, _ = sum.Write(id[:]) // a hash takes everything
			fallthrough
		default:
			accepted++
		}
		i++
	}
	if scan.Err == nil && (scan.Peek() != 0 || scan.At < len(scan.In)) {
		scan.Fail("there is more after its end")
	}
	switch {
	case scan.Err != nil:
		return 0, nil, refuse(http.StatusBadRequest, "%s: %w", saysUndecodable, scan.Err)
	case accepted == 0 && first != nil:
		return 0, nil, first
	}
	return accepted, rejected, p.writeBatch(ctx, sum.Sum(nil), taken, at)
}

func firstOf(first, err error) error {
	if first != nil {
		return first
	}
	return err
}

func textOf(err error) string {
	_, text := answerTo(err)
	return text
}

// element takes one element. Those whose uuid came before count as taken.
func (p *post) element(w http.ResponseWriter, at int64, taken map[[16]byte]bool) (id [16]byte, added bool, err error) {
	if err := p.count(w, 1); err != nil {
		return id, false, err
	}
	if uuid := p.payload.textAt(p.payload.get(0, "data"), "uuid"); uuid != "" && taken[p.uuidHash(uuid)] {
		return id, false, nil
	}
	seen, err := p.add(at)
	if seen || err != nil {
		return id, false, err
	}
	if p.payload.uuid != "" {
		id = p.uuidHash(p.payload.uuid)
		taken[id] = true
	}
	return id, true, nil
}

// writeBatch writes all rows together. A batch that comes again as a whole is
// recognised by its elements.
func (p *post) writeBatch(ctx context.Context, sum []byte, taken map[[16]byte]bool, at int64) error {
	var fingerprint [16]byte
	if len(taken) == len(p.stamps) { // each has a uuid: no two are sent with the same, but by a retry
		copy(fingerprint[:], sum)
	}
	if err := p.write(ctx, fingerprint); err != nil {
		return err
	}
	for id := range taken {
		p.front.uuids.add(id, at)
	}
	return nil
}
