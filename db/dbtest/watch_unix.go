//go:build unix

package dbtest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// watch waits until the test binary has ended in whatever way: then nobody holds the other end of its input any more.
// It ends the server, and removes its folder and, where the server had to be made outside of it, that place too.
const watch = `
cat >/dev/null
for cluster in "$1"/pg*; do
	[ -d "$cluster" ] || continue
	pid=$(head -n 1 "$cluster/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
	tries=100
	while [ -e "$cluster/postmaster.pid" ] && [ $tries -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
	[ -L "$cluster" ] && rm -rf "$(dirname "$(readlink "$cluster")")"
done
rm -rf "$1"
`

// watchedFolder makes a folder for a server in another, and starts the process that cleans up after the test binary: once the
// closer is closed, or nobody is left who could.
func watchedFolder(in string) (string, io.Closer, error) {
	folder, err := os.MkdirTemp(in, "portalverbund-test-*")
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", watch, "sh", folder)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is not for it
	input, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start the process that cleans up: %w", err)
	}
	return folder, input, nil
}
