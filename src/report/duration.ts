/** Seconds as people read them: `8.4 s`, `3 min 20 s`, `5 h 2 min`, `12 d`. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [minutes, hours, days] = [
    Math.floor(whole / 60),
    Math.floor(whole / 3600),
    Math.floor(whole / 86_400),
  ];
  if (hours === 0) return `${minutes} min ${whole % 60} s`;
  if (days < 2) return `${hours} h ${minutes % 60} min`;
  return `${days} d`;
}

/** An ISO time as people read it, in UTC and without a mark of the zone: `2026-01-31 08:15:02`. */
export function timeText(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}
