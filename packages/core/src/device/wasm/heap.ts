/** Which addresses of the linear memory are free: neighbours join, and a taker gets the smallest range that fits. */

import { PAGE } from './control.ts';
import { growTo } from './linear-memory.ts';

/** Blocks begin at cache lines. */
const LINE = 64;

/** Free ranges below `top`, by address. */
const starts: number[] = [];
const ends: number[] = [];
let top = PAGE; // the first page is for control
let highest = top;

/** The end of what was ever taken: below it blocks cost no new memory. */
export function heapEnd(): number {
  return highest;
}

/** A free address; undefined where there is none below `limit`. */
export function takeRange(size: number, limit: number): number | undefined {
  const bytes = rounded(size);
  let best = -1;
  for (let k = 0; k < starts.length; k++) {
    const free = ends[k]! - starts[k]!;
    if (free >= bytes && (best < 0 || free < ends[best]! - starts[best]!)) best = k;
  }
  if (best < 0) return extend(bytes, limit);
  const address = starts[best]!;
  starts[best] = address + bytes;
  if (starts[best] === ends[best]) remove(best);
  return address;
}

export function giveRange(address: number, size: number): void {
  const end = address + rounded(size);
  let k = after(address);
  const joinsPrevious = k > 0 && ends[k - 1] === address;
  const joinsNext = starts[k] === end;
  if (joinsPrevious && joinsNext) {
    ends[k - 1] = ends[k]!;
    remove(k--);
  } else if (joinsPrevious) ends[--k] = end;
  else if (joinsNext) starts[k] = address;
  else {
    starts.splice(k, 0, address);
    ends.splice(k, 0, end);
  }
  if (ends[k] === top) {
    top = starts[k]!;
    remove(k);
  }
}

function extend(bytes: number, limit: number): number | undefined {
  const address = top;
  if (address + bytes > limit || !growTo(address + bytes)) return undefined;
  top += bytes;
  highest = Math.max(highest, top);
  return address;
}

/** The first range that begins behind an address. */
function after(address: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

function remove(k: number): void {
  starts.splice(k, 1);
  ends.splice(k, 1);
}

function rounded(size: number): number {
  return Math.ceil(size / LINE) * LINE;
}
