//go:build darwin || freebsd || netbsd || openbsd

package db

import "syscall"

// dieWithParent does nothing: the server outlives a killed parent, and is stopped at the next start.
func dieWithParent(*syscall.SysProcAttr) {}

// inspectProcess can't tell; the caller asks the server itself.
func inspectProcess(int, string) processState { return unknown }
