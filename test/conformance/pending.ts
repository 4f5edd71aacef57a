/** What the vectors use and tapegrad has not, exactly: a test fails on what is not listed, and on what is listed and there. */
export const PENDING: readonly string[] = [];
