package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/oriel-dev/oriel/internal/fault"
)

const (
	serverKeyFile  = "server.key" // 64 hex digits and a newline
	serverKeyBytes = 32           // AES-256
)

// sealer encrypts secrets under the server key: base64 of a nonce of 12 bytes,
// the AES-256-GCM text and its tag, bound to the key's id. The server key is
// read, or made, when first needed.
type sealer struct {
	dir string

	mu   sync.Mutex
	aead cipher.AEAD
}

func (s *sealer) close(secret, id string) (string, error) {
	aead, err := s.cipher(true)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails: it ends the process instead
	return base64.StdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(secret), []byte(id))), nil
}

func (s *sealer) open(sealed, id string) (string, error) {
	aead, err := s.cipher(false)
	if err != nil {
		return "", err
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < aead.NonceSize() {
		return "", fault.New(fault.Unavailable, "the secret of %s is damaged: make a new key", id)
	}
	n := aead.NonceSize()
	plain, err := aead.Open(nil, raw[:n], raw[n:], []byte(id))
	if err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "the secret of "+id+" was sealed under another server key: restore "+serverKeyFile+" or make a new key")
	}
	return string(plain), nil
}

func (s *sealer) cipher(create bool) (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.aead != nil {
		return s.aead, nil
	}
	key, err := readServerKey(filepath.Join(s.dir, serverKeyFile))
	if errors.Is(err, fs.ErrNotExist) && create {
		key, err = makeServerKey(s.dir)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the server key cannot be used")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("server key: %w", err)
	}
	if s.aead, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("server key: %w", err)
	}
	return s.aead, nil
}

func readServerKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s may be read by others (mode %o): set it to 600", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path) //nolint:gosec // a file of our own folder
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != serverKeyBytes {
		return nil, fmt.Errorf("%s does not hold %d hex digits", path, 2*serverKeyBytes)
	}
	return key, nil
}

// makeServerKey writes a new key under its name only once it is complete. If
// another process is quicker, its key is the one.
func makeServerKey(dir string) (key []byte, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, serverKeyFile+".*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	fresh := make([]byte, serverKeyBytes)
	_, _ = rand.Read(fresh) // never fails: it ends the process instead
	_, err = f.WriteString(hex.EncodeToString(fresh) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, serverKeyFile)
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if d, err := os.Open(dir); err == nil { //nolint:gosec // our own folder
		err = errors.Join(d.Sync(), d.Close())
		if err != nil {
			return nil, err
		}
	}
	return readServerKey(path)
}
