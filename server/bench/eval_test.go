package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQueries_OwnFile_HalvesAreNearlyEqual(t *testing.T) {
	t.Parallel()
	sets, err := (&evalCommand{}).sets()
	require.NoError(t, err)
	require.Len(t, sets, 3)
	require.GreaterOrEqual(t, len(sets[0].list)+len(sets[2].list), 200)
	require.InDelta(t, len(sets[0].list), len(sets[2].list), 80)
	held := map[string]bool{}
	for _, j := range sets[2].list {
		held[j.query] = true
	}
	for _, j := range slices.Concat(sets[0].list, sets[1].list) {
		require.False(t, held[j.query], "what is measured on must not be tuned on: %s", j.query)
	}
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
