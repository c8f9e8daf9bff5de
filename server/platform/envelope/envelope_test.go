package envelope

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWrap_OpensForTheSameThingOnly(t *testing.T) {
	t.Parallel()
	r, err := New(false)
	require.NoError(t, err)
	key := [KeySize]byte{1, 2, 3}
	wrapped, err := r.Wrap(key, []byte("a"))
	require.NoError(t, err)
	require.NotContains(t, string(wrapped), string(key[:]))
	got, err := r.Unwrap(wrapped, []byte("a"))
	require.NoError(t, err)
	require.Equal(t, key, got)
	_, err = r.Unwrap(wrapped, []byte("b"))
	require.Error(t, err, "it opens for another thing")
	wrapped[len(wrapped)-1] ^= 1
	_, err = r.Unwrap(wrapped, []byte("a"))
	require.Error(t, err, "it opens although it was changed")
	other, err := New(false)
	require.NoError(t, err)
	wrapped[len(wrapped)-1] ^= 1
	_, err = other.Unwrap(wrapped, []byte("a"))
	require.Error(t, err, "it opens with other keys")
}

func TestRotate_OldOpensNewWraps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, err := New(true)
	require.NoError(t, err)
	wrapped, err := r.Wrap([KeySize]byte{7}, nil)
	require.NoError(t, err)
	next, err := r.Rotate()
	require.NoError(t, err)
	require.NoError(t, r.Save(dir))
	require.NoError(t, next.Save(dir), "it replaces the file")
	read, err := Load(dir)
	require.NoError(t, err)
	require.True(t, read.Demo())
	before, err := r.Current()
	require.NoError(t, err)
	after, err := read.Current()
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	key, err := read.Unwrap(wrapped, nil)
	require.NoError(t, err)
	require.Equal(t, [KeySize]byte{7}, key)
	again, err := read.Wrap(key, nil)
	require.NoError(t, err)
	_, err = r.Unwrap(again, nil)
	require.Error(t, err, "the old key opens what the new one has wrapped")
}

func TestPrune_OldKeysOpenNothingMore_TheNewOneDoes(t *testing.T) {
	t.Parallel()
	r, err := New(true)
	require.NoError(t, err)
	old, err := r.Wrap([KeySize]byte{7}, nil)
	require.NoError(t, err)
	next, err := r.Rotate()
	require.NoError(t, err)
	wrapped, err := next.Wrap([KeySize]byte{8}, nil)
	require.NoError(t, err)
	pruned, removed, err := next.Prune()
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	key, err := pruned.Unwrap(wrapped, nil)
	require.NoError(t, err)
	require.Equal(t, [KeySize]byte{8}, key)
	_, err = pruned.Unwrap(old, nil)
	require.Error(t, err)
	_, removed, err = pruned.Prune()
	require.NoError(t, err)
	require.Zero(t, removed)
}

func TestLoad_MissingOpenToOthersOrBroken_IsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Load(dir)
	require.ErrorIs(t, err, ErrMissing)
	r, err := New(false)
	require.NoError(t, err)
	require.NoError(t, r.Save(dir))
	path := filepath.Join(dir, file)
	require.NoError(t, os.Chmod(path, 0o644))
	_, err = Load(dir)
	require.ErrorContains(t, err, "may be read by others")
	require.NoError(t, os.WriteFile(path, []byte("{}"), 0o600))
	require.NoError(t, os.Chmod(path, 0o600))
	_, err = Load(dir)
	require.ErrorContains(t, err, "not valid")
}
