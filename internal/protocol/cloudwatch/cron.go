package cloudwatch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// schedule says when a scheduled query runs: by a cron expression of the service,
// which has six fields, or at a rate.
//
//	cron(minutes hours day-of-month month day-of-week year)
//	rate(5 minutes)
type schedule struct {
	every                                  time.Duration // of a rate; 0: by the fields
	minutes, hours, days, months, weekdays []bool
	years                                  []bool // from firstYear on
	location                               *time.Location
	anyDay, anyWeekday                     bool // "?": the other says
}

const (
	firstYear = 1970
	lastYear  = 2199
)

// readSchedule reads an expression, in a time zone.
func readSchedule(text, zone string) (*schedule, error) {
	location := time.UTC
	if zone != "" {
		var err error
		if location, err = time.LoadLocation(zone); err != nil {
			return nil, validation("The time zone '" + cut(zone) + "' is unknown.")
		}
	}
	name, inside, _ := strings.Cut(text, "(")
	inside, closed := strings.CutSuffix(inside, ")")
	switch {
	case closed && name == "cron":
		return readCron(inside, location)
	case closed && name == "rate":
		return readRate(inside, location)
	}
	return nil, validation("The schedule '" + cut(text) + "' is not valid: write cron(minutes hours day-of-month month day-of-week year) or rate(5 minutes).")
}

func readRate(text string, location *time.Location) (*schedule, error) {
	number, unit, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(number)
	each, known := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSuffix(unit, "s")]
	const most = 365 * 24 * 60
	if err != nil || !known || n < 1 || n > most {
		return nil, validation("The rate '" + cut(text) + "' is not valid: write 5 minutes, 1 hour or 7 days.")
	}
	return &schedule{every: time.Duration(n) * each, location: location}, nil
}

func readCron(text string, location *time.Location) (*schedule, error) {
	fields := strings.Fields(text)
	if len(fields) != 6 {
		return nil, validation(fmt.Sprintf("The cron expression '%s' has %d fields; it must have 6: minutes, hours, day of month, month, day of week, year.", cut(text), len(fields)))
	}
	months := []string{"", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdays := []string{"", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	s := &schedule{location: location, anyDay: fields[2] == "?", anyWeekday: fields[4] == "?"}
	if s.anyDay && s.anyWeekday {
		return nil, validation("The cron expression '" + cut(text) + "' has ? for both day of month and day of week; one of them must say when.")
	}
	for i, f := range []struct {
		into        *[]bool
		what        string
		least, most int
		names       []string
	}{
		{&s.minutes, "minutes", 0, 59, nil},
		{&s.hours, "hours", 0, 23, nil},
		{&s.days, "day of month", 1, 31, nil},
		{&s.months, "month", 1, 12, months},
		{&s.weekdays, "day of week", 1, 7, weekdays},
		{&s.years, "year", firstYear, lastYear, nil},
	} {
		var err error
		if *f.into, err = readCronField(strings.ToUpper(fields[i]), f.least, f.most, f.names); err != nil {
			return nil, validation("The cron expression '" + cut(text) + "' is not valid at " + f.what + ": " + err.Error())
		}
	}
	return s, nil
}

// readCronField reads *, ?, 5, 1-5, 1,3, */15, 0/15 and names.
func readCronField(text string, least, most int, names []string) ([]bool, error) {
	set := make([]bool, most-least+1)
	value := func(word string) (int, error) {
		if i := slices.Index(names, word); i > 0 {
			return i, nil
		}
		n, err := strconv.Atoi(word)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("'%s' is not from %d to %d", cut(word), least, most)
		}
		return n, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		from, to, step := least, most, 1
		var err error
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("the step '%s' is no number from 1 on", cut(stepText))
			}
		}
		if span != "*" && span != "?" {
			low, high, isRange := strings.Cut(span, "-")
			if from, err = value(low); err != nil {
				return nil, err
			}
			switch {
			case isRange:
				if to, err = value(high); err != nil {
					return nil, err
				}
				if to < from {
					return nil, fmt.Errorf("'%s' ends before it begins", cut(span))
				}
			case !stepped:
				to = from
			}
		}
		for n := from; n <= to; n += step {
			set[n-least] = true
		}
	}
	return set, nil
}

// next returns the first time after another at which the schedule is due; zero if
// there is none any more. A rate counts from the start.
func (s *schedule) next(after, start time.Time) time.Time {
	if s.every > 0 {
		if after.Before(start) {
			return start
		}
		passed := after.Sub(start)
		return start.Add(passed - passed%s.every + s.every)
	}
	t := after.In(s.location).Truncate(time.Minute).Add(time.Minute)
	for t.Year() <= lastYear {
		day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, s.location)
		switch {
		case t.Year() < firstYear || !s.years[t.Year()-firstYear]:
			t = time.Date(t.Year()+1, 1, 1, 0, 0, 0, 0, s.location)
		case !s.months[t.Month()-1]:
			t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, s.location)
		case !s.onDay(t):
			t = day.AddDate(0, 0, 1)
		case !s.hours[t.Hour()]:
			t = t.Truncate(time.Minute).Add(time.Duration(60-t.Minute()) * time.Minute)
		case !s.minutes[t.Minute()]:
			t = t.Add(time.Minute)
		default:
			return t.UTC()
		}
	}
	return time.Time{}
}

// onDay holds the days: where both are given, one of them is enough.
func (s *schedule) onDay(t time.Time) bool {
	day, weekday := s.days[t.Day()-1], s.weekdays[int(t.Weekday())]
	switch {
	case s.anyDay:
		return weekday
	case s.anyWeekday:
		return day
	}
	return day && weekday || day && !all(s.days) || weekday && !all(s.weekdays)
}

func all(set []bool) bool { return !slices.Contains(set, false) }
