package db

import "testing"

func TestOnlyWhatAlarmsIsAWarning(t *testing.T) {
	for line, want := range map[string]bool{
		"LOG:  database system is ready to accept connections":            false,
		"FATAL:  the database system is starting up":                      false,
		"FATAL:  terminating connection due to administrator command":     false,
		"FATAL:  could not create lock file \"postmaster.pid\"":           true,
		"PANIC:  could not write to file \"pg_wal/x\": No space left":     true,
		"ERROR:  duplicate key value violates unique constraint \"a_pk\"": false,
	} {
		if got := alarming(line); got != want {
			t.Errorf("alarming(%q) = %v, want %v", line, got, want)
		}
	}
}
