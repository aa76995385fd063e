// What the shop says of letters on pages that tell of other things too.

/** What is kept of an account, for a list of it. */
export const keptOfLetters = ['letters that wait'];
