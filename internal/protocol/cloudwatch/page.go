package cloudwatch

import "github.com/oriel-dev/oriel/internal/protocol/aws"

// listing is [aws.Listing] with the service's error for a bad token.
type listing[T any] struct {
	limit    int
	token    string
	asked    string          // operation and filters
	key      func(*T) string // of an item: unique, in the order of the listing
	backward bool            // the order is the keys' in reverse
}

// page returns the items after the token, in order. items need not be sorted.
func (l listing[T]) page(items []T) (page []T, next string, err error) {
	page, next, ok := aws.Listing[T]{Limit: l.limit, Token: l.token, Asked: l.asked, Key: l.key, Backward: l.backward}.Page(items)
	if !ok {
		return nil, "", badToken()
	}
	return page, next, nil
}

func sealToken(asked, position string) string { return aws.SealToken(asked, position) }

// openToken returns the position of a token, which must be of what is asked.
func openToken(asked, token string) (string, error) {
	position, ok := aws.OpenToken(asked, token)
	if !ok {
		return "", badToken()
	}
	return position, nil
}

// asked joins what makes one listing another.
func asked(parts ...string) string { return aws.Asked(parts...) }

// answerPage is the answer of a listing: one page, and the token of the next.
func answerPage[T any](name string, l listing[T], items []T) (any, error) {
	page, next, err := l.page(items)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{name: page}
	if next != "" {
		answer["nextToken"] = next
	}
	return answer, nil
}
