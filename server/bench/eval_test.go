package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQueries_OwnFile_HalvesAreNearlyEqual(t *testing.T) {
	t.Parallel()
	sets, err := (&evalCommand{}).sets()
	require.NoError(t, err)
	require.Len(t, sets, 2)
	require.GreaterOrEqual(t, len(sets[0].list)+len(sets[1].list), 200)
	require.InDelta(t, len(sets[0].list), len(sets[1].list), 40)
}

func TestQueries_BadFile_SaysWhere(t *testing.T) {
	t.Parallel()
	_, err := readQueries(strings.NewReader("# only\nno tab here\n"))
	require.ErrorContains(t, err, "line 2")
	_, err = readQueries(strings.NewReader("# nothing\n"))
	require.Error(t, err)
}

func TestEval_DataMissing_SaysHowToNameIt(t *testing.T) {
	t.Parallel()
	_, err := (&evalCommand{Data: t.TempDir()}).files()
	require.ErrorContains(t, err, "--data")
}
