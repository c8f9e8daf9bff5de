package db

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent makes the server shut down (fast) when the thread that started it dies, as it does with a killed
// process.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// inspectProcess tells by /proc whether a process is a server on the folder: a server works in its data folder.
func inspectProcess(pid int, folder string) processState {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	if errors.Is(err, fs.ErrNotExist) {
		return gone
	}
	if err != nil {
		return unknown
	}
	_, fields, _ := strings.Cut(string(stat), ") ") // after the program's name
	if strings.HasPrefix(fields, "Z") {
		return foreign // dead, but its number is still taken
	}
	cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
	if err != nil {
		return unknown
	}
	program, err := os.ReadFile(filepath.Join(proc, "comm"))
	if err != nil {
		return unknown
	}
	if cwd == folder && strings.HasPrefix(string(program), "postgres") {
		return ours
	}
	return foreign
}
