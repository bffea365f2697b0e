/**
 * The cheapest monotonic walk through a cost matrix, from its first cell to its last, one step down, right or both at a time.
 * @param cost rows of equal length, at least one of each.
 * @returns for each row the first column that the walk visits in it.
 */
export function cheapestPath(cost: readonly Float64Array[]): number[] {
  const width = cost[0]!.length;
  const total = cost.map(() => new Float64Array(width));
  for (let row = 0; row < cost.length; row++) {
    for (let column = 0; column < width; column++) {
      total[row]![column] = cost[row]![column]! + (row === 0 && column === 0 ? 0 : Math.min(...predecessors(total, row, column)));
    }
  }
  const firstColumns = new Array<number>(cost.length).fill(0);
  let row = cost.length - 1;
  let column = width - 1;
  while (row >= 0 && column >= 0) {
    firstColumns[row] = column;
    const [diagonal, up, left] = predecessors(total, row, column);
    if (row === 0 && column === 0) break;
    if (diagonal <= up && diagonal <= left) (row--, column--);
    else if (up <= left) row--;
    else column--;
  }
  return firstColumns;
}

function predecessors(total: readonly Float64Array[], row: number, column: number): readonly [diagonal: number, up: number, left: number] {
  const above = total[row - 1];
  return [
    above && column > 0 ? above[column - 1]! : Infinity,
    above ? above[column]! : Infinity,
    column > 0 ? total[row]![column - 1]! : Infinity,
  ];
}
