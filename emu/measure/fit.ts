// Straight lines through measured points, by least squares (Draper and Smith, Applied Regression
// Analysis, ch. 1 and 5): one variable with R², or several at once, whose slopes can be held at 0
// or more where a negative cost would mean nothing.

/** y = a + b·x. */
export interface LineFit {
  readonly a: number;
  readonly b: number;
  /** The share of the variance that the line explains; null where y does not vary. */
  readonly r2: number | null;
}

/** y = a + Σ b[i]·x[i]. */
export interface PlaneFit {
  readonly a: number;
  readonly b: readonly number[];
  readonly r2: number | null;
}

export interface FitPoint {
  readonly x: readonly number[];
  readonly y: number;
}

const TINY = 1e-9;

/** The line through points [x, y]; null when the x do not differ. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): LineFit | null {
  const plane = fitPlane(points.map(([x, y]) => ({ x: [x], y })));
  return plane && { a: plane.a, b: plane.b[0] as number, r2: plane.r2 };
}

/**
 * The best plane; null when the points do not determine one. With `nonNegative` no slope is below
 * 0: the best plane of all those, found by trying each set of variables (there are few).
 */
export function fitPlane(points: readonly FitPoint[], nonNegative = false): PlaneFit | null {
  const variables = points[0]?.x.length ?? 0;
  if (!nonNegative) return solveWith(points, all(variables));
  const fits = Array.from({ length: 1 << variables }, (_, set) => set)
    .map((set) =>
      solveWith(
        points,
        all(variables).filter((i) => (set >> i) & 1),
      ),
    )
    .filter((fit): fit is PlaneFit => fit?.b.every((slope) => slope >= 0) === true);
  const errors = fits.map((fit) => squares(points, fit));
  return fits[errors.indexOf(Math.min(...errors))] ?? null;
}

const all = (count: number) => Array.from({ length: count }, (_, i) => i);
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const at = (fit: Pick<PlaneFit, "a" | "b">, x: readonly number[]) =>
  fit.b.reduce((sum, slope, i) => sum + slope * (x[i] as number), fit.a);

function squares(points: readonly FitPoint[], fit: Pick<PlaneFit, "a" | "b">): number {
  return points.reduce((sum, { x, y }) => sum + (y - at(fit, x)) ** 2, 0);
}

/** With these variables alone; the slopes of the others are 0. */
function solveWith(points: readonly FitPoint[], used: readonly number[]): PlaneFit | null {
  if (points.length <= used.length) return null;
  // about the means and in units of the spread, so that large counts do not spoil the digits
  const centre = used.map((i) => mean(points.map(({ x }) => x[i] as number)));
  const spread = used.map((i, j) =>
    Math.max(...points.map(({ x }) => Math.abs((x[i] as number) - (centre[j] as number)))),
  );
  if (spread.includes(0)) return null;
  const level = mean(points.map(({ y }) => y));
  const rows = points.map(({ x }) =>
    used.map((i, j) => ((x[i] as number) - (centre[j] as number)) / (spread[j] as number)),
  );
  const matrix = used.map((_, j) => [
    ...used.map((_, k) => dot(rows, (row) => (row[j] as number) * (row[k] as number))),
    rows.reduce((sum, row, i) => sum + (row[j] as number) * ((points[i]?.y ?? 0) - level), 0),
  ]);
  const solved = eliminate(matrix);
  if (!solved) return null;
  const b: number[] = Array.from({ length: points[0]?.x.length ?? 0 }, () => 0);
  used.forEach((i, j) => {
    b[i] = (solved[j] as number) / (spread[j] as number);
  });
  const a = level - used.reduce((sum, i, j) => sum + (b[i] as number) * (centre[j] as number), 0);
  const total = points.reduce((sum, { y }) => sum + (y - level) ** 2, 0);
  return { a, b, r2: total === 0 ? null : 1 - squares(points, { a, b }) / total };
}

function dot(rows: readonly number[][], term: (row: number[]) => number): number {
  return rows.reduce((sum, row) => sum + term(row), 0);
}

/** Gauss-Jordan with pivots; null when the equations depend on each other. */
function eliminate(matrix: number[][]): number[] | null {
  const count = matrix.length;
  for (let column = 0; column < count; column++) {
    const below = matrix.slice(column).map((row) => Math.abs(row[column] as number));
    const pivot = column + below.indexOf(Math.max(...below));
    const row = matrix[pivot] as number[];
    if (Math.abs(row[column] as number) < TINY) return null;
    [matrix[pivot], matrix[column]] = [matrix[column] as number[], row];
    matrix.forEach((other, index) => {
      if (index === column) return;
      const factor = (other[column] as number) / (row[column] as number);
      row.forEach((value, k) => {
        other[k] = (other[k] as number) - factor * value;
      });
    });
  }
  return matrix.map((row, i) => (row[count] as number) / (row[i] as number));
}
