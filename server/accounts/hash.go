package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Parameters of argon2id for new hashes (OWASP password storage: 19 MiB, two passes).
const (
	argonMemory  = 19 * 1024 // KiB
	argonPasses  = 2
	argonThreads = 1
	saltBytes    = 16
	keyBytes     = 32
)

// Limits on parameters read from a hash, so that a damaged row cannot take all memory.
const (
	maxMemory = 256 * 1024
	maxPasses = 16
)

var errHash = errors.New("not a password hash")

// hasher computes argon2id hashes, a few at a time: each takes 19 MiB.
type hasher struct {
	slots chan struct{}
	dummy string // what is compared with when there is no account
}

func newHasher(parallel int) *hasher {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key)
	return &hasher{slots: make(chan struct{}, parallel), dummy: format(argonMemory, argonPasses, argonThreads, salt, key)}
}

func (h *hasher) acquire(ctx context.Context) (release func(), err error) {
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash makes a hash in the PHC string format, which carries its parameters. All of the password counts.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey(normalised(password), salt, argonPasses, argonMemory, argonThreads, keyBytes)
	return format(argonMemory, argonPasses, argonThreads, salt, key), nil
}

// verify compares a password with a hash in constant time; outdated says that the hash has other parameters than new ones.
func (h *hasher) verify(ctx context.Context, hash, password string) (right, outdated bool, err error) {
	memory, passes, threads, salt, key, err := parse(hash)
	if err != nil {
		return false, false, err
	}
	release, err := h.acquire(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	got := argon2.IDKey(normalised(password), salt, passes, memory, threads, uint32(len(key))) // parse limits it
	outdated = memory != argonMemory || passes != argonPasses || threads != argonThreads
	return subtle.ConstantTimeCompare(got, key) == 1, outdated, nil
}

// normalised makes the same password typed on different keyboards the same bytes (umlauts composed or not).
func normalised(password string) []byte { return norm.NFC.Bytes([]byte(password)) }

func format(memory, passes uint32, threads uint8, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads, b64.EncodeToString(salt), b64.EncodeToString(key))
}

func parse(hash string) (memory, passes uint32, threads uint8, salt, key []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return 0, 0, 0, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return 0, 0, 0, nil, nil, errHash
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(key) < 16 || len(key) > 64 || memory == 0 || memory > maxMemory || passes == 0 || passes > maxPasses || threads == 0 {
		return 0, 0, 0, nil, nil, errHash
	}
	return memory, passes, threads, salt, key, nil
}
