// Months as calendars show them. Days are texts like 2026-03-10, of whatever zone is shown.

/** A month of a year: 0 is January; 12 is January of the year after. */
export type Month = readonly [year: number, month: number];

const text = (at: Date): string => at.toISOString().slice(0, 10);

/** The day so many days after another. */
export function daysLater(day: string, days: number): string {
  const at = new Date(`${day}T00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return text(at);
}

/** The month of a day, or so many months after it. */
export function monthOf(day: string, later = 0): Month {
  const at = new Date(`${day.slice(0, 7)}-01T00:00Z`);
  at.setUTCMonth(at.getUTCMonth() + later);
  return [at.getUTCFullYear(), at.getUTCMonth()];
}

const names = 'January February March April May June July August September October November December'.split(' ');

export function monthName([year, month]: Month): string {
  return `${names[month]} ${year}`;
}

/** The weeks of a month, each from Monday to Sunday; days of other months are undefined. */
export function weeksOf([year, month]: Month): (string | undefined)[][] {
  const before = (new Date(Date.UTC(year, month, 1)).getUTCDay() + 6) % 7;
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Array.from({ length: Math.ceil((before + last) / 7) }, (_, week) =>
    Array.from({ length: 7 }, (_, weekday) => {
      const date = week * 7 + weekday - before + 1;
      return date < 1 || date > last ? undefined : text(new Date(Date.UTC(year, month, date)));
    }),
  );
}
