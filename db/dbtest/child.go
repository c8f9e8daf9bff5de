package dbtest

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// ChildRuns is what a process that Child starts prints when it works.
const ChildRuns = "child runs"

// Child starts a test of this binary as a process of its own, which is to be killed, with variables that tell it so (name=value), and waits until it works.
func Child(t *testing.T, test string, env ...string) *exec.Cmd {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$") //nolint:gosec // this binary itself
	child.Env = append(os.Environ(), env...)
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), ChildRuns) {
	}
	return child
}
