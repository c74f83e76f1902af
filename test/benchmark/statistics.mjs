export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of a contestant's figure over the reference's figure of the same round. */
export function medianRatio(rounds, name, reference, figure) {
  return median(rounds.map((round) => round[name][figure] / round[reference][figure]));
}

export function round(value, digits = 0) {
  return Number(value.toFixed(digits));
}

/** The names, beginning with another one each time, so that nobody is always first. */
export function rotate(names, turn) {
  const start = turn % names.length;
  return [...names.slice(start), ...names.slice(0, start)];
}
