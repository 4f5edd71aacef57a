/** What lies where in the first page of the memory, in bytes; the blocks begin behind it. */

/** Where `findOutside` leaves what it found: the position (-1 where all are inside) and the value. */
export const FOUND = 512;
/** A line for the end of a kernel's output that does not fill a line of its own; only the last item uses it. */
export const LAST_LINE = 576;
/** Arguments of the kernel that runs now. */
export const ARGUMENTS = 1024;

export const PAGE = 65_536;
export const FIRST_BLOCK: number = PAGE;
