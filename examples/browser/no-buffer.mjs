/** What @stdlib finds where it looks for Node's Buffer: nothing, and it does without. */
export const Buffer = undefined;
