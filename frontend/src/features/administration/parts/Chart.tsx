interface Series {
  id: string;
  label: string;
  values: number[];
}

/**
 * A small chart over time. Gaps stay gaps: nothing is drawn where nothing was measured. The numbers are in the table below
 * all charts; the sentence under the title says what matters.
 */
export function Chart({
  id,
  title,
  summary,
  series,
  times,
  from,
  until,
  step,
  top,
  format,
  formatTime,
}: {
  id: string;
  title: string;
  summary: string;
  series: Series[];
  /** Milliseconds, one for each value. */
  times: number[];
  from: number;
  until: number;
  step: number;
  /** The end of the axis. */
  top: number;
  format: (value: number) => string;
  formatTime: (time: number) => string;
}) {
  const x = (time: number) => left + ((time - from) / (until - from)) * (width - left - right);
  const y = (value: number) => bottom - (value / top) * (bottom - upper);
  return (
    <figure className="pv-chart">
      <figcaption>
        <strong id={`${id}-title`}>{title}</strong>
        <span className="pv-small pv-muted">{summary}</span>
        {series.length > 1 && (
          <span className="pv-small pv-chart__legend">
            {series.map((one, index) => (
              <span key={one.id}>
                <svg viewBox="0 0 28 8" width="28" height="8" aria-hidden="true">
                  <path className={`pv-chart__line pv-chart__line--${index}`} d="M0 4H28" />
                </svg>
                {one.label}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby={`${id}-title`}>
        {[0, top / 2, top].map((value) => (
          <g key={value}>
            <path className="pv-chart__grid" d={`M${left} ${y(value)}H${width - right}`} />
            {(value === 0 || value === top) && (
              <text className="pv-chart__text" x={left - 6} y={y(value) + 4} textAnchor="end" fontSize={11}>
                {format(value)}
              </text>
            )}
          </g>
        ))}
        <text className="pv-chart__text" x={left} y={height - 4} fontSize={11}>
          {formatTime(from)}
        </text>
        <text className="pv-chart__text" x={width - right} y={height - 4} textAnchor="end" fontSize={11}>
          {formatTime(until)}
        </text>
        {series.map((one, index) => (
          <path
            key={one.id}
            className={`pv-chart__line pv-chart__line--${index}`}
            d={line(
              times.map((time) => x(time)),
              one.values.map((value) => y(value)),
              times,
              step,
            )}
          />
        ))}
      </svg>
    </figure>
  );
}

const width = 340;
const height = 130;
const left = 52;
const right = 6;
const upper = 10;
const bottom = height - 22;

/** A path through the points that breaks where a sample is missing; a lonely sample is a short stroke. */
export function line(xs: number[], ys: number[], times: number[], step: number): string {
  let path = "";
  for (const [index, x] of xs.entries()) {
    const y = ys[index] ?? 0;
    const before = times[index - 1];
    const here = `${x.toFixed(1)} ${y.toFixed(1)}`;
    const joined = before !== undefined && (times[index] ?? 0) - before <= 1.5 * step;
    path += joined ? `L${here}` : `M${here}h2`;
  }
  return path;
}
