// @ts-check
// What a static copy cannot answer.

/** What a copy does not have. */
export class NotCopied extends Error {}
