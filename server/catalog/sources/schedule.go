package sources

import (
	"time"

	"portalverbund/server/platform/problem"
)

// How often a source is collected from.
const (
	EveryNever = "never"
	EveryHour  = "hour"
	EveryDay   = "day"
	EveryWeek  = "week"
)

// Schedule says when a source is collected from, by the clocks in Germany.
type Schedule struct {
	Every   string
	At      string // HH:MM; of an hour, only the minutes count
	Weekday int    // of a week: 1 is Monday, 7 Sunday
}

const (
	clock     = "15:04"
	defaultAt = "03:00" // when few people look
)

// normal fills in what was left out.
func (s Schedule) normal() Schedule {
	if s.Every == "" {
		s.Every = EveryNever
	}
	if s.At == "" {
		s.At = defaultAt
	}
	if s.Weekday == 0 {
		s.Weekday = 1
	}
	return s
}

func (s Schedule) check() []problem.FieldError {
	var fields []problem.FieldError
	switch s.Every {
	case EveryNever, EveryHour, EveryDay, EveryWeek:
	default:
		fields = append(fields, problem.FieldError{Pointer: "/schedule/every", Code: "enum"})
	}
	if _, err := time.Parse(clock, s.At); err != nil {
		fields = append(fields, problem.FieldError{Pointer: "/schedule/at", Code: "format"})
	}
	if s.Weekday < 1 || s.Weekday > 7 {
		fields = append(fields, problem.FieldError{Pointer: "/schedule/weekday", Code: "enum"})
	}
	return fields
}

// next gives the first time after another; nil: never.
func (s Schedule) next(after time.Time, zone *time.Location) *time.Time {
	at, err := time.Parse(clock, s.At)
	if err != nil {
		return nil
	}
	now := after.In(zone)
	on := func(day int) time.Time {
		return time.Date(now.Year(), now.Month(), day, at.Hour(), at.Minute(), 0, 0, zone)
	}
	var next time.Time
	switch s.Every {
	case EveryHour:
		next = now.Truncate(time.Hour).Add(time.Duration(at.Minute()) * time.Minute)
		if !next.After(now) {
			next = next.Add(time.Hour)
		}
	case EveryDay:
		if next = on(now.Day()); !next.After(now) {
			next = on(now.Day() + 1)
		}
	case EveryWeek:
		ahead := (s.Weekday%7 - int(now.Weekday()) + 7) % 7
		if next = on(now.Day() + ahead); !next.After(now) {
			next = on(now.Day() + ahead + 7)
		}
	default:
		return nil
	}
	next = next.UTC()
	return &next
}

// germany is where the clocks of the schedule stand. A machine without time zones has central European winter time.
func germany() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.FixedZone("CET", 3600)
	}
	return zone
}
