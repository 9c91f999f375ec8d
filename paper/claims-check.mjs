// Claims: what each says, how it is compared, and the page that shows them all. A claim's value
// comes from the output of one command. It is exact, or has a range: then it depends on the host,
// or on seeds.

/** How a tolerance is read. */
export function toleranceText({ range, unit = "" }) {
  if (!range) return "bit-exact";
  return `${range[0]} to ${range[1]}${unit && ` ${unit}`}`;
}

/** A value as it is shown. */
export function valueText(value) {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "number") return String(Number(value.toPrecision(10)));
  return typeof value === "string" ? value : JSON.stringify(value);
}

const isNumbers = (value) => Array.isArray(value) && value.length > 0;

function within(actual, [low, high]) {
  const all = isNumbers(actual) ? actual : [actual];
  return all.every((one) => typeof one === "number" && one >= low && one <= high);
}

/**
 * Is `actual` what the claim says? Exact values must be equal, lists and texts too; a range must
 * hold the number, or each number of a list. Nothing is never right.
 */
export function holds(claim, expected, actual) {
  if (actual === undefined || actual === null) return false;
  if (claim.range) return within(actual, claim.range);
  if (expected === undefined) return false;
  return JSON.stringify(actual) === JSON.stringify(expected);
}

/** What is wrong with a table of claims, as lines: ids that are there twice, parts that lack. */
export function faultsOf(claims, expected) {
  const ids = claims.map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) < index);
  const idle = Object.keys(expected).filter((id) => !ids.includes(id));
  const incomplete = claims.filter(
    ({ id, claim, command, what, value }) =>
      !/^[a-z][a-z\d-]*$/.test(id) || !claim || !command || !what || typeof value !== "function",
  );
  return [
    ...twice.map((id) => `${id} is there twice`),
    ...idle.map((id) => `${id} has an expected value and no claim`),
    ...incomplete.map(({ id }) => `${id} lacks a part`),
  ];
}

/** The table's page in Markdown, each claim with an anchor of its id. */
export function claimsPage(claims, expected) {
  const cell = (text) => text.replace(/\|/g, "\\|");
  const row = (one) => {
    const { id, claim, command, what } = one;
    const shown = one.range ? toleranceText(one) : valueText(expected[id]);
    const tolerance = one.range ? (one.host ? "range; depends on the host" : "range") : "bit-exact";
    const cells = [`<a id="${id}"></a>${claim}`, `\`${cell(command)}\``, what, `${shown}`];
    return `| ${[...cells, tolerance].join(" | ")} |`;
  };
  return [
    "# Claims",
    "",
    "Written by `npm run claims -- --page`; do not edit. The claims stand in " +
      "`paper/claims-table.mjs`, and what is expected in `paper/claims.json`. `npm run claims` " +
      "runs every command and compares; `npm run claims -- ID` runs one, `--exact` those that " +
      "are the same on every computer. What is bit-exact must be equal to the last digit.",
    "",
    "| claim | command | value | expected | tolerance |",
    "| :-- | :-- | :-- | :-- | :-- |",
    ...claims.map(row),
    "",
  ].join("\n");
}
