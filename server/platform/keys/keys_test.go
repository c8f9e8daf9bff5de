package keys

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSave_ThenLoad_SameKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	set, err := New(false)
	require.NoError(t, err)
	require.NoError(t, set.Save(dir))
	again, err := Load(dir)
	require.NoError(t, err)
	require.Equal(t, set.Signing.KeyID, again.Signing.KeyID)
	require.Equal(t, set.Derive("x"), again.Derive("x"))
	require.NotEqual(t, set.Derive("x"), set.Derive("y"))
	require.ErrorIs(t, set.Save(dir), os.ErrExist, "keys are never replaced")
}

func TestLoad_NoneOrOpenOrBroken_Refused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Load(dir)
	require.ErrorIs(t, err, ErrMissing)
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, []byte(`{}`), 0o600))
	_, err = Load(dir)
	require.ErrorContains(t, err, "must all be there")
	require.NoError(t, os.Chmod(path, 0o644))
	_, err = Load(dir)
	require.ErrorContains(t, err, "chmod 600")
}

func TestOpen_OtherPurposeContextOrBytes_Refused(t *testing.T) {
	t.Parallel()
	set, err := New(false)
	require.NoError(t, err)
	sealed, err := set.Seal("profile", []byte("Clara"), []byte("row 1"))
	require.NoError(t, err)
	plain, err := set.Open("profile", sealed, []byte("row 1"))
	require.NoError(t, err)
	require.Equal(t, "Clara", string(plain))
	_, err = set.Open("mailbox", sealed, []byte("row 1"))
	require.Error(t, err)
	_, err = set.Open("profile", sealed, []byte("row 2"))
	require.Error(t, err)
	sealed[len(sealed)-1] ^= 1
	_, err = set.Open("profile", sealed, []byte("row 1"))
	require.Error(t, err)
	_, err = set.Open("profile", nil, nil)
	require.Error(t, err)
}

func TestDemo_KeysAreMarked(t *testing.T) {
	t.Parallel()
	demo, err := New(true)
	require.NoError(t, err)
	require.True(t, demo.Demo())
	real, err := New(false)
	require.NoError(t, err)
	require.False(t, real.Demo())
	for _, k := range real.Public().Keys {
		require.True(t, k.IsPublic())
	}
}
