// Tables for a terminal: the first column to the left, the others to the right.

/** @param {string} title @param {string[]} head @param {string[][]} rows */
export function table(title, head, rows) {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column].length)));
  const line = (cells) => cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ').trimEnd();
  return [`\n${title}`, line(head), ...rows.map(line)].join('\n');
}
