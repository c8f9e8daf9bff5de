package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What Linux tells of processes in /proc. Elsewhere nothing is known, and ok is false.

const tick = 10 * time.Millisecond // USER_HZ is 100 on all of Go's Linux platforms

// stat gives the fields of /proc/<pid>/stat after the name, which may hold spaces.
func stat(pid int) ([]string, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return nil, false
	}
	_, rest, found := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	return fields, found && len(fields) > 20
}

// cpu is the processor time that a process has used.
func cpu(pid int) (time.Duration, bool) {
	fields, ok := stat(pid)
	if !ok {
		return 0, false
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err1 == nil && err2 == nil
}

// cpuOfChildren is the processor time that the children of a process have used, those that have ended included.
func cpuOfChildren(parent int) time.Duration {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(folders) == 0 {
		return 0
	}
	sum := cpuOfEnded(parent)
	for _, folder := range folders {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		if fields, ok := stat(pid); ok && fields[1] == strconv.Itoa(parent) {
			used, _ := cpu(pid)
			sum += used
		}
	}
	return sum
}

// cpuOfEnded is the processor time of children that a process has waited for.
func cpuOfEnded(parent int) time.Duration {
	fields, ok := stat(parent)
	if !ok {
		return 0
	}
	user, err1 := strconv.ParseInt(fields[13], 10, 64)
	system, err2 := strconv.ParseInt(fields[14], 10, 64)
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * tick
}

// rss is the memory that a process has in use (VmRSS), in MiB.
func rss(pid int) (float64, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return kib / 1024, err == nil
		}
	}
	return 0, false
}
